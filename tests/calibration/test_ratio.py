import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.utils._testing import assert_allclose

from skvoicefake.calibration import log_likelihood_ratio


@given(
    llr=st.lists(st.floats(-10, 10), min_size=1, max_size=20),
    prior=st.floats(0.01, 0.99),
)
def test_the_prior_is_taken_out(llr, prior):
    posterior = expit(np.array(llr) + logit(prior))
    assert_allclose(log_likelihood_ratio(posterior, prior=prior), llr, atol=1e-8)
    both = np.column_stack([1 - posterior, posterior])
    assert_allclose(log_likelihood_ratio(both, prior=prior), llr, atol=1e-8)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 36.74), (np.float32, 16.64)])
def test_certainty_is_limited_alike_on_both_sides(dtype, limit):
    llr = log_likelihood_ratio(np.array([0, 0.5, 1], dtype=dtype), prior=0.5)
    assert llr[1] == 0
    assert llr[2] == -llr[0] == pytest.approx(limit, abs=0.01)
    assert log_likelihood_ratio(np.array([1], dtype=dtype), prior=0.1)[0] == pytest.approx(limit + np.log(9), abs=0.01)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_order_is_kept(probabilities):
    llr = log_likelihood_ratio(np.sort(probabilities), prior=0.2)
    assert np.isfinite(llr).all()
    assert (np.diff(llr) >= 0).all()


@pytest.mark.parametrize(
    ("y_prob", "prior", "message"),
    [
        ([0.5, 1.2], 0.5, "from 0 to 1, got 1 value"),
        ([-0.1], 0.5, "from 0 to 1"),
        ([0.5, np.nan], 0.5, "contains NaN"),
        ([[0.5, 0.2, 0.3]], 0.5, r"shape \(n_clips,\) or \(n_clips, 2\), got \(1, 3\)"),
        ([[0.5, 0.9]], 0.5, "must sum to 1"),
        ([0.5], 0, "prior must be a probability strictly between"),
        ([0.5], 1, "prior must be a probability strictly between"),
        ([0.5], np.nan, "prior must be a probability strictly between"),
        (["a"], 0.5, "could not convert"),
    ],
)
def test_what_is_no_probability_is_refused(y_prob, prior, message):
    with pytest.raises(ValueError, match=message):
        log_likelihood_ratio(y_prob, prior=prior)


def test_no_clips():
    assert log_likelihood_ratio([], prior=0.5).shape == (0,)
