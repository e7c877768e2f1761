import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import TreesAndKernel
from skvoicefake.detectors._blend import EDGE, weights_of_groups


@parametrize_with_checks([TreesAndKernel(n_estimators=10, random_state=0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def data():
    return make_classification(80, 6, weights=[0.3], random_state=0)


def test_the_score_is_the_sum_of_both(data):
    X, y = data
    found = TreesAndKernel(n_estimators=20, random_state=3).fit(X, y)
    weights = len(y) / 2 / np.bincount(y)[y]
    trees = ExtraTreesClassifier(20, min_samples_leaf=2, random_state=3).fit(X, y, sample_weight=weights)
    svm = SVC(C=3).fit(X, y, sample_weight=weights)
    expected = logit(np.clip(trees.predict_proba(X)[:, 1], EDGE, 1 - EDGE)) + svm.decision_function(X)
    np.testing.assert_allclose(found.decision_function(X), expected)
    np.testing.assert_allclose(found.predict_proba(X)[:, 1], expit(expected))
    np.testing.assert_array_equal(found.predict(X), (expected > 0).astype(int))


def test_a_group_weighs_as_the_root_of_its_clips():
    weights = weights_of_groups(np.array([0, 0, 0, 0, 0, 1]), np.array([7, 7, 7, 7, 8, 7]))
    np.testing.assert_allclose(weights, [0.5, 0.5, 0.5, 0.5, 1, 1])


def test_groups_change_what_is_learned_and_equal_ones_do_not(data):
    X, y = data

    def scores(groups):
        return TreesAndKernel(n_estimators=20, random_state=0).fit(X, y, groups=groups).decision_function(X)

    np.testing.assert_array_equal(scores(np.arange(len(y))), scores(None))
    assert not np.allclose(scores(np.arange(len(y)) > 5), scores(None))


def test_groups_come_through_a_calibrator(data):
    X, y = data
    groups = [f"source {i % 9}" for i in range(len(y))]
    blend = TreesAndKernel(n_estimators=20, random_state=0)
    calibrated = LLRCalibrator(blend).fit(X, y, groups=groups)
    np.testing.assert_array_equal(
        calibrated.estimator_.decision_function(X), blend.fit(X, y, groups=groups).decision_function(X)
    )


def test_what_cannot_be_learned(data):
    X, y = data
    with pytest.raises(ValueError, match="needs labels of two classes, got 1 class"):
        TreesAndKernel().fit(X, np.zeros(len(y), int))
