import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.metrics import UpsideDownWarning, asv_error_rates, min_tandem_cost
from tests.checks.scores import ASV_RATES, labelled_scores, random_scores
from tests.metrics import published

either_way_up = pytest.mark.filterwarnings("ignore::skvoicefake.metrics.UpsideDownWarning")


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


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("version", [2019, 2021])
def test_tandem_cost_of_many_clips_equals_the_published_code(version, ties):
    y, scores = random_scores(2000, seed=3, ties=ties)
    found = min_tandem_cost(y, scores, asv_rates=ASV_RATES, version=version, pos_label="bonafide")
    expected = published.min_tandem_cost(scores[y == "bonafide"], scores[y == "spoof"], ASV_RATES, version)
    assert found == pytest.approx(expected, abs=1e-9)


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
    with pytest.raises(ValueError, match="nontarget_scores should hold finite scores, got none"):
        asv_error_rates([1.0], [], [2.0])
    with pytest.raises(
        ValueError,
        match="spoof_scores holds 1 scores that are NaN or infinite, the first at position 0",
    ):
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
