"""How good scores are as log-likelihood ratios, whatever prior and costs they are used with."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from skvoicefake.metrics._inputs import read_sample
from skvoicefake.metrics._sample import Sample


def cllr(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the cost of log-likelihood ratios (Cllr), in bits.

    The mean of ``log2(1 + exp(-s))`` over the clips of `pos_label` and of
    ``log2(1 + exp(s))`` over the others, averaged over both classes [1]_.
    It does not overflow, unlike the published code.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Log-likelihood ratios (natural) of `pos_label` to the other class,
        such as ``LLRCalibrator.decision_function`` gives. Probabilities or
        scores of any other scale give a number without a meaning.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.

    Returns
    -------
    cost : float
        0 is perfect, 1 is what scores of zero get; wrong and sure of it may
        cost any amount.

    Raises
    ------
    ValueError
        If labels, scores or weights are out of order, as in
        :func:`equal_error_rate`.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Brummer and du Preez, "Application-independent evaluation of
       speaker detection", Computer Speech and Language 20, 2006; and
       ``calculate_CLLR`` in https://github.com/asvspoof-challenge/asvspoof5,
       evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> from skvoicefake.metrics import cllr
    >>> cllr(["fake", "fake", "real", "real"], [0.0, 0.0, 0.0, 0.0])
    1.0
    >>> round(cllr(["fake", "fake", "real", "real"], [-3.0, 1.0, -1.0, 3.0]), 3)
    0.982
    """
    return llr_cost(read_sample(y_true, y_score, pos_label, sample_weight))


def min_cllr(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the least Cllr that any rising map of the scores could have, in bits.

    The best map is found with the labels in hand, by pooling adjacent
    violators (PAV) [1]_: what is left is the cost of what the scores confuse,
    however well they are calibrated. It depends on their order alone.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`, on any scale.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.

    Returns
    -------
    cost : float
        Between 0 (perfect) and 1 (chance, or upside down).

    Raises
    ------
    ValueError
        As :func:`cllr`.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Brummer and de Villiers, "The BOSARIS Toolkit: Theory, Algorithms
       and Code for Surviving the New DCF", 2011.

    Examples
    --------
    >>> from skvoicefake.metrics import min_cllr
    >>> min_cllr(["fake", "fake", "real", "real"], [-3.0, 1.0, -1.0, 3.0])
    0.5
    """
    return least_llr_cost(read_sample(y_true, y_score, pos_label, sample_weight))


def calibration_loss(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, sample_weight: ArrayLike | None = None
) -> float:
    """Compute what calibration would save: :func:`cllr` less :func:`min_cllr`, in bits.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Log-likelihood ratios (natural) of `pos_label` to the other class.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.

    Returns
    -------
    loss : float
        0 if no rising map of the scores would make better log-likelihood
        ratios.

    Raises
    ------
    ValueError
        As :func:`cllr`.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    Brummer and du Preez, "Application-independent evaluation of speaker
    detection", Computer Speech and Language 20, 2006.

    Examples
    --------
    >>> from skvoicefake.metrics import calibration_loss
    >>> round(calibration_loss(["fake", "fake", "real", "real"], [-3.0, 1.0, -1.0, 3.0]), 3)
    0.482
    """
    return excess_llr_cost(read_sample(y_true, y_score, pos_label, sample_weight))


def llr_cost(sample: Sample) -> float:
    """Return the cost of the values as they are."""
    # Shares before products: the sum of huge scores would overflow where their mean does not.
    positives = sample.positives / sample.positives.sum() / (2 * np.log(2))
    negatives = sample.negatives / sample.negatives.sum() / (2 * np.log(2))
    with np.errstate(over="ignore"):  # What costs more than any number is infinite.
        return float(positives @ np.logaddexp(0, -sample.values) + negatives @ np.logaddexp(0, sample.values))


def least_llr_cost(sample: Sample) -> float:
    """Return the cost of the best rising map of the values."""
    # A bin of the map that holds the share p of the positives and n of the negatives has the likelihood ratio p / n,
    # and log2(1 + n / p) is a positive's cost there. xlogy: a bin without positives costs them nothing.
    false_alarms, misses = (rates[sample.hull] for rates in sample.rates)
    positives, negatives = np.diff(misses), -np.diff(false_alarms)
    both = positives + negatives
    cost = xlogy(positives, both) - xlogy(positives, positives) + xlogy(negatives, both) - xlogy(negatives, negatives)
    return float(np.sum(cost) / (2 * np.log(2)))


def excess_llr_cost(sample: Sample) -> float:
    """Return what the best rising map would save."""
    # Rounding must not make it negative.
    return max(0.0, llr_cost(sample) - least_llr_cost(sample))
