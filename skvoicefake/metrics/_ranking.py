"""Figures that depend on the order of scores alone."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import StrOptions, validate_parameter_constraints

from skvoicefake.metrics._inputs import read_sample, real_is_positive
from skvoicefake.metrics._sample import Floats, Sample, crossing


def equal_error_rate(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    method: str = "linear",
    real_label: Any = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    return_threshold: bool = False,
) -> Any:
    """Compute the equal error rate (EER).

    The rate at the threshold where as large a share of the negative class
    passes as of the positive class is missed. It changes neither if classes
    and sign are swapped, nor under any strictly increasing map of the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`, such as ``decision_function(X)``
        or ``predict_proba(X)[:, 1]``.
    method : {"linear", "rocch", "asvspoof"}, default="linear"
        What to do where no threshold makes both rates equal:

        - "linear": both rates are taken to be linear between two thresholds.
        - "rocch": the same on the convex hull of the receiver operating
          characteristic [1]_: what is left with the best thresholds, chosen
          at random between two of them. Never above "linear" nor 0.5.
        - "asvspoof": as the published evaluation code of the ASVspoof
          challenges computes it [2]_: the mean of both rates at the clip
          where they are nearest. Of tied clips, real ones are taken to score
          lower: if all scores are the same, the rate is 1. Weights have to be
          whole numbers.
    real_label : label, default=None
        The label of the real voice, for ``method="asvspoof"`` alone; None
        reads it from the field's words (:func:`skvoicefake.labels.real_label`).
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.
    return_threshold : bool, default=False
        Return the threshold as well.

    Returns
    -------
    eer : float
        Between 0 (perfect) and 1 (perfect upside down); 0.5 is chance.
    threshold : float
        The score at which both rates are nearest, where a clip that scores as
        much or more is called `pos_label`. With ``method="asvspoof"``, the
        published threshold: there the clip at the threshold counts as
        called fake. Only with ``return_threshold=True``.

    Raises
    ------
    ValueError
        If `y_true` holds NaN or None, or not two classes, if `pos_label` is
        none of them, if a score is NaN or infinite, if weights are NaN,
        infinite, negative, or all zero for a class, or if
        ``method="asvspoof"`` cannot tell which label is the real voice.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Brummer and de Villiers, "The BOSARIS Toolkit: Theory, Algorithms
       and Code for Surviving the New DCF", 2011.
    .. [2] ``compute_eer`` in https://github.com/asvspoof-challenge/asvspoof5,
       evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> from skvoicefake.metrics import equal_error_rate
    >>> equal_error_rate(["fake", "fake", "real", "real"], [0.1, 0.6, 0.4, 0.9])
    0.5
    >>> equal_error_rate(["fake", "fake", "real", "real"], [0.1, 0.2, 0.4, 0.9], return_threshold=True)
    (0.0, 0.4)
    """
    validate_parameter_constraints(
        {"method": [StrOptions({"linear", "rocch", "asvspoof"})], "return_threshold": ["boolean"]},
        {"method": method, "return_threshold": return_threshold},
        "equal_error_rate",
    )
    eer, threshold = equal_errors(read_sample(y_true, y_score, pos_label, sample_weight), method, real_label)
    return (eer, threshold) if return_threshold else eer


def det_curve(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, sample_weight: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Compute both error rates at every threshold, for a detection error tradeoff (DET) curve.

    Unlike :func:`sklearn.metrics.det_curve`, the curve is whole: it starts
    where everything is called `pos_label` and ends where nothing is.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.

    Returns
    -------
    false_alarm_rates : ndarray of shape (n_thresholds,)
        Share of the other class that is called `pos_label`: falls from 1 to 0.
    miss_rates : ndarray of shape (n_thresholds,)
        Share of `pos_label` that is not called so: rises from 0 to 1.
    thresholds : ndarray of shape (n_thresholds,)
        The distinct scores, ascending, and infinity. A clip that scores as
        much or more is called `pos_label`.

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
    Martin et al., "The DET curve in assessment of detection task
    performance", Eurospeech 1997.

    Examples
    --------
    >>> from skvoicefake.metrics import det_curve
    >>> false_alarms, misses, thresholds = det_curve(["fake", "fake", "real", "real"], [0.1, 0.6, 0.4, 0.9])
    >>> false_alarms.tolist()
    [1.0, 0.5, 0.5, 0.0, 0.0]
    >>> misses.tolist()
    [0.0, 0.0, 0.5, 0.5, 1.0]
    >>> thresholds.tolist()
    [0.1, 0.4, 0.6, 0.9, inf]
    """
    sample = read_sample(y_true, y_score, pos_label, sample_weight)
    return *sample.rates, sample.thresholds


def equal_errors(sample: Sample, method: str = "linear", real_label: Any = None) -> tuple[float, float]:
    """Return the equal error rate and its threshold."""
    if method == "asvspoof":
        return _published_equal_errors(sample, real_is_positive(sample, real_label))
    if method == "linear":
        eer, at = sample.crossing
    else:
        false_alarms, misses = (rates[sample.hull] for rates in sample.rates)
        eer, corner = crossing(false_alarms, misses)
        at = sample.hull[corner]
    return eer, float(sample.thresholds[at])


def _published_equal_errors(sample: Sample, rising: bool) -> tuple[float, float]:
    """Walk clip by clip, from the most fake up: real ones first where scores are tied."""
    if rising:
        values, real, fake = sample.values, sample.positives, sample.negatives
    else:
        values, real, fake = -sample.values[::-1], sample.negatives[::-1], sample.positives[::-1]
    runs = np.column_stack([real, fake]).ravel()
    counts = runs.astype(np.intp)
    if (counts != runs).any():
        raise ValueError("method='asvspoof' goes clip by clip and takes whole numbers as sample_weight only.")
    is_real = np.repeat(np.arange(len(counts)) % 2 == 0, counts)
    frr = np.append(0.0, np.cumsum(is_real) / is_real.sum())
    far = np.append(1.0, (np.cumsum(~is_real)[-1] - np.cumsum(~is_real)) / np.count_nonzero(~is_real))
    at = int(np.argmin(np.abs(frr - far)))
    threshold = values[np.searchsorted(np.cumsum(real + fake), at)] if at else values[0] - 0.001
    return float((frr[at] + far[at]) / 2), float(threshold if rising else -threshold)


def area_under_roc(sample: Sample) -> float:
    """Return the probability that a positive clip scores higher than a negative one, ties counted half."""
    below = np.cumsum(sample.negatives) - sample.negatives / 2
    return float(sample.positives @ below / (sample.positives.sum() * sample.negatives.sum()))
