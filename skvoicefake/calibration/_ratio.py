"""Probabilities to log-likelihood ratios, the training prior taken out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.utils.validation import (
    check_array,
)

from skvoicefake.metrics._inputs import log_odds


def log_likelihood_ratio(y_prob: ArrayLike, *, prior: float) -> NDArray[np.float64]:
    """Turn probabilities into log-likelihood ratios by taking the prior out.

    A posterior is a likelihood ratio seen through a prior: in log-odds,
    ``logit(y_prob) = llr + logit(prior)``. What is left without the prior
    holds wherever the detector is used, however rare fakes are there.

    Parameters
    ----------
    y_prob : array-like of shape (n_clips,) or (n_clips, 2)
        Probability of the positive class; or both columns of `predict_proba`,
        of which the second is used.
    prior : float
        Probability of the positive class that `y_prob` was made with,
        between 0 and 1: its share of the training clips, by weight, or 0.5 if
        the classes were balanced in training.

    Returns
    -------
    llr : ndarray of shape (n_clips,)
        Natural logarithms of likelihood ratios. Above 0, the clip speaks for
        the positive class.

    Raises
    ------
    ValueError
        If `y_prob` holds anything but probabilities, or `prior` does not lie
        strictly between 0 and 1.

    See Also
    --------
    LLRCalibrator : Learns likelihood ratios from data instead of trusting the probabilities.

    Notes
    -----
    A probability of exactly 0 or 1 would be an infinite likelihood ratio,
    which one wrong clip makes infinitely costly, and which is an artefact of
    rounding. So probabilities are taken to be at least half the machine
    epsilon of their type away from 0 and from 1; nearer to 1 the type holds
    no number. That limits ``llr + logit(prior)`` to 36.7 on both sides
    (float64), or to 16.6 (float32). Take `decision_function`, where there is
    one: it does not saturate.

    References
    ----------
    N. Brümmer and J. du Preez, "Application-independent evaluation of speaker
    detection", Computer Speech & Language 20, 2006.

    Examples
    --------
    >>> from skvoicefake.calibration import log_likelihood_ratio
    >>> log_likelihood_ratio([0.5, 0.9, 0.99], prior=0.9).round(3).tolist()
    [-2.197, 0.0, 2.398]
    """
    if not 0 < prior < 1:
        raise ValueError(f"prior must be a probability strictly between 0 and 1, got {prior!r}.")
    y_prob = check_array(
        y_prob, dtype=[np.float64, np.float32], ensure_2d=False, ensure_min_samples=0, input_name="y_prob"
    )
    is_pair = y_prob.ndim == 2 and y_prob.shape[1] == 2
    if y_prob.ndim != 1 and not is_pair:
        raise ValueError(f"y_prob must have shape (n_clips,) or (n_clips, 2), got {y_prob.shape}.")
    if outside := int(np.count_nonzero((y_prob < 0) | (y_prob > 1))):
        raise ValueError(f"y_prob must hold probabilities, from 0 to 1, got {outside} value(s) outside.")
    if is_pair and not np.allclose(y_prob.sum(axis=1), 1, atol=1e-3):
        raise ValueError("y_prob has two columns, whose rows must sum to 1, as those of predict_proba do.")
    return log_odds(y_prob) - logit(float(prior))
