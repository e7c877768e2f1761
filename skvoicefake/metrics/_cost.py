"""What the errors of a detector cost where fakes are rare and one error costs more than the other."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, Options, validate_parameter_constraints

from skvoicefake.metrics._inputs import read_sample, real_is_positive
from skvoicefake.metrics._sample import Floats, Sample

_PRIOR = [Interval(Real, 0, 1, closed="neither")]
_SHARE = [Interval(Real, 0, 1, closed="both")]
_COST = [Interval(Real, 0, None, closed="neither")]


def min_detection_cost(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    p_spoof: float = 0.05,
    c_miss: float = 1,
    c_fa: float = 10,
    real_label: Any = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    return_threshold: bool = False,
) -> Any:
    """Compute the minimum detection cost (minDCF) of ASVspoof 5.

    The expected cost ``c_miss * (1 - p_spoof) * P_miss + c_fa * p_spoof *
    P_fa`` at the threshold where it is least, where ``P_miss`` is the share
    of real clips called fake and ``P_fa`` that of fakes called real, over the
    cost of the better of calling everything real and everything fake [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`.
    p_spoof : float, default=0.05
        The prior probability of a fake.
    c_miss : float, default=1
        The cost of calling a real clip fake.
    c_fa : float, default=10
        The cost of calling a fake real.
    real_label : label, default=None
        The label of the real voice; None reads it from the field's words
        (:func:`skvoicefake.labels.real_label`).
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.
    return_threshold : bool, default=False
        Return the threshold as well.

    Returns
    -------
    cost : float
        Between 0 (perfect) and 1 (no better than no detector).
    threshold : float
        The lowest score of least cost, where a clip that scores as much or
        more is called `pos_label`; infinity where nothing is to be. Only with
        ``return_threshold=True``.

    Raises
    ------
    ValueError
        If labels, scores or weights are out of order, as in
        :func:`equal_error_rate`, if a prior or cost is, or if the labels do
        not tell which is the real voice and `real_label` is not given.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Wang et al., "ASVspoof 5: Crowdsourced Speech Data, Deepfakes, and
       Adversarial Attacks at Scale", 2024, and ``compute_mindcf`` in
       https://github.com/asvspoof-challenge/asvspoof5,
       evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> from skvoicefake.metrics import min_detection_cost
    >>> min_detection_cost(["fake", "fake", "real", "real"], [-3.0, 1.0, -1.0, 3.0])
    0.5
    """
    check_costs("min_detection_cost", p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, return_threshold=return_threshold)
    sample = read_sample(y_true, y_score, pos_label, sample_weight)
    cost, threshold = least_detection_cost(sample, p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, real_label=real_label)
    return (cost, threshold) if return_threshold else cost


def actual_detection_cost(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    p_spoof: float = 0.05,
    c_miss: float = 1,
    c_fa: float = 10,
    real_label: Any = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    return_threshold: bool = False,
) -> Any:
    """Compute the actual detection cost (actDCF) of ASVspoof 5.

    The cost of :func:`min_detection_cost` at the threshold that prior and
    costs call for: a clip is called fake if its log-likelihood ratio of real
    to fake is below ``-ln(beta)``, with ``beta = c_miss * (1 - p_spoof) /
    (c_fa * p_spoof)`` [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Log-likelihood ratios (natural) of `pos_label` to the other class,
        such as ``LLRCalibrator.decision_function`` gives. Probabilities or
        scores of any other scale give a number without a meaning.
    p_spoof : float, default=0.05
        The prior probability of a fake.
    c_miss : float, default=1
        The cost of calling a real clip fake.
    c_fa : float, default=10
        The cost of calling a fake real.
    real_label : label, default=None
        The label of the real voice; None reads it from the field's words
        (:func:`skvoicefake.labels.real_label`).
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label, as in
        ``classes_[1]``.
    sample_weight : array-like of shape (n_clips,), default=None
        Weights of the clips, none negative, and some of each class positive.
    return_threshold : bool, default=False
        Return the threshold as well.

    Returns
    -------
    cost : float
        0 is perfect; above 1, calling everything real or everything fake
        would be cheaper. Never below :func:`min_detection_cost`.
    threshold : float
        On the scale of `y_score`: ``-ln(beta)`` if it rises towards the real
        voice, else ``ln(beta)``. Only with ``return_threshold=True``.

    Raises
    ------
    ValueError
        As :func:`min_detection_cost`.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Delgado et al., "ASVspoof 5 Evaluation Plan", 2024, and
       ``compute_actDCF`` in https://github.com/asvspoof-challenge/asvspoof5,
       evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> from skvoicefake.metrics import actual_detection_cost
    >>> actual_detection_cost(["fake", "fake", "real", "real"], [-3.0, 1.0, -1.0, 3.0])
    1.45
    """
    check_costs("actual_detection_cost", p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, return_threshold=return_threshold)
    sample = read_sample(y_true, y_score, pos_label, sample_weight)
    cost, threshold = bayes_detection_cost(sample, p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, real_label=real_label)
    return (cost, threshold) if return_threshold else cost


def least_detection_cost(
    sample: Sample, *, p_spoof: float = 0.05, c_miss: float = 1, c_fa: float = 10, real_label: Any = None
) -> tuple[float, float]:
    """Return the least cost over all thresholds, and the threshold."""
    of_misses, of_passes = _normalised(p_spoof, c_miss, c_fa)
    misses, passes = real_rates(sample, real_label)
    costs = of_misses * misses + of_passes * passes
    at = int(np.argmin(costs))
    return float(costs[at]), float(sample.thresholds[at])


def bayes_detection_cost(
    sample: Sample, *, p_spoof: float = 0.05, c_miss: float = 1, c_fa: float = 10, real_label: Any = None
) -> tuple[float, float]:
    """Return the cost at the threshold that the prior and the costs call for, and the threshold."""
    of_misses, of_passes = _normalised(p_spoof, c_miss, c_fa)
    threshold = -math.log(of_misses / of_passes)
    if real_is_positive(sample, real_label):
        is_called_real, real, fake = sample.values >= threshold, sample.positives, sample.negatives
    else:
        is_called_real, real, fake = -sample.values >= threshold, sample.negatives, sample.positives
        threshold = -threshold
    miss = np.sum(real[~is_called_real]) / np.sum(real)
    passed = np.sum(fake[is_called_real]) / np.sum(fake)
    return float(of_misses * miss + of_passes * passed), threshold


def real_rates(sample: Sample, real_label: Any) -> tuple[Floats, Floats]:
    """Return the shares of real clips called fake and of fakes called real, at each threshold."""
    false_alarms, misses = sample.rates
    return (misses, false_alarms) if real_is_positive(sample, real_label) else (false_alarms, misses)


def _normalised(p_spoof: float, c_miss: float, c_fa: float) -> tuple[float, float]:
    """Return what the miss and the false-alarm rate cost, in units of what no detector costs."""
    of_misses, of_passes = c_miss * (1 - p_spoof), c_fa * p_spoof
    least = min(of_misses, of_passes)
    if least == 0 or not max(of_misses, of_passes) / least < math.inf:
        raise ValueError(
            f"With p_spoof={p_spoof}, c_miss={c_miss} and c_fa={c_fa}, one error costs too little beside the other to"
            f" be counted. Bring them nearer to each other."
        )
    return of_misses / least, of_passes / least


def check_costs(caller: str, **params: Any) -> None:
    """Check parameters that cost functions share."""
    constraints: Mapping[str, list[Any]] = {
        "version": [Options(Integral, {2019, 2021})],
        "p_target": _SHARE,
        "p_nontarget": _SHARE,
        "p_spoof": _PRIOR,
        "c_miss": _COST,
        "c_fa": _COST,
        "return_threshold": ["boolean"],
    }
    validate_parameter_constraints({name: constraints[name] for name in params}, params, caller)
