"""Labelled scores for the tests of metrics, and the metrics by name."""

from functools import partial

import numpy as np
from hypothesis import strategies as st

from skvoicefake.metrics import (
    actual_detection_cost,
    calibration_loss,
    cllr,
    equal_error_rate,
    min_cllr,
    min_detection_cost,
    min_tandem_cost,
)

ASV_RATES = (0.05, 0.04, 0.3)
# Those of order alone: a rising map leaves them as they are.
RANKINGS = {
    "eer-linear": equal_error_rate,
    "eer-rocch": partial(equal_error_rate, method="rocch"),
    "eer-asvspoof": partial(equal_error_rate, method="asvspoof"),
    "min_dcf": min_detection_cost,
    "min_tdcf-2019": partial(min_tandem_cost, asv_rates=ASV_RATES),
    "min_tdcf-2021": partial(min_tandem_cost, asv_rates=ASV_RATES, version=2021),
    "min_cllr": min_cllr,
}
METRICS = RANKINGS | {"act_dcf": actual_detection_cost, "cllr": cllr, "calibration_loss": calibration_loss}


@st.composite
def labelled_scores(draw, min_size=2, max_size=40):
    """Labels of both classes, and scores with many ties."""
    n = draw(st.integers(min_size, max_size))
    is_real = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda v: len(set(v)) == 2))
    scores = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    return np.where(is_real, "real", "fake"), np.array(scores, dtype=float)


def random_scores(n, seed, ties=False):
    """Scores of a fair detector, about log-likelihood ratios; with ties, of few values."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.where(np.arange(n) < n // 3, "bonafide", "spoof"))
    scores = 2 * rng.normal(size=n) + np.where(y == "bonafide", 1.5, -1.5)
    return y, np.round(scores) if ties else scores


def gaussian_clips(n_real, n_fake, seed=0):
    """One feature with unit variance in both classes and means 2 apart: its likelihood ratio is known, 2 X - 2."""
    X = np.random.default_rng(seed).normal(size=(n_real + n_fake, 1))
    y = np.repeat(["fake", "real"], [n_fake, n_real])
    X[y == "real"] += 2
    return X, y
