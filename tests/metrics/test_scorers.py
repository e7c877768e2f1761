import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer as get_sklearn_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import skvoicefake.metrics
from skvoicefake.metrics import (
    UpsideDownWarning,
    actual_detection_cost,
    calibration_loss,
    cllr,
    equal_error_rate,
    get_scorer,
    get_scorer_names,
    min_cllr,
    min_detection_cost,
    min_tandem_cost,
    neg_cllr,
    neg_equal_error_rate,
)

METRICS = {
    "neg_equal_error_rate": equal_error_rate,
    "neg_min_detection_cost": min_detection_cost,
    "neg_actual_detection_cost": actual_detection_cost,
    "neg_cllr": cllr,
    "neg_min_cllr": min_cllr,
    "neg_calibration_loss": calibration_loss,
}
OF_GROUPS = {"neg_worst_group_equal_error_rate", "neg_mean_group_equal_error_rate"}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.repeat(["fake", "real"], 60)
    X = rng.normal(size=(120, 2)) + 1.5 * (y == "real")[:, np.newaxis]
    return X, y, np.tile(np.arange(6), 20)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_names_and_objects():
    assert get_scorer_names() == sorted(METRICS.keys() | OF_GROUPS | {"neg_min_tandem_cost"})
    for name in METRICS.keys() | OF_GROUPS:
        assert name in skvoicefake.metrics.__all__
        assert repr(getattr(skvoicefake.metrics, name)) == repr(get_scorer(name))


@pytest.mark.parametrize("name", METRICS)
def test_decision_function_is_judged(name, data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, y)
    assert get_scorer(name)(clf, X, y) == -METRICS[name](y, clf.decision_function(X))
    # Of classifiers without probabilities too, and at the end of a pipeline.
    pipe = make_pipeline(StandardScaler(), LinearSVC(random_state=0)).fit(X, y)
    assert get_scorer(name)(pipe, X, y) == -METRICS[name](y, pipe.decision_function(X))


@pytest.mark.parametrize("name", METRICS)
def test_probabilities_are_judged_where_there_is_no_decision_function(name, data):
    X, y, _ = data
    clf = GaussianNB().fit(X, y)
    log_odds = np.diff(clf.predict_log_proba(X)).ravel()
    assert get_scorer(name)(clf, X, y) == pytest.approx(-METRICS[name](y, log_odds), abs=1e-9)


def test_certain_probabilities_cost_much_but_not_everything(data):
    X, y, _ = data
    forest = RandomForestClassifier(5, random_state=0).fit(X[::2], y[::2])
    wrong = forest.predict_proba(X)[:, 1] == (y == "fake")
    assert wrong.any()
    assert 1 < -neg_cllr(forest, X, y) < 53


def test_many_scorers_together_give_what_each_gives_alone(data):
    X, y, _ = data
    scoring = {name: get_scorer(name) for name in METRICS} | {"auc": "roc_auc"}
    together = cross_validate(GaussianNB(), X, y, scoring=scoring, cv=3)
    for name, scorer in scoring.items():
        alone = cross_validate(GaussianNB(), X, y, scoring=scorer, cv=3)
        np.testing.assert_array_equal(together[f"test_{name}"], alone["test_score"])


def test_search_finds_the_least_cost(data):
    X, y, _ = data
    scoring = {"eer": get_scorer("neg_equal_error_rate"), "cllr": neg_cllr}
    search = GridSearchCV(LogisticRegression(), {"C": [1e-6, 1.0]}, scoring=scoring, refit="cllr", cv=3).fit(X, y)
    assert search.best_params_ == {"C": 1.0}
    assert search.cv_results_["mean_test_cllr"][0] < search.best_score_ < 0
    assert np.all(search.cv_results_["mean_test_eer"] <= 0)


@pytest.mark.parametrize("name", sorted(METRICS.keys() | OF_GROUPS))
def test_clone_and_pickle(name, data):
    X, y, _ = data
    scorer = get_scorer(name)
    copied = pickle.loads(pickle.dumps(scorer))
    assert repr(copied) == repr(scorer)
    search = clone(GridSearchCV(GaussianNB(), {}, scoring=scorer))
    assert repr(search.scoring) == repr(scorer)
    if name in METRICS:
        clf = GaussianNB().fit(X, y)
        assert copied(clf, X, y) == search.scoring(clf, X, y) == scorer(clf, X, y)


def test_parameters_of_the_metric(data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, y)
    scorer = get_scorer("neg_min_detection_cost", p_spoof=0.5, c_fa=1)
    assert scorer(clf, X, y) == -min_detection_cost(y, clf.decision_function(X), p_spoof=0.5, c_fa=1)
    numbers = (y == "real").astype(int)
    clf.fit(X, numbers)
    with pytest.raises(ValueError, match="Pass the label of the real voice: real_label=0 or real_label=1"):
        get_scorer("neg_min_detection_cost")(clf, X, numbers)
    found = get_scorer("neg_min_detection_cost", real_label=1)(clf, X, numbers)
    assert found == -min_detection_cost(y, clf.decision_function(X))


def test_the_costs_of_speaker_verification(data):
    X, y, _ = data
    clf = GaussianNB().fit(X, y)
    rates = (0.05, 0.02, 0.6)
    scorer = get_scorer("neg_min_tandem_cost", asv_rates=rates, version=2021)
    log_odds = np.diff(clf.predict_log_proba(X)).ravel()
    expected = min_tandem_cost(y, log_odds, asv_rates=rates, version=2021)
    assert scorer(clf, X, y) == pytest.approx(-expected, abs=1e-9)
    assert get_scorer(scorer, version=2019)(clf, X, y) != scorer(clf, X, y)
    for params in ({}, {"version": 2021}):
        with pytest.raises(ValueError, match=r"needs the error rates of the speaker verification: pass asv_rates="):
            get_scorer("neg_min_tandem_cost", **params)


def test_parameters_of_a_scorer_object(data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, y)
    dear = get_scorer(skvoicefake.metrics.neg_min_detection_cost, p_spoof=0.5)
    assert repr(dear) == repr(get_scorer("neg_min_detection_cost", p_spoof=0.5))
    # A copy: what was set on the first stays.
    dearer = get_scorer(dear, c_fa=1)
    scores = clf.decision_function(X)
    assert dearer(clf, X, y) == -min_detection_cost(y, scores, p_spoof=0.5, c_fa=1)
    assert dear(clf, X, y) == -min_detection_cost(y, scores, p_spoof=0.5)
    assert skvoicefake.metrics.neg_min_detection_cost(clf, X, y) == -min_detection_cost(y, scores)
    with pytest.raises(ValueError, match="has no parameter 'p_spoof'"):
        get_scorer(neg_cllr, p_spoof=0.5)
    for foreign in (get_sklearn_scorer("accuracy"), lambda clf, X, y: 0.0):
        assert get_scorer(foreign) is foreign
        with pytest.raises(ValueError, match="is none of this module: make a scorer with parameters by make_scorer"):
            get_scorer(foreign, p_spoof=0.5)


@pytest.mark.parametrize("scoring", [*sorted(METRICS.keys() | OF_GROUPS), "neg_min_tandem_cost", neg_cllr], ids=str)
def test_pos_label_is_refused(scoring):
    # scikit-learn's cache of responses does not tell classes apart: scorers beside it would get turned scores.
    with pytest.raises(ValueError, match=r"needs no pos_label.*the figure is the same for both classes. Leave it out"):
        get_scorer(scoring, pos_label="fake")
    with pytest.raises(ValueError, match="has no parameter 'return_threshold'"):
        get_scorer(scoring, return_threshold=True)


def test_names_of_scikit_learn(data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, y)
    assert get_scorer("accuracy")(clf, X, y) == clf.score(X, y)
    assert get_scorer(neg_cllr) is neg_cllr


def test_unknown_names_are_told_their_neighbours():
    with pytest.raises(ValueError, match=r"no scorer 'equal_error_rate'. Did you mean 'neg_equal_error_rate'"):
        get_scorer("equal_error_rate")
    with pytest.raises(
        ValueError, match=r"no scorer 'xyz'. This module has neg_actual_detection_cost, neg_calibration_loss"
    ):
        get_scorer("xyz")
    with pytest.raises(ValueError, match=r"'neg_cllr' has no parameter 'real_label'. It has sample_weight\."):
        get_scorer("neg_cllr", real_label="real")
    with pytest.raises(ValueError, match="'accuracy' is none of this module: make a scorer"):
        get_scorer("accuracy", normalize=False)
    with pytest.raises(ValueError, match="name of a scorer or a callable, got 3"):
        get_scorer(3)


def test_folds_of_one_class_say_so(data):
    X, y, _ = data
    with pytest.raises(ValueError, match=r"needs two classes, y_true has 1: \['real'\]"):
        neg_equal_error_rate(LogisticRegression().fit(X, y), X[60:], y[60:])
    with pytest.warns(UserWarning, match=r"y_true has 1: \['(fake|real)'\]\. In cross-validation, StratifiedKFold"):
        scores = cross_validate(DummyClassifier(), X, y, scoring=neg_equal_error_rate, cv=KFold(4))["test_score"]
    assert np.isnan(scores).all()


def test_a_detector_upside_down_warns(data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, np.where(y == "real", "fake", "real"))
    with pytest.warns(UpsideDownWarning):
        assert neg_equal_error_rate(clf, X, y) < -0.5


@pytest.mark.usefixtures("routing")
def test_weights_are_routed(data):
    X, y, _ = data
    weights = np.arange(120) % 3
    scorer = get_scorer("neg_cllr").set_score_request(sample_weight=True)
    clf = LogisticRegression().set_fit_request(sample_weight=True)
    found = cross_validate(
        clf, X, y, scoring=scorer, cv=KFold(2, shuffle=True, random_state=0), params={"sample_weight": weights}
    )
    train, test = next(KFold(2, shuffle=True, random_state=0).split(X))
    clf.fit(X[train], y[train], sample_weight=weights[train])
    expected = cllr(y[test], clf.decision_function(X[test]), sample_weight=weights[test])
    assert found["test_score"][0] == pytest.approx(-expected, abs=1e-12)
    # What is set on a copy stays there.
    assert "sample_weight" not in repr(neg_cllr)
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
        cross_validate(LogisticRegression(), X, y, scoring=neg_cllr, params={"sample_weight": weights})


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("name", sorted(OF_GROUPS))
def test_groups_are_routed(name, data):
    X, y, groups = data
    scorer = get_scorer(name).set_score_request(groups=True)
    found = cross_validate(LogisticRegression(), X, y, scoring=scorer, cv=GroupKFold(3), params={"groups": groups})
    train, test = next(GroupKFold(3).split(X, y, groups))
    scores = LogisticRegression().fit(X[train], y[train]).decision_function(X[test])
    by_group = [
        equal_error_rate(y[test][part], scores[part]) for part in (groups[test] == g for g in set(groups[test]))
    ]
    expected = max(by_group) if "worst" in name else np.mean(by_group)
    assert found["test_score"][0] == pytest.approx(-expected, abs=1e-12)
    search = GridSearchCV(
        LogisticRegression(), {"C": [1e-6, 1.0]}, scoring={name: scorer}, refit=name, cv=GroupKFold(3)
    )
    search.fit(X, y, groups=groups)
    assert search.best_score_ == pytest.approx(max(search.cv_results_[f"mean_test_{name}"]))
    assert found["test_score"].mean() == pytest.approx(search.cv_results_[f"mean_test_{name}"][1])


def test_groups_of_one_class_are_judged_against_all_of_the_other():
    clf = LogisticRegression().fit([[0.0], [5.0]], ["fake", "real"])
    X = np.arange(6.0)[:, np.newaxis]
    y = ["fake", "fake", "real", "fake", "real", "real"]
    attacks = ["A07", "A07", "-", "A08", "-", "-"]
    # A07 is told from all real clips; A08 passes for one of three; all real clips against all fakes: one of three.
    worst = get_scorer("neg_worst_group_equal_error_rate", groups=attacks)(clf, X, y)
    mean = get_scorer("neg_mean_group_equal_error_rate", groups=attacks)(clf, X, y)
    by_attack = [0, equal_error_rate(["fake", *["real"] * 3], [3, 2, 4, 5]), equal_error_rate(y, X[:, 0])]
    assert -worst == max(by_attack)
    assert -mean == pytest.approx(np.mean(by_attack))


def test_clips_without_weight_are_in_no_group():
    clf = LogisticRegression().fit([[0.0], [5.0]], ["fake", "real"])
    X = np.array([[0.0], [4.0], [3.0], [2.0], [1.0], [5.0]])
    y, groups = ["fake", "real"] * 3, ["a", "a", "b", "b", "c", "c"]
    for name in OF_GROUPS:
        scorer = get_scorer(name, groups=groups)
        assert scorer(clf, X, y) == (-1 if "worst" in name else pytest.approx(-1 / 3))
        assert scorer(clf, X, y, sample_weight=[1, 1, 0, 0, 1, 2]) == 0
        # Only the real clip of b is left: it scores below no fake but its own.
        assert scorer(clf, X, y, sample_weight=[1, 1, 0, 1, 1, 2]) == 0


@pytest.mark.parametrize("name", sorted(OF_GROUPS))
def test_groups_are_asked_for(name, data):
    X, y, _ = data
    clf = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match=r"enable_metadata_routing=True.*set_score_request\(groups=True\)"):
        get_scorer(name)(clf, X, y)
    with sklearn.config_context(enable_metadata_routing=True), pytest.raises(ValueError, match="got none"):
        get_scorer(name).set_score_request(groups=True)(clf, X, y)


def test_constant_detector_is_chance(data):
    X, y, _ = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = DummyClassifier(strategy="prior").fit(X, y)
        assert neg_equal_error_rate(clf, X, y) == -0.5
        assert neg_cllr(clf, X, y) == pytest.approx(-1)
