import math

import numpy as np
import pytest
from hypothesis import given

from skvoicefake.metrics import (
    actual_detection_cost,
    min_detection_cost,
)
from tests.checks.scores import labelled_scores, random_scores
from tests.metrics import published

either_way_up = pytest.mark.filterwarnings("ignore::skvoicefake.metrics.UpsideDownWarning")
COSTS = [{}, {"p_spoof": 0.5, "c_fa": 1}, {"p_spoof": 0.3, "c_miss": 7, "c_fa": 0.2}]


def cost_at(y, scores, threshold, p_spoof=0.05, c_miss=1, c_fa=10):
    """Return the cost of calling clips real from a threshold up, counted by hand."""
    miss = np.mean(scores[y == "real"] < threshold)
    passed = np.mean(scores[y == "fake"] >= threshold)
    return (c_miss * (1 - p_spoof) * miss + c_fa * p_spoof * passed) / min(c_fa * p_spoof, c_miss * (1 - p_spoof))


@either_way_up
@pytest.mark.parametrize("costs", COSTS, ids=str)
@given(case=labelled_scores())
def test_min_cost_is_the_least_over_thresholds(costs, case):
    y, scores = case
    cost, threshold = min_detection_cost(y, scores, **costs, return_threshold=True)
    assert cost == pytest.approx(min(cost_at(y, scores, t, **costs) for t in [*scores, np.inf]), abs=1e-12)
    assert cost == pytest.approx(cost_at(y, scores, threshold, **costs), abs=1e-12)
    assert cost == pytest.approx(
        published.min_detection_cost(scores[y == "real"], scores[y == "fake"], **costs), abs=1e-9
    )
    assert cost <= 1


@either_way_up
@pytest.mark.parametrize("costs", COSTS, ids=str)
@given(case=labelled_scores())
def test_actual_cost_equals_the_published_code(costs, case):
    y, scores = case
    expected = published.actual_detection_cost(scores[y == "real"], scores[y == "fake"], **costs)
    assert actual_detection_cost(y, scores, **costs, return_threshold=True) == pytest.approx(expected, abs=1e-9)
    assert actual_detection_cost(y, scores, **costs) >= min_detection_cost(y, scores, **costs) - 1e-12


@pytest.mark.parametrize("ties", [False, True])
def test_costs_of_many_clips_equal_the_published_code(ties):
    y, scores = random_scores(2000, seed=3, ties=ties)
    real, fake = scores[y == "bonafide"], scores[y == "spoof"]
    assert min_detection_cost(y, scores, pos_label="bonafide") == pytest.approx(
        published.min_detection_cost(real, fake), abs=1e-9
    )
    assert actual_detection_cost(y, scores, pos_label="bonafide") == pytest.approx(
        published.actual_detection_cost(real, fake)[0], abs=1e-9
    )


def test_actual_cost_at_its_own_threshold():
    # The costs of ASVspoof 5 call a clip fake below -ln(.95 / .5); at the threshold it is real.
    threshold = -math.log(0.95 / 0.5)
    below = np.nextafter(threshold, -1)
    assert actual_detection_cost(["real", "fake"], [threshold, below]) == 0
    # On a scale that rises towards fake, the sign turns.
    cost, turned = actual_detection_cost(["bonafide", "spoof"], [-threshold, -below], return_threshold=True)
    assert (cost, turned) == (0, -threshold)


def test_nothing_and_everything_is_called_real():
    y = ["fake", "real"]
    assert min_detection_cost(y, [0, 0], p_spoof=0.9, return_threshold=True) == (1, np.inf)
    assert min_detection_cost(y, [0, 0], p_spoof=0.01, return_threshold=True) == (1, 0)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_huge_and_tiny_scores(scale):
    y, scores = random_scores(50, seed=4)
    assert min_detection_cost(y, scores * scale, pos_label="bonafide") == min_detection_cost(
        y, scores, pos_label="bonafide"
    )
    assert actual_detection_cost(y, scores * 1e300, pos_label="bonafide") > 0


@pytest.mark.parametrize("metric", [min_detection_cost, actual_detection_cost])
@pytest.mark.parametrize(
    "params", [{"p_spoof": 1e-200, "c_fa": 1e-200}, {"c_fa": 1e-320}, {"c_miss": 1e308, "c_fa": 1e-5}]
)
def test_costs_worlds_apart_are_refused(metric, params):
    with pytest.raises(ValueError, match=r"one error costs too little beside the other"):
        metric(["fake", "real"], [0, 1], **params)


@pytest.mark.parametrize("metric", [min_detection_cost, actual_detection_cost])
@pytest.mark.parametrize(
    "params", [{"p_spoof": 0}, {"p_spoof": 1}, {"c_miss": 0}, {"c_fa": -1}, {"c_fa": "10"}], ids=str
)
def test_costs_are_checked(metric, params):
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of {metric.__name__}"):
        metric(["fake", "real"], [0, 1], **params)
