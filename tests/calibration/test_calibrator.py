import pickle
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils._testing import assert_allclose
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import LFCCTransformer
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator, log_likelihood_ratio
from skvoicefake.detectors import DomainGuard, GuardedClassifier
from tests.checks.scores import gaussian_clips
from tests.checks.shipped import sounds

REASON = "dropping or doubling a clip changes the folds, so a weight of 0 or 2 is not the same as that"
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": REASON,
    "check_sample_weight_equivalence_on_sparse_data": REASON,
}


# Some of the checks train on noise, and on four clips of a class.
@pytest.mark.filterwarnings("ignore:The least populated class in y has only")
@pytest.mark.filterwarnings("ignore:On clips that it was not trained on, the scores")
@parametrize_with_checks(
    [LLRCalibrator(LogisticRegression())], expected_failed_checks=lambda estimator: EXPECTED_FAILURES
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The calibrator


def cllr(is_positive, llr):
    """Cost of log-likelihood ratios in bits, from its definition."""
    return (np.logaddexp(0, -llr[is_positive]).mean() + np.logaddexp(0, llr[~is_positive]).mean()) / 2 / np.log(2)


class Score(ClassifierMixin, BaseEstimator):
    """Gives the first feature, scaled, as its score; learns nothing."""

    def __init__(self, scale=1.0, shift=0.0):
        self.scale = scale
        self.shift = shift

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return self.scale * np.asarray([np.ravel(x)[0] for x in X]) + self.shift

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


@pytest.mark.parametrize(("n_real", "n_fake"), [(2000, 2000), (400, 8000), (8000, 400)])
@pytest.mark.parametrize("estimator", [Score(7.0, 3.0), LogisticRegression(), GaussianNB()], ids=repr)
def test_known_likelihood_ratios_are_found_whatever_the_prior(estimator, n_real, n_fake):
    fitted = LLRCalibrator(estimator).fit(*gaussian_clips(n_real, n_fake))
    X, y = gaussian_clips(1000, 1000, seed=1)
    expected = 2 * X[:, 0] - 2
    found = fitted.decision_function(X)
    assert np.abs(found - expected).mean() < 0.2
    assert cllr(y == "real", found) < cllr(y == "real", expected) + 0.01


def test_the_line_minimises_the_balanced_cost():
    X, y = gaussian_clips(50, 200)
    weights = np.linspace(0.5, 2, 250)
    fitted = LLRCalibrator(FrozenEstimator(Score(5.0).fit(X, y))).fit(X, y, sample_weight=weights)
    is_real = y == "real"
    balanced = np.where(is_real, weights / weights[is_real].sum(), weights / weights[~is_real].sum())
    n = sum(weights[rows].sum() ** 2 / (weights[rows] ** 2).sum() for rows in (is_real, ~is_real))

    def cost(line):
        llr = line[0] * 5 * X[:, 0] + line[1]
        right, wrong = np.logaddexp(0, np.where(is_real, -llr, llr)), np.logaddexp(0, np.where(is_real, llr, -llr))
        return np.sum(balanced * ((n + 1) * right + wrong) / (n + 2))

    best = minimize(cost, [0, 0], tol=1e-10, method="Nelder-Mead").x
    assert_allclose([fitted.slope_, fitted.offset_], best, rtol=1e-4)


def test_separated_scores_give_a_finite_slope():
    X = np.concatenate([np.linspace(-2, -1, 300), np.linspace(1, 2, 100)])[:, np.newaxis]
    y = np.repeat(["fake", "real"], [300, 100])
    fitted = LLRCalibrator(Score()).fit(X, y)
    assert 0 < fitted.slope_ < 20
    assert abs(fitted.offset_) < 1


@given(scale=st.floats(1e-100, 1e100), shift=st.floats(-100, 100))
def test_scale_and_shift_of_scores_do_not_matter(scale, shift):
    X, y = gaussian_clips(20, 40)
    expected = LLRCalibrator(Score()).fit(X, y).decision_function(X)
    found = LLRCalibrator(Score(scale, shift * scale)).fit(X, y).decision_function(X)
    assert_allclose(found, expected, atol=1e-6)


def test_constant_scores_say_nothing():
    X, y = gaussian_clips(10, 30)
    fitted = LLRCalibrator(Score(0.0, 3.0)).fit(X, y)
    assert np.array_equal(fitted.decision_function(X), np.zeros(40))


def test_upside_down_scores_are_told():
    X, y = gaussian_clips(50, 50)
    with pytest.warns(UserWarning, match="the scores of Score fall towards 'real'"):
        fitted = LLRCalibrator(Score(-1.0)).fit(X, y)
    assert fitted.score(X, y) > 0.7


def test_scores_are_of_clips_that_were_not_trained_on():
    """A classifier that knows its training clips by heart is not sure of others."""
    X, y = gaussian_clips(200, 200)
    by_heart = KNeighborsClassifier(1)
    fitted = LLRCalibrator(by_heart).fit(X, y)
    held_out = cross_val_predict(by_heart, X, y, cv=StratifiedKFold(5))
    share = np.mean(held_out == y)
    assert_allclose(np.abs(fitted.decision_function(X)).mean(), logit(share), rtol=0.1)


@pytest.mark.parametrize("cv", [3, StratifiedKFold(3), list(StratifiedKFold(3).split(np.zeros(60), [0, 1] * 30))])
def test_cv(cv):
    X, y = make_classification(60, random_state=0)
    if isinstance(cv, list):
        cv = list(StratifiedKFold(3).split(X, y))
    fitted = LLRCalibrator(LogisticRegression(), cv=cv).fit(X, y)
    scores = cross_val_predict(LogisticRegression(), X, y, cv=3, method="decision_function")
    frozen = FrozenEstimator(Score().fit(X, y))
    by_hand = LLRCalibrator(frozen).fit(scores[:, np.newaxis], y)
    assert_allclose([fitted.slope_, fitted.offset_], [by_hand.slope_, by_hand.offset_])
    assert_allclose(fitted.estimator_.coef_, LogisticRegression().fit(X, y).coef_)


def test_clips_may_be_scored_more_than_once():
    X, y = make_classification(60, random_state=0)
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    fitted = LLRCalibrator(LogisticRegression(), cv=cv).fit(X, y)
    assert np.isfinite(fitted.decision_function(X)).all()


def test_jobs_change_nothing():
    X, y = make_classification(60, random_state=0)
    one, two = (LLRCalibrator(LogisticRegression(), n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2))
    assert (one.slope_, one.offset_) == (two.slope_, two.offset_)


@pytest.mark.parametrize(
    "estimator",
    [RandomForestClassifier(10, random_state=0), DecisionTreeClassifier(random_state=0), GaussianNB()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_certain_probabilities_stay_finite(estimator):
    X, y = make_classification(200, class_sep=2, random_state=0)
    X[:, 0] *= 100
    fitted = LLRCalibrator(estimator).fit(X[::2], y[::2])
    probabilities = fitted.estimator_.predict_proba(X[1::2])
    assert (probabilities == 1).any()
    llr = fitted.decision_function(X[1::2])
    assert np.isfinite(llr).all()
    assert cllr(y[1::2] == 1, llr) < 1
    order = np.argsort(probabilities[:, 1], kind="stable")
    assert (np.diff(llr[order]) >= -1e-9).all()


class Votes(ClassifierMixin, BaseEstimator):
    """Gives the first feature as its probability, and no score."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.array([[1 - x[0], x[0]] for x in X], dtype=X.dtype)


def test_certain_probabilities_count_as_half_of_the_smallest_other_one():
    X = np.array([[0.0], [0.8], [0.5], [0.1], [1.0]] * 20)
    y = np.array(["fake", "fake", "real", "fake", "real"] * 20)
    fitted = LLRCalibrator(Votes()).fit(X, y)
    odds = [0.05 / 1, 0.8 / 0.2, 0.5 / 0.5, 0.1 / 0.9, 1 / 0.05]
    assert_allclose(fitted.decision_function(X[:5]), fitted.slope_ * np.log(odds) + fitted.offset_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_near_certainty_keep_their_order(dtype):
    X = np.array([[0.0], [1e-30], [1e-20], [0.5], [1.0]] * 20, dtype=dtype)
    y = np.array(["fake", "fake", "real", "fake", "real"] * 20)
    scores = LLRCalibrator(Votes()).fit(X, y).decision_function(X[:5])
    assert (np.diff(scores) > 0).all()


# Priors and verdicts


@pytest.mark.parametrize("prior", [0.5, 0.05, 0.99])
def test_posteriors_have_the_stated_prior(prior):
    X, y = gaussian_clips(100, 300)
    fitted = LLRCalibrator(LogisticRegression(), prior=prior).fit(X, y)
    llr = fitted.decision_function(X)
    assert np.array_equal(llr, LLRCalibrator(LogisticRegression()).fit(X, y).decision_function(X))
    probabilities = fitted.predict_proba(X)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert_allclose(log_likelihood_ratio(probabilities, prior=prior), llr, atol=1e-9)
    assert np.array_equal(fitted.predict(X), np.where(probabilities[:, 1] > 0.5, "real", "fake"))


def test_posteriors_are_true_at_the_stated_prior():
    fitted = LLRCalibrator(LogisticRegression(), prior=0.05).fit(*gaussian_clips(20_000, 20_000))
    X, y = gaussian_clips(10_000, 190_000, seed=1)
    probabilities = fitted.predict_proba(X)[:, 1]
    for low, high in [(0, 0.1), (0.1, 0.5), (0.5, 1)]:
        within = (low <= probabilities) & (probabilities < high)
        assert np.mean(y[within] == "real") == pytest.approx(probabilities[within].mean(), abs=0.02)


# Weights, groups and routing


def test_only_ratios_of_weights_matter():
    X, y = gaussian_clips(30, 60)
    weights = np.linspace(1, 3, 90)
    lines = [LLRCalibrator(GaussianNB()).fit(X, y, sample_weight=factor * weights) for factor in (1, 1e-6)]
    assert lines[0].slope_ == pytest.approx(lines[1].slope_)
    assert lines[0].slope_ != LLRCalibrator(GaussianNB()).fit(X, y).slope_


@pytest.mark.filterwarnings("ignore:Score.fit takes no sample_weight")
def test_weights_go_with_their_clips():
    """A classifier that learns nothing scores alike in all folds, whichever clips these hold."""
    X, y = gaussian_clips(30, 60)
    weights = np.random.default_rng(0).uniform(0.1, 3, size=90)
    expected = LLRCalibrator(FrozenEstimator(Score().fit(X, y))).fit(X, y, weights)
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    found = LLRCalibrator(Score(), cv=cv).fit(X, y, weights)
    assert_allclose([found.slope_, found.offset_], [expected.slope_, expected.offset_])


def test_clips_of_weight_zero_do_not_calibrate():
    X, y = gaussian_clips(30, 60)
    weights = np.tile([1.0, 0.0], 45)
    frozen = FrozenEstimator(Score().fit(X, y))
    assert LLRCalibrator(frozen).fit(X, y, weights).slope_ == pytest.approx(
        LLRCalibrator(frozen).fit(X[::2], y[::2]).slope_
    )


def test_weights_reach_the_classifier():
    X, y = gaussian_clips(30, 60)
    weights = np.linspace(0.1, 3, 90)
    fitted = LLRCalibrator(LogisticRegression()).fit(X, y, sample_weight=weights)
    assert_allclose(fitted.estimator_.coef_, LogisticRegression().fit(X, y, sample_weight=weights).coef_)


def test_weights_that_a_pipeline_does_not_get_are_told():
    X, y = gaussian_clips(30, 60)
    weights = np.linspace(0.1, 3, 90)
    pipe = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
    with pytest.warns(UserWarning, match="pass STEP__sample_weight"):
        LLRCalibrator(pipe).fit(X, y, sample_weight=weights)
    fitted = LLRCalibrator(pipe).fit(X, y, sample_weight=weights, clf__sample_weight=weights)
    assert_allclose(fitted.estimator_["clf"].coef_, clone(pipe).fit(X, y, clf__sample_weight=weights)["clf"].coef_)


class Noting(Score):
    """Notes the clips and groups of every fit."""

    seen: ClassVar[list] = []

    def fit(self, X, y, groups=None):
        self.seen.append(([x[0] for x in X], None if groups is None else list(groups)))
        return super().fit(X, y)


@pytest.fixture
def seen():
    Noting.seen.clear()
    return Noting.seen


def grouped_clips():
    X, y = gaussian_clips(30, 30)
    return X, y, np.array([f"speaker{i % 10}" for i in range(60)])


@pytest.mark.parametrize("cv", [None, 2, GroupKFold(3)], ids=["default", "2", "GroupKFold"])
def test_groups_stay_on_one_side_and_reach_the_classifier(cv, seen):
    X, y, groups = grouped_clips()
    LLRCalibrator(Noting(), cv=cv).fit(X, y, groups=groups)
    *folds, last = seen
    assert len(folds) == {None: 5, 2: 2}.get(cv if cv is None or cv == 2 else 3, 3)
    assert last[1] == groups.tolist()
    of_clip = dict(zip(X[:, 0], groups, strict=True))
    for clips, their_groups in folds:
        assert [of_clip[clip] for clip in clips] == their_groups
        assert 0 < len(set(their_groups)) < 10
        assert len(clips) == 6 * len(set(their_groups))


def test_parameters_of_steps_are_cut_to_the_fold(seen):
    X, y, groups = grouped_clips()
    pipe = Pipeline([("pass", "passthrough"), ("clf", Noting())])
    LLRCalibrator(pipe).fit(X, y, groups=groups, clf__groups=groups)
    assert len(seen) == 6
    of_clip = dict(zip(X[:, 0], groups, strict=True))
    for clips, their_groups in seen:
        assert [of_clip[clip] for clip in clips] == their_groups


def test_metadata_routing(seen):
    X, y, groups = grouped_clips()
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = Pipeline([("pass", "passthrough"), ("clf", Noting().set_fit_request(groups="voice"))])
        LLRCalibrator(pipe, cv=GroupKFold(3)).fit(X, y, groups=groups, voice=groups)
    assert len(seen) == 4
    of_clip = dict(zip(X[:, 0], groups, strict=True))
    for clips, their_groups in seen:
        assert [of_clip[clip] for clip in clips] == their_groups
    assert all(len(set(their_groups)) < 10 for _, their_groups in seen[:3])


def test_metadata_routing_from_above(seen):
    X, y, groups = grouped_clips()
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Noting().set_fit_request(groups=True)
        calibrator = LLRCalibrator(inner).set_fit_request(groups=True)
        cross_validate(calibrator, X, y, cv=GroupKFold(2), params={"groups": groups}, error_score="raise")
    assert len(seen) == 12
    assert all(their_groups is not None for _, their_groups in seen)
    assert max(len(set(their_groups)) for _, their_groups in seen) == 5


def test_metadata_that_nobody_asked_for_is_refused():
    X, y, groups = grouped_clips()
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="not explicitly set as requested"),
    ):
        LLRCalibrator(Noting()).fit(X, y, groups=groups)


# What X and y may be


def test_clips_of_any_length_and_string_labels():
    rng = np.random.default_rng(0)
    y = np.array(["spoof", "bonafide"] * 20)
    X = [rng.normal(size=rng.integers(1, 9)) + (label == "spoof") for label in y]
    fitted = LLRCalibrator(Score()).fit(X, y.tolist())
    assert fitted.classes_.tolist() == ["bonafide", "spoof"]
    assert fitted.decision_function(X).shape == (40,)
    assert set(fitted.predict(X)) == {"bonafide", "spoof"}
    assert np.array_equal(fitted.decision_function(X), LLRCalibrator(Score()).fit(X, pd.Series(y)).decision_function(X))


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    "names",
    [["a", None], ["a", np.nan], [1.0, np.nan], pd.Series(["a", pd.NA], dtype="string"), [1, pd.NA]],
    ids=["None", "NaN", "number", "string", "NA"],
)
def test_clips_without_a_group_are_told(names, frozen):
    X, y, _ = grouped_clips()
    groups = pd.concat([names] * 30) if isinstance(names, pd.Series) else names * 30
    estimator = FrozenEstimator(Score().fit(X, y)) if frozen else Score()
    with pytest.raises(ValueError, match=r"groups holds names that are NaN or None\. Drop these clips"):
        LLRCalibrator(estimator).fit(X, y, groups=groups)


@pytest.mark.parametrize(
    ("n_groups", "cv", "message"),
    [
        (3, None, "one of cv=5 folds, and groups holds 3. Set its cv=3, or pass clips of more groups"),
        (2, 3, "one of cv=3 folds, and groups holds 2. Set its cv=2, or"),
        (1, None, "one of cv=5 folds, and groups holds 1. Pass clips of more groups"),
    ],
)
def test_fewer_groups_than_folds_are_told(n_groups, cv, message):
    X, y, _ = grouped_clips()
    with pytest.raises(ValueError, match=message):
        LLRCalibrator(Score(), cv=cv).fit(X, y, groups=np.arange(60) % n_groups)


def test_names_of_groups_may_be_of_two_types():
    X, y, _ = grouped_clips()
    expected = LLRCalibrator(Score(), cv=3).fit(X, y, groups=[0, 1, 2] * 20)
    found = LLRCalibrator(Score(), cv=3).fit(X, y, groups=["a", 1, "b"] * 20)
    assert (found.slope_, found.offset_) == (expected.slope_, expected.offset_)


def test_table():
    X, y = make_classification(60, n_features=4, random_state=0)
    table = pd.DataFrame(X, columns=list("abcd"), index=range(100, 160))
    fitted = LLRCalibrator(LogisticRegression()).fit(table, pd.Series(y, index=table.index))
    assert fitted.n_features_in_ == 4
    assert fitted.feature_names_in_.tolist() == list("abcd")
    of_array = LLRCalibrator(LogisticRegression()).fit(X, y)
    assert_allclose(fitted.predict_proba(table), of_array.predict_proba(X))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["real"] * 20, "two classes, got 1 class: \\['real'\\]"),
        (["a", "b", "c", "a"] * 5, "Only binary classification"),
        (["real", "fake"] * 9 + ["real"], "inconsistent numbers of samples"),
        (["real"] * 18 + ["fake"] * 2, "one class alone to train with|least populated|cannot be greater"),
    ],
)
@pytest.mark.filterwarnings("ignore:The least populated class")
def test_labels_that_cannot_be_calibrated(y, message):
    cv = [(np.arange(18), np.arange(18, 20))]
    with pytest.raises(ValueError, match=message):
        LLRCalibrator(Score(), cv=cv).fit(np.arange(20.0)[:, np.newaxis], y)


def test_splits_that_test_one_class_alone_are_refused():
    X, y = gaussian_clips(10, 10)
    with pytest.raises(ValueError, match="No clip of class 'fake' with a weight is left"):
        LLRCalibrator(Score(), cv=[(np.arange(5, 15), np.arange(15, 20))]).fit(X, y)


def test_scores_that_are_not_finite_are_refused():
    X, y = gaussian_clips(10, 10)
    X[3] = np.nan
    with pytest.raises(ValueError, match="Score gave 1 scores that are NaN or infinite"):
        LLRCalibrator(Score()).fit(X, y)


# Frozen classifiers, copies and files


def test_a_frozen_classifier_stays_as_it_is():
    X, y = gaussian_clips(100, 300)
    classifier = LogisticRegression().fit(X, y)
    before = pickle.dumps(classifier)
    X_new, y_new = gaussian_clips(300, 300, seed=1)
    fitted = LLRCalibrator(FrozenEstimator(classifier)).fit(X_new, y_new)
    assert pickle.dumps(classifier) == before
    line = fitted.slope_ * classifier.decision_function(X) + fitted.offset_
    assert np.array_equal(fitted.decision_function(X), line)


@pytest.mark.parametrize(
    "around",
    [
        FrozenEstimator,
        lambda guarded: FrozenEstimator(AugmentedClassifier(guarded, methods=["gain"])),
        lambda guarded: FrozenEstimator(GridSearchCV(guarded, {"guard__min_speech": [0.2]}, cv=2)),
    ],
    ids=["frozen", "augmented", "searched"],
)
def test_clips_without_a_verdict_calibrate_nothing_and_have_none(around):
    X, y = sounds(8)
    features = LFCCTransformer(duration=1.5, n_lfcc=5, output="stats")
    guarded = GuardedClassifier(
        make_pipeline(features, StandardScaler(), LogisticRegression()), DomainGuard(min_speech=0.2)
    ).fit(X, y)
    noise = list(np.random.default_rng(0).normal(scale=0.1, size=(3, 24_000)))
    assert (guarded.remarks(noise) != "").all()
    frozen = around(guarded)
    if frozen.estimator is not guarded:
        frozen.estimator.fit(X, y)
    calibrated = LLRCalibrator(frozen).fit(X, y)
    # One class alone has more of them, which would move the line.
    with_noise = LLRCalibrator(frozen).fit([*X, *noise], [*y, *["real"] * 3])
    assert (with_noise.slope_, with_noise.offset_) == (calibrated.slope_, calibrated.offset_) != (0, 0)
    assert with_noise.decision_function(noise).tolist() == [0, 0, 0]
    assert with_noise.predict_proba(noise).tolist() == [[0.5, 0.5]] * 3
    assert (with_noise.decision_function(X) != 0).all()


class Zeros(ClassifierMixin, BaseEstimator):
    """A classifier that knows nothing, and has no guard."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return np.zeros(len(X))


def test_a_score_of_zero_without_a_guard_is_a_score():
    calibrated = LLRCalibrator(FrozenEstimator(Zeros().fit(None, [0, 1])))
    calibrated.fit([[0]] * 4, [0, 0, 1, 1])
    calibrated.offset_ = 2.0
    assert calibrated.decision_function([[0]]).tolist() == [2.0]


def test_a_frozen_classifier_of_other_classes_is_refused():
    X, y = gaussian_clips(10, 10)
    frozen = FrozenEstimator(Score().fit(X, ["bonafide", "spoof"] * 10))
    with pytest.raises(ValueError, match=r"fitted to classes .*bonafide.*, got y with classes .*fake"):
        LLRCalibrator(frozen).fit(X, y)


def test_copies():
    X, y = gaussian_clips(20, 60)
    fitted = LLRCalibrator(LogisticRegression(C=2.0), cv=3, prior=0.1).fit(X, y)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), fitted.predict_proba(X))
    copy = clone(fitted)
    assert not hasattr(copy, "classes_")
    assert np.array_equal(copy.fit(X, y).predict_proba(X), fitted.predict_proba(X))
    search = GridSearchCV(copy, {"estimator__C": [0.1, 1.0], "prior": [0.5]}, cv=2, scoring="roc_auc").fit(X, y)
    assert search.best_estimator_.prior == 0.5


def test_a_fit_that_fails_leaves_the_last_one_whole():
    X, y = gaussian_clips(20, 60)
    fitted = LLRCalibrator(LogisticRegression()).fit(X, y)
    before = fitted.decision_function(X)
    with pytest.raises(ValueError, match="two classes"):
        fitted.fit(X, ["real"] * 80)
    assert np.array_equal(fitted.decision_function(X), before)


def test_importing_loads_nothing_heavy():
    script = "import skvoicefake.calibration, sys; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {"tensorflow", "keras", "scikeras", "librosa", "matplotlib"}
