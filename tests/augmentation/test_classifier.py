import io
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from sklearn.utils._testing import assert_allclose
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import MFCCTransformer
from skvoicefake.audio import load_audio
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.feature_extraction import FeatureStore
from skvoicefake.metrics._responses import responses
from tests.checks.augmented import Counting, Seen, make_clf, make_pipe, seen_by, twice
from tests.checks.clips import noise

RATE = 16_000


@parametrize_with_checks([AugmentedClassifier(LogisticRegression(), methods=["gain"], random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def assert_equal_clips(some, others):
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


# The copies


def test_copies_follow_the_clips_and_have_their_labels(clips, y):
    seen = seen_by(clips, y, n_copies=2)
    assert_equal_clips(seen.X_, clips + 2 * [2 * clip for clip in clips])
    assert seen.y_.tolist() == 3 * y.tolist()


def test_clips_themselves_may_be_left_out(clips, y):
    seen = seen_by(clips, y, keep_original=False)
    assert_equal_clips(seen.X_, [2 * clip for clip in clips])
    assert seen.y_.tolist() == y.tolist()


def test_copies_of_files_are_files_that_are_gone_after_the_fit(paths, y):
    before = set(Path(tempfile.gettempdir()).glob("skvoicefake-*"))
    seen = seen_by(paths, y)
    assert seen.given_[:12] == paths
    assert all(isinstance(path, str) and not Path(path).exists() for path in seen.given_[12:])
    assert_equal_clips(seen.X_[12:], [2 * load_audio(path) for path in paths])
    assert set(Path(tempfile.gettempdir()).glob("skvoicefake-*")) <= before


def test_files_are_gone_after_a_fit_that_failed(paths, y):
    given = []

    class Failing(Seen):
        def fit(self, X, y):
            given.extend(X)
            raise RuntimeError("as told")

    with pytest.raises(RuntimeError, match="as told"):
        AugmentedClassifier(Failing()).fit(paths, y)
    assert not any(Path(path).exists() for path in set(given) - set(paths))


def test_any_kind_of_clip_has_copies(clips, paths):
    content = io.BytesIO()
    soundfile.write(content, clips[0], RATE, format="WAV", subtype="FLOAT")
    kinds = [
        clips[0],
        (clips[0], 8000),
        (clips[0] * 2**15).astype(np.int16),
        np.stack([clips[0], clips[0]]),
        content.getvalue(),
        io.BytesIO(content.getvalue()),
        Path(paths[0]),
        paths[0],
    ]
    seen = seen_by(kinds)
    assert_equal_clips(seen.X_[8:], [2 * load_audio(clip) for clip in kinds])
    assert isinstance(seen.given_[8], np.ndarray)
    assert seen.given_[9][1] == RATE


@pytest.mark.parametrize("kind", [tuple, pd.Series, np.array, lambda X: np.array(X)[:, np.newaxis], pd.DataFrame])
def test_any_sequence_of_clips_will_do(kind, paths, y):
    expected = make_clf().fit(paths, y)
    X = kind(paths)
    clf = make_clf().fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), expected.predict_proba(paths))


def test_a_column_of_a_table_keeps_its_name(paths, y):
    table = pd.DataFrame({"path": paths}, index=range(5, 17))
    clf = make_clf().fit(table, pd.Series(y, index=table.index))
    assert clf.feature_names_in_.tolist() == ["path"]
    assert clf.predict(table).shape == (12,)


def test_rows_of_a_table_keep_their_length_and_type():
    X = (1000 * np.random.default_rng(0).normal(size=(6, 400))).astype(np.int16)

    class Rows(Seen):
        def fit(self, X, y):
            self.classes_, self.rows_ = np.unique(y), X
            return self

    shortening = {"methods": ["crop"], "methods_per_copy": 1}
    for table in (X, X.astype(np.float64), pd.DataFrame(X), (X.astype(np.int32) + 2**15).astype(np.uint16)):
        rows = AugmentedClassifier(Rows(), methods=[twice], random_state=0).fit(table, [0, 1] * 3).estimator_.rows_
        assert type(rows) is type(table)
        values, whole = np.asarray(rows), np.asarray(table)
        assert values.dtype == whole.dtype
        middle = 2**15 if whole.dtype == np.uint16 else 0
        np.testing.assert_allclose(values[6:] - float(middle), 2 * (whole - float(middle)), rtol=1e-6)
        rows = AugmentedClassifier(Rows(), **shortening, random_state=0).fit(table, [0, 1] * 3).estimator_.rows_
        assert np.asarray(rows).shape == (12, 400)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_integers_stay_in_their_range(dtype):
    info = np.iinfo(dtype)
    X = np.array([[info.min, info.max, info.max // 2, info.min], [info.max, 0, info.min, 1]], dtype=dtype)

    class Rows(Seen):
        def fit(self, X, y):
            self.classes_, self.rows_ = np.unique(y), X
            return self

    rows = AugmentedClassifier(Rows(), methods=[twice], random_state=0).fit(X, [0, 1]).estimator_.rows_
    assert rows.dtype == dtype
    low, high = rows[2, 0], rows[2, 1]
    assert low == info.min
    assert float(high) == pytest.approx(float(info.max), rel=1e-3)


def test_only_the_beginning_may_be_read(paths, y):
    seen = seen_by(paths, y, duration=0.1)
    assert {len(clip) for clip in seen.X_[12:]} == {1600}


# The same bits again


def test_a_copy_depends_on_seed_and_place_alone(clips, paths, y):
    parameters = {"methods": ["noise", "reverb", "telephone"], "n_copies": 2, "methods_per_copy": (1, 3)}
    copies = seen_by(clips, y, **parameters).X_[12:]
    assert_equal_clips(seen_by(clips, y, n_jobs=3, **parameters).X_[12:], copies)
    others = [clip if i == 3 else noise(800, seed=i) for i, clip in enumerate(clips)]
    some = seen_by(others, y[::-1], **parameters).X_[12:]
    np.testing.assert_array_equal(some[3], copies[3])
    np.testing.assert_array_equal(some[15], copies[15])
    assert not np.array_equal(copies[3], copies[15])
    assert not np.array_equal(seen_by(clips, y, **(parameters | {"random_state": 1})).X_[15], copies[3])
    # The same clip at another place is changed in another way.
    assert not np.array_equal(*seen_by([clips[0], clips[0]], **parameters).X_[2:4])


def test_a_seed_gives_the_same_bits_and_none_does_not(paths, y):
    once, again = (make_clf(n_copies=2).fit(paths, y).predict_proba(paths) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(make_clf(random_state=None).fit(paths, y).predict_proba(paths), once)
    generator = np.random.default_rng(0)
    assert not np.array_equal(*(seen_by(paths, y, methods=["noise"], random_state=generator).X_[12] for _ in range(2)))


# What happens at fit never happens at predict


def test_answers_are_those_of_the_classifier_to_the_clips_as_they_are(paths, y):
    Counting.calls.clear()
    clf = make_clf(methods=[Counting(), "noise"]).fit(paths, y)
    assert len(Counting.calls) == 12
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(clf, method)(paths), getattr(clf.estimator_, method)(paths))
    assert clf.score(paths, y) == clf.estimator_.score(paths, y)
    assert len(Counting.calls) == 12


def test_copies_stay_in_the_training_folds(clips, y):
    folds = StratifiedKFold(3)
    numbered = [np.float32(i + 1) * np.ones(50, dtype=np.float32) for i in range(len(clips))]
    trained, asked = [], []

    class Noting(Seen):
        def fit(self, X, y):
            trained.append(sorted({round(float(clip[0])) for clip in X}))
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            asked.append([round(float(clip[0])) for clip in X])
            return np.repeat(self.classes_[0], len(X))

    clf = AugmentedClassifier(Noting(), methods=[lambda y, rate, rng: -y])
    cross_val_score(clf, numbered, y, cv=folds)
    for (train, test), of_fit, of_predict in zip(folds.split(numbered, y), trained, asked, strict=True):
        assert of_fit == sorted([*(train + 1), *(-train - 1)])
        assert of_predict == (test + 1).tolist()


def test_cross_validation_is_that_of_folds_by_hand(paths, y):
    folds = list(StratifiedKFold(3).split(paths, y))
    expected = np.zeros(len(y))
    X = np.array(paths)
    for train, test in folds:
        expected[test] = make_clf().fit(X[train], y[train]).decision_function(X[test])
    found = cross_val_predict(make_clf(), paths, y, cv=folds, method="decision_function")
    np.testing.assert_array_equal(found, expected)


def test_in_a_grid_search(paths, y):
    Counting.calls.clear()
    grid = {"estimator__clf__C": [0.01, 1], "n_copies": [1, 2]}
    search = GridSearchCV(make_clf(methods=[Counting()]), grid, cv=3).fit(paths, y)
    assert search.best_params_["estimator__clf__C"] == search.best_estimator_.estimator_["clf"].C
    assert len(Counting.calls) == 2 * 3 * 8 * (1 + 2) + 12 * search.best_params_["n_copies"]
    n_calls = len(Counting.calls)
    search.predict_proba(paths)
    assert len(Counting.calls) == n_calls


# Stores


@pytest.mark.parametrize(("seed", "n_kept"), [(None, 0), (0, 24)])
def test_copies_are_stored_only_where_they_come_again(seed, n_kept, paths, y, tmp_path):
    store = FeatureStore(tmp_path / "store")
    clf = AugmentedClassifier(make_pipe(cache=store), methods=["noise", "gain"], random_state=seed).fit(paths, y)
    assert sum(kept.n_entries for kept in store.contents()) == n_kept
    assert clf.estimator_["mfcc"].cache == clf.estimator["mfcc"].cache == store
    clf.predict(paths)
    assert sum(kept.n_entries for kept in store.contents()) == max(12, n_kept)
    # A search finds the copies of a fold again.
    if seed is not None:
        clone(clf).set_params(estimator__clf__C=0.1).fit(paths, y)
        assert sum(kept.n_entries for kept in store.contents()) == n_kept


def test_the_memory_of_a_pipeline_is_not_used_in_fit(paths, y, tmp_path):
    pipe = make_pipe().set_params(memory=str(tmp_path / "memory"))
    clf = AugmentedClassifier(pipe, methods=["gain"], random_state=0).fit(paths, y)
    assert not (tmp_path / "memory").exists()
    assert clf.estimator_.memory == str(tmp_path / "memory")


# As an estimator


def test_clone_and_pickle(paths, y):
    clf = make_clf(methods=("noise", "gain"), n_copies=2).fit(paths, y)
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.predict_proba(paths), clf.predict_proba(paths))
    copy = clone(clf)
    assert copy.get_params()["n_copies"] == 2
    with pytest.raises(NotFittedError):
        copy.predict(paths)


def test_only_what_the_classifier_answers_is_there(paths, y):
    pipe = make_pipe().set_params(clf=LinearSVC())
    clf = AugmentedClassifier(pipe, methods=["gain"])
    assert not hasattr(clf, "predict_proba")
    assert hasattr(clf.fit(paths, y), "decision_function")


def test_columns_of_the_classifier_are_known(y):
    X = np.random.default_rng(0).normal(size=(12, 4800))
    clf = make_clf().fit(X, y)
    assert clf.n_features_in_ == 4800
    assert clf.classes_.tolist() == ["fake", "real"]


def test_features_of_several_answers_are_computed_once(paths, y):
    clf = make_clf().fit(paths, y)
    found = responses(clf, paths)
    np.testing.assert_array_equal(found.called, clf.predict(paths))
    assert_allclose(found.scores, clf.decision_function(paths))


@pytest.mark.slow
def test_around_the_network(paths, y):
    from skvoicefake import CNNLSTMClassifier

    network = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=2, random_state=0)
    pipe = Pipeline([("mfcc", MFCCTransformer(duration=0.3, n_mfcc=8)), ("clf", network)])
    clf = AugmentedClassifier(pipe, methods=["noise", "gain"], n_copies=2, random_state=0).fit(paths, y)
    assert len(clf.estimator_["clf"].history_["val_loss"]) == 2
    again = clone(clf).set_params(n_jobs=2).fit(paths, y, clf__groups=np.arange(12))
    np.testing.assert_array_equal(again.predict_proba(paths), clf.predict_proba(paths))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(paths), clf.predict_proba(paths))
