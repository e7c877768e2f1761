import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.metrics import (
    UpsideDownWarning,
    actual_detection_cost,
    asv_error_rates,
    min_detection_cost,
    min_tandem_cost,
)
from tests.checks.scores import ASV_RATES, labelled_scores, random_scores
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
    for version in (2019, 2021):
        assert min_tandem_cost(y, scores, asv_rates=ASV_RATES, version=version, pos_label="bonafide") == pytest.approx(
            published.min_tandem_cost(real, fake, ASV_RATES, version), abs=1e-9
        )


@either_way_up
@pytest.mark.parametrize("version", [2019, 2021])
@given(case=labelled_scores(), asv_rates=st.tuples(*[st.floats(0.001, 0.5)] * 3))
def test_tandem_cost_equals_the_published_code(version, case, asv_rates):
    y, scores = case
    expected = published.min_tandem_cost(scores[y == "real"], scores[y == "fake"], asv_rates, version)
    found, threshold = min_tandem_cost(y, scores, asv_rates=asv_rates, version=version, return_threshold=True)
    assert found == pytest.approx(expected, abs=1e-9)
    assert threshold in {*scores, np.inf}
    assert found <= 1 + 1e-12


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


@pytest.mark.parametrize("ties", [False, True])
@given(seed=st.integers(0, 50))
def test_asv_error_rates_equal_the_published_code(ties, seed):
    rng = np.random.default_rng(seed)
    target, nontarget, spoof = rng.normal(1.5, 1, 30), rng.normal(-1.5, 1, 40), rng.normal(0.5, 1, 20)
    if ties:
        target, nontarget, spoof = np.round(target), np.round(nontarget), np.round(spoof)
    rates = asv_error_rates(target, nontarget, spoof)
    assert rates == pytest.approx(published.asv_error_rates(target, nontarget, spoof), abs=1e-12)
    assert rates == (rates.p_fa, rates.p_miss, rates.p_fa_spoof)


def test_asv_scores_are_checked():
    with pytest.raises(ValueError, match="nontarget_scores should hold finite scores, got 0"):
        asv_error_rates([1.0], [], [2.0])
    with pytest.raises(ValueError, match="spoof_scores should hold finite scores"):
        asv_error_rates([1.0], [0.0], [np.nan])
    with pytest.raises(ValueError, match="target_scores should be one number a clip"):
        asv_error_rates(["high"], [0.0], [0.0])
    with pytest.warns(UpsideDownWarning, match="targets score lower than the nontargets"):
        asv_error_rates([0.0], [1.0], [0.0])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"asv_rates": (0.05, 0.05)}, r"asv_rates should be \(p_fa, p_miss, p_fa_spoof\)"),
        ({"asv_rates": None}, r"asv_rates should be \(p_fa, p_miss, p_fa_spoof\).*got None"),
        ({"asv_rates": ("low", 0.1, 0.1)}, "each between 0 and 1"),
        ({"asv_rates": (5, 5, 30)}, "each between 0 and 1"),
        ({"asv_rates": (0.1, np.nan, 0.1)}, "each between 0 and 1"),
        ({"asv_rates": (0.9, 0.95, 0.1)}, "own errors cost more than turning all away"),
        ({"asv_rates": (0.1, 0.1, 0.0)}, "no cost that a detector could lower"),
        ({"asv_rates": (0.0, 0.0, 0.0), "version": 2021}, "no cost that a detector could lower"),
        ({"asv_rates": ASV_RATES, "p_spoof": 0.1}, "should make 1, got 0.9405"),
        ({"asv_rates": ASV_RATES, "version": 2020}, "'version' parameter of min_tandem_cost"),
    ],
)
def test_tandem_parameters_are_checked(params, message):
    with pytest.raises(ValueError, match=message):
        min_tandem_cost(["fake", "real"], [0, 1], **params)


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
