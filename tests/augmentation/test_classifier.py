import io
import pickle
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
import soundfile
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils._testing import assert_allclose
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError, load_audio
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.feature_extraction import FeatureStore
from skvoicefake.metrics._responses import responses
from tests.checks.clips import noise
from tests.checks.speech import speech

RATE = 16_000


@parametrize_with_checks([AugmentedClassifier(LogisticRegression(), methods=["gain"], random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def twice(y, sample_rate, rng):
    return 2 * y


class Seen(ClassifierMixin, BaseEstimator):
    """Keeps what its methods are given, as waveforms."""

    def fit(self, X, y, sample_weight=None, groups=None, extra=None):
        self.classes_ = np.unique(y)
        self.X_, self.y_ = [load_audio(clip) for clip in X], np.asarray(y)
        self.given_ = list(X)
        self.sample_weight_, self.groups_, self.extra_ = sample_weight, groups, extra
        return self

    def predict(self, X):
        self.asked_ = [load_audio(clip) for clip in X]
        return np.repeat(self.classes_[0], len(X))


def seen_by(X, y=None, fit_params=None, **parameters):
    parameters = {"methods": [twice], "random_state": 0} | parameters
    clf = AugmentedClassifier(Seen(), **parameters)
    return clf.fit(X, ["a", "b"] * (len(X) // 2) if y is None else y, **(fit_params or {})).estimator_


def assert_equal_clips(some, others):
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def clips():
    return [speech(i, seconds=0.3, voice=i % 3) for i in range(12)]


@pytest.fixture(scope="module")
def y():
    return np.array(["fake", "real"] * 6)


@pytest.fixture(scope="module")
def paths(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for i, clip in enumerate(clips):
        soundfile.write(folder / f"{i}.flac", clip, RATE, subtype="PCM_24")
    return [str(folder / f"{i}.flac") for i in range(len(clips))]


def make_pipe(**parameters):
    mfcc = MFCCTransformer(**({"duration": 0.3, "n_mfcc": 8, "output": "stats"} | parameters))
    return Pipeline([("mfcc", mfcc), ("scale", StandardScaler()), ("clf", LogisticRegression())])


def make_clf(**parameters):
    return AugmentedClassifier(
        make_pipe(), **({"methods": ["noise", "equalizer", "gain", "reverb"], "random_state": 0} | parameters)
    )


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


class Counting:
    """A method that counts its calls, in a list that copies of it share."""

    calls: list[int] = []  # noqa: RUF012

    def __call__(self, y, sample_rate, rng):
        self.calls.append(len(y))
        return y


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


# What belongs to the clips


def test_parameters_of_fit_are_repeated(clips, y):
    weight, extra = np.arange(12.0), pd.Series(range(12), index=range(20, 32))
    params = {"sample_weight": weight, "extra": extra}
    seen = seen_by(clips, y, params, n_copies=2)
    assert seen.sample_weight_.tolist() == 3 * weight.tolist()
    assert list(seen.extra_) == 3 * list(range(12))
    for single in ("words", {"a": 1}, 3, None, list(range(5))):
        assert seen_by(clips, y, {"extra": single}).extra_ == single


def test_parameters_of_a_step_are_repeated(paths, y):
    pipe = Pipeline([("wrap", FromClips()), ("clf", Seen())])
    clf = AugmentedClassifier(pipe, methods=[twice], random_state=0)
    clf.fit(paths, y, clf__sample_weight=np.arange(12), clf__groups=["anna", "ben", None] * 4)
    last = clf.estimator_["clf"]
    assert last.sample_weight_.tolist() == 2 * list(range(12))
    # Who is not known is one speaker with all copies, and with nobody else.
    assert last.groups_[:12].tolist() == last.groups_[12:].tolist()
    assert last.groups_[0] == last.groups_[3] != last.groups_[1]
    assert len(set(last.groups_)) == 2 + 4


class FromClips(TransformerMixin, BaseEstimator):
    """Passes clips on."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


def test_a_clip_and_its_copies_are_a_group_where_none_is_given(clips, y):
    assert seen_by(clips, y, n_copies=2).groups_.tolist() == 3 * list(range(12))
    pipe = make_pipeline(FromClips(), Seen())
    seen = AugmentedClassifier(pipe, methods=[twice]).fit(clips, y).estimator_[-1]
    assert seen.groups_.tolist() == 2 * list(range(12))
    table = pd.DataFrame({"speaker": list("aabbccddeeff"), "path": list("abcdefghijkl")})
    assert seen_by(clips, y, {"groups": table}).groups_.tolist() == 2 * [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_groups_that_are_none_are_none_given(clips, y):
    assert seen_by(clips, y, {"groups": None}).groups_.tolist() == 2 * list(range(12))
    pipe = Pipeline([("wrap", FromClips()), ("clf", Seen())])
    seen = AugmentedClassifier(pipe, methods=[twice]).fit(clips, y, clf__groups=None).estimator_["clf"]
    assert seen.groups_.tolist() == 2 * list(range(12))


def test_copies_of_copies_are_in_the_group_of_their_clip(clips, y):
    clf = AugmentedClassifier(AugmentedClassifier(Seen(), methods=[twice]), methods=[twice]).fit(clips, y)
    assert clf.estimator_.estimator_.groups_.tolist() == 4 * list(range(12))


@pytest.mark.parametrize("request_of_groups", [None, True, "speaker"])
@pytest.mark.parametrize("around", [lambda clf: clf, lambda clf: make_pipeline(FromClips(), clf)], ids=["bare", "pipe"])
def test_groups_are_automatic_with_metadata_routing_too(around, request_of_groups, clips, y):
    with sklearn.config_context(enable_metadata_routing=True):
        last = Seen().set_fit_request(sample_weight=True)
        if request_of_groups is not None:
            last.set_fit_request(groups=request_of_groups)
        clf = AugmentedClassifier(around(last), methods=[twice], random_state=0)
        name = "speaker" if request_of_groups == "speaker" else "groups"
        for params in ({"sample_weight": np.arange(12)}, {"sample_weight": np.arange(12), name: None}):
            fitted = clf.fit(clips, y, **params).estimator_
            seen = fitted[-1] if isinstance(fitted, Pipeline) else fitted
            assert seen.groups_.tolist() == 2 * list(range(12))
            assert seen.sample_weight_.tolist() == 2 * list(range(12))
        assert last.get_metadata_routing().fit.requests.get("groups") == request_of_groups


def test_with_metadata_routing_a_calibrator_and_its_classifier_have_groups(y):
    numbered = [np.float32(i + 1) * np.ones(50, dtype=np.float32) for i in range(12)]
    trained = []

    class Noting(Seen):
        def fit(self, X, y, groups=None):
            trained.append(({round(float(clip[0])) for clip in X}, len(set(groups)), len(groups)))
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return np.array([clip[0] for clip in X])

    with sklearn.config_context(enable_metadata_routing=True):
        clf = AugmentedClassifier(
            make_pipeline(FromClips(), LLRCalibrator(Noting(), cv=3)), methods=[lambda y, r, g: -y]
        )
        clf.fit(numbered, y)
    for numbers, n_groups, n_clips in trained:
        assert numbers == {-number for number in numbers}
        assert 2 * n_groups == n_clips == len(numbers)


def test_a_vote_of_augmented_classifiers_keeps_copies_together(clips, y):
    vote = VotingClassifier([(f"{seed}", AugmentedClassifier(Seen(), methods=[twice])) for seed in range(2)])
    for member in vote.fit(clips, y).estimators_:
        assert member.estimator_.groups_.tolist() == 2 * list(range(12))


@pytest.mark.parametrize("n_weights", [5, 24])
def test_weights_of_another_length_are_refused_before_anything_is_made(n_weights, clips, y):
    Counting.calls.clear()
    with pytest.raises(ValueError, match=f"sample_weight must have a value a clip: 12 in X, got {n_weights}"):
        seen_by(clips, y, {"sample_weight": np.ones(n_weights)}, methods=[Counting()])
    assert not Counting.calls


def test_groups_of_another_length_are_refused(clips, y):
    with pytest.raises(ValueError, match="groups must have a value a clip: 12 in X, got 13"):
        seen_by(clips, y, {"groups": range(13)})


def test_groups_of_a_cross_validation(paths, y):
    speakers = np.repeat(range(3), 4)
    scores = cross_val_score(make_clf(), paths, y, cv=GroupKFold(3), groups=speakers)
    assert scores.shape == (3,)


def test_a_calibrator_inside_keeps_copies_together(y):
    numbered = [np.float32(i + 1) * np.ones(50, dtype=np.float32) for i in range(12)]
    trained = []

    class Noting(Seen):
        def fit(self, X, y):
            trained.append({round(float(clip[0])) for clip in X})
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return np.array([clip[0] for clip in X])

    clf = AugmentedClassifier(LLRCalibrator(Noting(), cv=3), methods=[lambda y, rate, rng: -y], random_state=0)
    clf.fit(numbered, y)
    assert [len(numbers) for numbers in trained] == [16, 16, 16, 24]
    for numbers in trained:
        assert numbers == {-number for number in numbers}


def test_metadata_goes_where_it_was_requested(clips, y):
    with sklearn.config_context(enable_metadata_routing=True):
        clf = AugmentedClassifier(Seen().set_fit_request(sample_weight=True, groups=True), methods=[twice])
        seen = clf.fit(clips, y, sample_weight=np.arange(12), groups=np.repeat(range(6), 2)).estimator_
        assert seen.sample_weight_.tolist() == 2 * list(range(12))
        assert seen.groups_.tolist() == 2 * np.repeat(range(6), 2).tolist()
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            AugmentedClassifier(Seen()).fit(clips, y, sample_weight=np.arange(12))


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


# What is refused


def test_a_bad_clip_is_named(paths, y, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    with pytest.raises(AudioError, match=r"X\[5\] \('.*bad.wav'\)"):
        make_clf(n_jobs=2).fit([*paths[:5], str(bad), *paths[6:]], y)
    with pytest.raises(AudioError, match=r"X\[1\]: expected finite samples"):
        make_clf().fit([noise(4800), np.full(4800, np.nan)], ["a", "b"])
    with pytest.raises(AudioError, match=r"X\[1\]: expected finite samples"):
        make_clf().fit(np.stack([noise(4800), np.full(4800, np.nan)]), ["a", "b"])


def test_a_transformer_that_has_a_way_with_bad_clips_meets_them(paths, y):
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match="2 clips could not be read"):
        clf.fit([*paths[:11], "nowhere.wav"], y)
    assert [i for i, _ in clf.estimator_["mfcc"].bad_clips_] == [11, 23]


@pytest.mark.parametrize("kind", [np.float32, list])
def test_so_does_it_with_rows_of_a_table(kind, y):
    X = np.stack([noise(4800, seed=i) for i in range(12)])
    X[3, 5] = np.nan
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match=r"\n  X\[3\]: .*\n  a copy of X\[3\]: "):
        clf.fit(X if kind is np.float32 else list(X), y)
    assert [i for i, _ in clf.estimator_["mfcc"].bad_clips_] == [3, 15]


def silent_start(y, sample_rate, rng):
    return np.where(np.arange(len(y)) < 4800, np.float32(0), y)


def test_what_would_leave_nothing_of_what_is_read_is_not_done(clips, y):
    X = [np.tile(clip, 2) for clip in clips]
    clf = AugmentedClassifier(make_pipe(), methods=[silent_start], random_state=0)
    np.testing.assert_array_equal(
        clf.fit(X, y).decision_function(X), make_pipe().fit(X + X, [*y, *y]).decision_function(X)
    )
    # A transformer that reads more than that has what is left.
    clf = AugmentedClassifier(make_pipe(duration=0.5), methods=[silent_start], random_state=0)
    same = make_pipe(duration=0.5).fit(X + X, [*y, *y])
    assert not np.array_equal(clf.fit(X, y).decision_function(X), same.decision_function(X))


def test_a_clip_that_is_silent_at_first_has_copies(y):
    dither = np.random.default_rng(0).integers(-1, 2, 4800).astype(np.float32) / 2**15
    X = [noise(9600, seed=i) for i in range(11)] + [np.concatenate([dither, noise(4800)])]
    for method in ("telephone", "clipping", "codec"):
        AugmentedClassifier(make_pipe(), methods=[method], n_copies=6, random_state=0).fit(X, y)


def test_a_clip_whose_copy_the_classifier_refuses_is_named(clips, y, tmp_path):
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(4800), RATE)
    files = []
    for i, clip in enumerate(clips):
        files.append(str(tmp_path / f"{i}.wav"))
        soundfile.write(files[-1], clip, RATE)
    for X, name in (
        ([*files[:5], str(silent), *files[6:]], f"X[5] ('{silent}')"),
        ([*clips[:5], np.zeros(4800), *clips[6:]], "X[5]"),
    ):
        clf = make_clf(keep_original=False, n_copies=2)
        with pytest.raises(AudioError, match=f"^a copy of {re.escape(name)}: expected sound"):
            clf.fit(X, y)
        with pytest.raises(AudioError, match=f"^{re.escape(name)}: expected sound"):
            clf.set_params(keep_original=True).fit(X, y)
        # Also where the classifier splits X, and the clip is at another place.
        clf = AugmentedClassifier(LLRCalibrator(make_pipe(), cv=3), methods=["gain"], keep_original=False)
        if isinstance(X[0], str):
            with pytest.raises(AudioError, match=f"^a copy of {re.escape(name)}: expected sound"):
                clf.fit(X, y)


def test_warnings_name_clips_in_the_place_of_copies(paths, y):
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match=r"\n  X\[2\] \('nowhere.wav'\): .*\n  a copy of X\[2\] \('nowhere.wav'\): "):
        clf.fit([*paths[:2], "nowhere.wav", *paths[3:]], y)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression, TypeError, r"estimator to be an object, got a class: pass LogisticRegression\(\.\.\.\)"),
        (Ridge(), ValueError, "estimator to be a classifier, got Ridge"),
        (make_pipeline(FromClips(), Ridge()), ValueError, "estimator to be a classifier, got Pipeline"),
    ],
    ids=["class", "regressor", "pipeline"],
)
def test_what_is_no_classifier_is_refused(estimator, error, message, clips, y):
    with pytest.raises(error, match=message):
        AugmentedClassifier(estimator).fit(clips, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"methods": ["hiss"]}, "methods must be of .*got 'hiss'"),
        ({"methods": []}, "methods must be a list"),
        ({"methods": "noise"}, "The 'methods' parameter"),
        ({"n_copies": 0}, "The 'n_copies' parameter"),
        ({"methods_per_copy": (2, 1)}, "methods_per_copy must be an integer of 0 or more, or a range"),
        ({"sample_rate": 8000}, "sample_rate=8000 of AugmentedClassifier contradicts mfcc__sample_rate=16000"),
        ({"duration": 0}, "The 'duration' parameter"),
        ({"duration": 0.2}, "duration=0.2 of AugmentedClassifier is less than mfcc__duration=0.3"),
    ],
)
def test_parameters_that_make_no_sense(parameters, message, paths, y):
    with pytest.raises(ValueError, match=message):
        make_clf(**parameters).fit(paths, y)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("clip.wav", "expected X to be a sequence of clips, got one clip"),
        (b"RIFF", "expected X to be a sequence of clips, got one clip"),
        ([], "found 0 sample"),
        (np.zeros((2, 3, 4)), "Found array with dim 3"),
        ([[0.1, 0.2, 0.3], [0.4, 0.5]], "lists in X to be rows of a table, all of one length, got 2 to 3 values"),
        (pd.DataFrame({"a": ["x.wav"], "b": ["y.wav"]}), "expected one column of clips, got 2"),
        (["a.wav", "b.wav", "c.wav"], "inconsistent numbers of samples"),
    ],
    ids=["path", "bytes", "nothing", "panel", "ragged", "columns", "length"],
)
def test_what_is_no_sequence_of_clips(X, message):
    with pytest.raises(ValueError, match=message):
        make_clf().fit(X, ["a", "b"])
