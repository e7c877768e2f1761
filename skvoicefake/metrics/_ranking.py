"""Figures that depend on the order of scores alone."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_curve
from sklearn.utils._missing import is_pandas_na
from sklearn.utils.validation import check_consistent_length, column_or_1d


def equal_error_rate(
    y_true: ArrayLike, y_score: ArrayLike, *, pos_label: Any = None, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the equal error rate (EER).

    The rate at the threshold where as large a share of the negative class
    passes as of the positive class is missed [1]_; between two thresholds
    both rates are taken to be linear. It does not change if classes and sign
    are swapped, nor under any strictly increasing map of the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`, such as ``decision_function(X)``
        or ``predict_proba(X)[:, 1]``.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.

    Returns
    -------
    eer : float
        Between 0 (perfect) and 1 (perfect upside down); 0.5 is chance.

    Raises
    ------
    ValueError
        If `y_true` holds NaN or None, or not two classes, if `pos_label` is
        none of them, if a score is NaN or infinite, or if weights are NaN,
        infinite, negative, or all zero for a class.

    References
    ----------
    .. [1] Brummer and de Villiers, "The BOSARIS Toolkit: Theory, Algorithms
       and Code for Surviving the New DCF", 2011.

    Examples
    --------
    >>> from skvoicefake.metrics import equal_error_rate
    >>> equal_error_rate(["fake", "fake", "real", "real"], [0.1, 0.6, 0.4, 0.9])
    0.5
    """
    labels = column_or_1d(y_true)
    scores = column_or_1d(np.asarray(y_score, dtype=np.float64))
    check_consistent_length(labels, scores)
    if n_missing := sum(label is None or is_pandas_na(label) or label != label for label in labels.tolist()):
        raise ValueError(f"y_true holds {n_missing} labels that are NaN or None. Drop these clips.")
    classes = np.unique(labels)
    if len(classes) != 2:
        raise ValueError(f"The equal error rate needs two classes, y_true has {len(classes)}: {classes[:5].tolist()}.")
    if pos_label is None:
        pos_label = classes[1]
    elif pos_label not in classes:
        raise ValueError(f"pos_label={pos_label!r} is none of the labels in y_true, {classes.tolist()}.")
    if not np.isfinite(scores).all():
        raise ValueError(f"y_score holds {np.count_nonzero(~np.isfinite(scores))} scores that are NaN or infinite.")
    is_positive = labels == pos_label
    if sample_weight is not None:
        weights = column_or_1d(np.asarray(sample_weight, dtype=np.float64))
        check_consistent_length(labels, weights)
        if not (np.isfinite(weights).all() and weights.min() >= 0):
            raise ValueError("sample_weight holds weights that are NaN, infinite or negative.")
        if not (weights[is_positive].any() and weights[~is_positive].any()):
            raise ValueError("sample_weight gives all clips of one class a weight of zero.")
    false_alarms, hits, _ = roc_curve(is_positive, scores, sample_weight=sample_weight, drop_intermediate=False)
    gap = 1 - hits - false_alarms  # Falls from 1 to -1 as the threshold falls.
    after = int(np.argmax(gap <= 0))
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(false_alarms[after - 1] + share * (false_alarms[after] - false_alarms[after - 1]))
