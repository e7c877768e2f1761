"""The whole Pipeline, from audio to verdict, in the tools of scikit-learn."""

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import soundfile
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils._testing import assert_allclose

from skvoicefake import CNNLSTMClassifier, MFCCTransformer

N_CLIPS = 24
RATE = 8000


def make_transformer(**parameters):
    return MFCCTransformer(
        **({"sample_rate": RATE, "duration": 0.2, "n_mfcc": 5, "n_mels": 16, "n_fft": 256} | parameters)
    )


def make_network(**parameters):
    defaults = {
        "filters": 4,
        "kernel_size": 3,
        "lstm_units": 4,
        "dense_units": 4,
        "learning_rate": 0.05,
        "batch_size": 8,
        "epochs": 2,
        "early_stopping": False,
        "random_state": 0,
    }
    return CNNLSTMClassifier(**(defaults | parameters))


def make_pipe(**parameters):
    return Pipeline([("mfcc", make_transformer()), ("clf", make_network(**parameters))])


@pytest.fixture(scope="module")
def clips():
    """White noise, and the same with its high frequencies taken away, of many lengths."""
    rng = np.random.default_rng(0)
    waveforms = [0.1 * rng.normal(size=1200 + 40 * i) for i in range(N_CLIPS)]
    return [y if i < N_CLIPS // 2 else np.convolve(y, np.ones(8) / 8, "same") for i, y in enumerate(waveforms)]


@pytest.fixture(scope="module")
def paths(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    found = [str(folder / f"{i:02d}.wav") for i in range(N_CLIPS)]
    for path, clip in zip(found, clips, strict=True):
        soundfile.write(path, clip, RATE, subtype="FLOAT")
    return found


@pytest.fixture(scope="module")
def y():
    """Sorted, so that folds that are not stratified would hold one class each."""
    return np.repeat(["fake", "real"], N_CLIPS // 2)


@pytest.fixture(scope="module")
def fitted(paths, y):
    return make_pipe(epochs=15).fit(paths, y)


def test_the_pipeline_learns(fitted, paths, clips, y):
    assert fitted.score(paths, y) > 0.9
    assert_allclose(fitted.predict_proba(clips), fitted.predict_proba(paths), atol=1e-5)
    assert fitted.classes_.tolist() == ["fake", "real"]


# Searches and splits


def test_grid_search(paths, y):
    search = GridSearchCV(
        make_pipe(epochs=10),
        {"mfcc__n_mfcc": [3, 5], "clf__filters": [(4,)]},
        cv=2,
        scoring="roc_auc",
        error_score="raise",
    )
    search.fit(paths, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_["clf"].panel_shape_[1] == search.best_params_["mfcc__n_mfcc"]
    assert search.predict_proba(paths[:3]).shape == (3, 2)


def test_randomized_search(clips, y):
    search = RandomizedSearchCV(
        make_pipe(), {"clf__learning_rate": loguniform(1e-3, 1e-1)}, n_iter=2, cv=2, random_state=0, error_score="raise"
    )
    search.fit(clips, y)
    assert search.best_estimator_["clf"].learning_rate == search.best_params_["clf__learning_rate"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_halving_search_over_epochs(clips, y):
    search = HalvingGridSearchCV(
        make_pipe(),
        {"clf__lstm_units": [2, 4]},
        resource="clf__epochs",
        min_resources=1,
        max_resources=2,
        factor=2,
        cv=2,
        random_state=0,
        error_score="raise",
    )
    search.fit(clips, y)
    assert search.n_resources_ == [1, 2]
    assert search.best_estimator_["clf"].n_iter_ == 2


def test_workers_find_the_scores_of_one_process(paths, y):
    pipe = make_pipe()
    alone = cross_validate(pipe, paths, y, cv=2, scoring=["neg_log_loss", "roc_auc"], error_score="raise")
    together = cross_validate(pipe, paths, y, cv=2, scoring=["neg_log_loss", "roc_auc"], n_jobs=2, error_score="raise")
    for name in ("test_neg_log_loss", "test_roc_auc"):
        assert_allclose(together[name], alone[name], rtol=1e-6)


def test_cross_val_score_stratifies(clips, y):
    assert cross_val_score(make_pipe(epochs=15), clips, y, cv=2).min() > 0.7


def test_learning_curve(clips, y):
    sizes, train, test = learning_curve(
        make_pipe(), clips, y, cv=2, train_sizes=[0.5, 1.0], shuffle=True, random_state=0, error_score="raise"
    )
    assert sizes.tolist() == [6, 12]
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()


# Meta-estimators


def held_out_scores(paths, y):
    """Scores of every clip by a network that did not see it."""
    scores = np.empty(N_CLIPS)
    for train, test in StratifiedKFold(2).split(paths, y):
        pipe = make_pipe().fit([paths[i] for i in train], y[train])
        scores[test] = pipe.decision_function([paths[i] for i in test])
    return scores


def test_calibration(paths, y):
    """Isotonic regression of held-out scores, by hand."""
    calibrated = CalibratedClassifierCV(make_pipe(), method="isotonic", cv=2, ensemble=False).fit(paths, y)
    by_hand = IsotonicRegression(out_of_bounds="clip").fit(held_out_scores(paths, y), y == "real")
    expected = by_hand.predict(make_pipe().fit(paths, y).decision_function(paths))
    assert len(set(expected)) > 1
    assert_allclose(calibrated.predict_proba(paths), np.column_stack([1 - expected, expected]), atol=1e-6)


def test_tuned_threshold(fitted, paths, y):
    tuned = TunedThresholdClassifierCV(fitted, cv="prefit", refit=False, scoring="balanced_accuracy").fit(paths, y)
    probabilities = fitted.predict_proba(paths)[:, 1]
    expected = np.where(probabilities >= tuned.best_threshold_, "real", "fake")
    assert np.array_equal(tuned.predict(paths), expected)
    # No threshold does better, among all that change a verdict; the classes are of one size.
    accuracies = [np.mean((probabilities >= threshold) == (y == "real")) for threshold in probabilities]
    assert tuned.best_score_ == pytest.approx(max(accuracies))
    assert np.mean(expected == y) == pytest.approx(max(accuracies))


def statistics_pipe():
    return make_pipeline(make_transformer(output="stats"), LogisticRegression(max_iter=1000))


def test_voting(paths, y):
    voting = VotingClassifier([("net", make_pipe()), ("stats", statistics_pipe())], voting="soft").fit(paths, y)
    halves = [pipe.predict_proba(paths) for pipe in voting.estimators_]
    assert_allclose(voting.predict_proba(paths), np.mean(halves, axis=0))


def test_stacking(paths, y):
    stack = StackingClassifier([("net", make_pipe()), ("stats", statistics_pipe())], cv=2).fit(paths, y)
    assert stack.score(paths, y) > 0.8
    assert stack.final_estimator_.n_features_in_ == 2


@pytest.mark.parametrize("column", ["path", ["path"]])
def test_column_transformer_over_a_path_column(column, paths, y, fitted):
    table = pd.DataFrame({"speaker": "someone", "path": paths})
    columns = ColumnTransformer([("mfcc", make_transformer(output="flat"), column)]).set_output(transform="pandas")
    pipe = Pipeline([("columns", columns), ("clf", make_network(epochs=15))]).fit(table, y)
    assert pipe["clf"].panel_shape_ == fitted["clf"].panel_shape_
    assert_allclose(pipe.predict_proba(table), fitted.predict_proba(paths), atol=1e-6)


def test_feature_union(paths, y):
    union = FeatureUnion(
        [("plain", make_transformer(output="stats")), ("loud", make_transformer(output="stats", top_db=20))]
    )
    pipe = make_pipeline(union, make_network()).fit(paths, y)
    assert pipe[-1].n_features_in_ == 20
    assert pipe.predict(paths).shape == (N_CLIPS,)


def test_a_union_of_flat_panels_is_not_mistaken_for_one_panel(paths, y):
    """Its columns run through the frames twice."""
    union = FeatureUnion(
        [("plain", make_transformer(output="flat")), ("loud", make_transformer(output="flat", top_db=20))]
    ).set_output(transform="pandas")
    with pytest.raises(ValueError, match="not one whole panel"):
        make_pipeline(union, make_network(epochs=1)).fit(paths, y)


def test_a_selection_of_flat_columns_is_not_mistaken_for_a_panel(paths, y):
    select = SelectKBest(k=10)
    pipe = make_pipeline(make_transformer(output="flat"), select, make_network()).set_output(transform="pandas")
    with pytest.raises(ValueError, match="not one whole panel"):
        pipe.fit(paths, y)


def test_metadata_routing_of_weights_and_groups(clips, y):
    groups = np.tile(np.arange(6), N_CLIPS // 6)
    weight = np.linspace(0.1, 2, N_CLIPS)
    with sklearn.config_context(enable_metadata_routing=True):
        network = make_network(early_stopping=True, validation_fraction=0.5)
        network.set_fit_request(sample_weight=True, groups=True)
        pipe = Pipeline([("mfcc", make_transformer()), ("clf", network)])
        result = cross_validate(
            pipe,
            clips,
            y,
            cv=GroupKFold(2),
            # A scorer by hand: scikit-learn 1.6 does not pass a Pipeline's own score its weights.
            scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
            params={"sample_weight": weight, "groups": groups},
            return_estimator=True,
            return_indices=True,
            error_score="raise",
        )
    train, test = result["indices"]["train"][0], result["indices"]["test"][0]
    assert not set(groups[train]) & set(groups[test])
    panel = make_transformer().fit_transform(clips)
    by_hand = make_network(early_stopping=True, validation_fraction=0.5)
    by_hand.fit(panel[train], y[train], sample_weight=weight[train], groups=groups[train])
    assert result["estimator"][0]["clf"].history_ == by_hand.history_
    assert result["test_score"][0] == by_hand.score(panel[test], y[test], sample_weight=weight[test])


def test_sample_weight_by_step_name(clips, y):
    weight = np.linspace(0.1, 2, N_CLIPS)
    pipe = make_pipe().fit(clips, y, clf__sample_weight=weight)
    assert pipe["clf"].history_ != make_pipe().fit(clips, y)["clf"].history_


# Copies and files


class CountingTransformer(MFCCTransformer):
    """Counts how often clips are read to be learned from."""

    n_fits: ClassVar[int] = 0

    def fit_transform(self, X, y=None, **parameters):
        type(self).n_fits += 1
        return super().fit_transform(X, y, **parameters)


def test_memory_computes_the_features_once(clips, y, tmp_path, monkeypatch):
    monkeypatch.setattr(CountingTransformer, "n_fits", 0)
    mfcc = CountingTransformer(**make_transformer().get_params())
    pipe = Pipeline([("mfcc", mfcc), ("clf", make_network())], memory=str(tmp_path))
    first = pipe.fit(clips, y).predict_proba(clips)
    pipe.set_params(clf__epochs=1).fit(clips, y)
    again = pipe.set_params(clf__epochs=2).fit(clips, y).predict_proba(clips)
    assert CountingTransformer.n_fits == 1
    assert np.array_equal(first, again)
    pipe.set_params(mfcc__n_mfcc=4).fit(clips, y)
    assert CountingTransformer.n_fits == 2


def test_clone_and_set_params(fitted, clips, y):
    copy = clone(fitted).set_params(clf__filters=(3, 2), clf__epochs=1, mfcc__n_mfcc=4)
    assert not hasattr(copy["clf"], "classes_")
    copy.fit(clips, y)
    assert copy["clf"].panel_shape_[1] == 4
    assert [layer.filters for layer in copy["clf"].model_.layers if hasattr(layer, "filters")] == [3, 2]
    assert fitted["clf"].filters == 4


def test_html_repr(fitted):
    for pipe in (fitted, clone(fitted)):
        page = pipe._repr_html_()
        assert "MFCCTransformer" in page
        assert "CNNLSTMClassifier" in page


SCORE_ANEW = """
import json, pickle, sys, joblib
with open(sys.argv[1], "rb") as file:
    unpickled = pickle.load(file)
paths = json.load(sys.stdin)
for pipe in (unpickled, joblib.load(sys.argv[2])):
    print(pipe.predict_proba(paths).tobytes().hex())
"""


def test_a_fresh_process_finds_equal_probabilities(fitted, paths, tmp_path):
    (tmp_path / "pipe.pkl").write_bytes(pickle.dumps(fitted))
    joblib.dump(fitted, tmp_path / "pipe.joblib")
    run = subprocess.run(
        [sys.executable, "-c", SCORE_ANEW, str(tmp_path / "pipe.pkl"), str(tmp_path / "pipe.joblib")],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    expected = fitted.predict_proba(paths)
    results = [np.frombuffer(bytes.fromhex(line)).reshape(expected.shape) for line in run.stdout.split()]
    assert len(results) == 2
    for result in results:
        assert_allclose(result, expected, rtol=0, atol=1e-6)


def test_threads_may_predict_at_once(fitted, paths):
    expected = fitted.predict_proba(paths)
    fresh = pickle.loads(pickle.dumps(fitted))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(fresh.predict_proba, [paths, paths[:3], paths, paths[3:]]))
    for result, part in zip(results, [slice(None), slice(3), slice(None), slice(3, None)], strict=True):
        assert_allclose(result, expected[part], rtol=0, atol=1e-6)
