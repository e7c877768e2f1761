import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from skvoicefake.metrics import calibration_loss, cllr, min_cllr
from tests.checks.scores import labelled_scores, random_scores
from tests.metrics import published

either_way_up = pytest.mark.filterwarnings("ignore::skvoicefake.metrics.UpsideDownWarning")


@either_way_up
@given(labelled_scores())
def test_cllr_equals_the_published_code(case):
    y, scores = case
    expected = published.cllr(scores[y == "real"], scores[y == "fake"])
    assert cllr(y, scores) == pytest.approx(expected, abs=1e-9)


def test_cllr_of_many_clips_equals_the_published_code():
    y, scores = random_scores(2000, seed=5)
    expected = published.cllr(scores[y == "bonafide"], scores[y == "spoof"])
    assert cllr(y, scores, pos_label="bonafide") == pytest.approx(expected, abs=1e-9)


def test_cllr_of_sure_scores():
    y = ["fake", "real"]
    assert cllr(y, [0, 0]) == 1
    assert cllr(y, [-40, 40]) == pytest.approx(np.exp(-40) / np.log(2))
    assert cllr(y, [-1e308, 1e308]) == 0
    # The published code gives infinity from a score of 710 on.
    assert cllr(y, [800, 801]) == pytest.approx(400 / np.log(2))
    with np.errstate(over="raise"):
        assert cllr(["fake"] * 2 + ["real"] * 2, [-1.7e308, 1.7e308] * 2) < np.inf
    assert cllr(["fake"] * 5 + ["real"] * 5, [1.2e308] * 10) == pytest.approx(0.6e308 / np.log(2))


@pytest.mark.parametrize("tiny", [0, 5e-324, 1e-308, 1e-17])
def test_cllr_of_scores_that_say_nothing(tiny):
    assert cllr(["fake", "real"], [-tiny, tiny]) == pytest.approx(1)


@either_way_up
@given(labelled_scores())
def test_min_cllr_is_the_cost_of_the_isotonic_fit(case):
    """Another way there: scikit-learn's posterior, the prior taken out, and the cost of what comes out."""
    y, scores = case
    is_real = y == "real"
    posterior = IsotonicRegression().fit(scores, is_real).predict(scores)
    with np.errstate(divide="ignore"):
        llrs = np.log(posterior / (1 - posterior)) - np.log(is_real.mean() / (1 - is_real.mean()))
    # What is certain is right on these clips, and costs nothing.
    of_real = np.mean(np.logaddexp(0, -llrs[is_real]))
    of_fake = np.mean(np.logaddexp(0, llrs[~is_real]))
    assert min_cllr(y, scores) == pytest.approx((of_real + of_fake) / 2 / np.log(2), abs=1e-9)


@either_way_up
@given(case=labelled_scores(), scale=st.floats(0, 100), shift=st.floats(-20, 20))
def test_no_rising_map_costs_less(case, scale, shift):
    y, scores = case
    assert -1e-12 <= min_cllr(y, scores) <= min(1, cllr(y, scale * scores + shift)) + 1e-12


def test_min_cllr_by_hand():
    # One bin of one fake and one real clip: the others are certain.
    assert min_cllr(["fake", "fake", "real", "real"], [0, 2, 1, 3]) == pytest.approx(0.5)
    # Twice as many fakes: the likelihood ratio of a bin does not know the prior.
    y = ["fake"] * 4 + ["real"] * 2
    assert min_cllr(y, [0, 0, 2, 2, 1, 3]) == pytest.approx(0.5)
    assert min_cllr(["fake", "real"], [0, 1]) == 0


@either_way_up
def test_upside_down_order_says_nothing():
    assert min_cllr(["fake", "real"], [1, 0]) == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_min_cllr_of_huge_and_tiny_scores(scale):
    y, scores = random_scores(50, seed=6)
    assert min_cllr(y, scores * scale, pos_label="bonafide") == min_cllr(y, scores, pos_label="bonafide")


@either_way_up
@given(labelled_scores())
def test_loss_is_the_difference(case):
    assert calibration_loss(*case) == pytest.approx(cllr(*case) - min_cllr(*case), abs=1e-12)
    assert calibration_loss(*case) >= 0


def test_calibrated_scores_lose_little():
    # Two normal distributions a distance d apart: d * (s - d / 2) is the log-likelihood ratio.
    rng = np.random.default_rng(0)
    y = np.repeat(["fake", "real"], 5000)
    scores = rng.normal(size=10000) + 2 * (y == "real")
    assert calibration_loss(y, 2 * (scores - 1)) < 0.01
    assert calibration_loss(y, 20 * (scores - 1)) > 0.5
    assert calibration_loss(y, 2 * scores) > 0.1
