"""What the errors of a detector cost where fakes are rare and one error costs more than the other."""

import math
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, Options, validate_parameter_constraints

from skvoicefake.metrics._inputs import (
    UpsideDownWarning,
    check_clips,
    check_numbers,
    is_upside_down,
    read_sample,
    real_is_positive,
)
from skvoicefake.metrics._ranking import equal_errors
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
    _check_costs("min_detection_cost", p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, return_threshold=return_threshold)
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
    _check_costs("actual_detection_cost", p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, return_threshold=return_threshold)
    sample = read_sample(y_true, y_score, pos_label, sample_weight)
    cost, threshold = bayes_detection_cost(sample, p_spoof=p_spoof, c_miss=c_miss, c_fa=c_fa, real_label=real_label)
    return (cost, threshold) if return_threshold else cost


def min_tandem_cost(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    asv_rates: tuple[float, float, float],
    version: int = 2019,
    p_target: float = 0.9405,
    p_nontarget: float = 0.0095,
    p_spoof: float = 0.05,
    c_miss: float = 1,
    c_fa: float = 10,
    real_label: Any = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    return_threshold: bool = False,
) -> Any:
    """Compute the minimum tandem detection cost (min t-DCF) of ASVspoof 2019 or 2021.

    What a detector in front of a system of automatic speaker verification
    (ASV) leaves of the costs of both, at the best threshold of the detector.
    The threshold of the ASV is fixed, and so are its error rates [1]_ [2]_.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`.
    asv_rates : tuple of three floats
        The ASV's error rates ``(p_fa, p_miss, p_fa_spoof)``, between 0 and 1:
        the shares of other speakers let in, of the right speaker kept out and
        of fakes let in. :func:`asv_error_rates` gets them from its scores.
    version : {2019, 2021}, default=2019
        2019 leaves out the cost of the ASV's own errors and divides by what
        is left without a detector; 2021 counts them.
    p_target : float, default=0.9405
        The prior probability of the right speaker.
    p_nontarget : float, default=0.0095
        The prior probability of another speaker.
    p_spoof : float, default=0.05
        The prior probability of a fake. The three make 1.
    c_miss : float, default=1
        The cost of keeping the right speaker out, by either system.
    c_fa : float, default=10
        The cost of letting in another speaker or a fake.
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
        At most 1, as without a detector. The least is 0 for 2019, and for
        2021 the cost of the ASV's own errors.
    threshold : float
        As in :func:`min_detection_cost`. Only with ``return_threshold=True``.

    Raises
    ------
    ValueError
        As :func:`min_detection_cost`, or if the ASV is so bad that a miss of
        the detector would cost less than nothing, or so good that nothing is
        left to gain.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    References
    ----------
    .. [1] Kinnunen et al., "t-DCF: a Detection Cost Function for the Tandem
       Assessment of Spoofing Countermeasures and Automatic Speaker
       Verification", Odyssey 2018, as in the evaluation plan of ASVspoof 2019.
    .. [2] Kinnunen et al., "Tandem Assessment of Spoofing Countermeasures and
       Automatic Speaker Verification: Fundamentals", IEEE/ACM TASLP 28, 2020,
       and eval-package/eval_metrics.py in
       https://github.com/asvspoof-challenge/2021.

    Examples
    --------
    >>> from skvoicefake.metrics import min_tandem_cost
    >>> scores = [-3.0, 1.0, -1.0, 3.0]
    >>> min_tandem_cost(["fake", "fake", "real", "real"], scores, asv_rates=(0.05, 0.05, 0.5))
    0.5
    """
    _check_costs(
        "min_tandem_cost",
        version=version,
        p_target=p_target,
        p_nontarget=p_nontarget,
        p_spoof=p_spoof,
        c_miss=c_miss,
        c_fa=c_fa,
        return_threshold=return_threshold,
    )
    sample = read_sample(y_true, y_score, pos_label, sample_weight)
    cost, threshold = least_tandem_cost(
        sample,
        asv_rates=asv_rates,
        version=version,
        p_target=p_target,
        p_nontarget=p_nontarget,
        p_spoof=p_spoof,
        c_miss=c_miss,
        c_fa=c_fa,
        real_label=real_label,
    )
    return (cost, threshold) if return_threshold else cost


class ASVErrorRates(NamedTuple):
    """Error rates of a system of speaker verification, between 0 and 1."""

    p_fa: float
    p_miss: float
    p_fa_spoof: float


def asv_error_rates(target_scores: ArrayLike, nontarget_scores: ArrayLike, spoof_scores: ArrayLike) -> ASVErrorRates:
    """Compute the error rates of a system of speaker verification (ASV) at its equal error rate.

    The threshold is that of the published ``compute_eer``, of the right
    speakers against others; a clip that scores as much or more is let in [1]_.

    Parameters
    ----------
    target_scores : array-like of shape (n_targets,)
        The ASV's scores of clips of the right speaker.
    nontarget_scores : array-like of shape (n_nontargets,)
        The ASV's scores of clips of other speakers.
    spoof_scores : array-like of shape (n_spoofs,)
        The ASV's scores of fakes.

    Returns
    -------
    rates : ASVErrorRates
        Named tuple ``(p_fa, p_miss, p_fa_spoof)``: the shares of other
        speakers let in, of the right speaker kept out and of fakes let in.

    Raises
    ------
    ValueError
        If there are no scores of a kind, or some are NaN or infinite.

    Warns
    -----
    UpsideDownWarning
        If targets score lower than nontargets.

    References
    ----------
    .. [1] ``obtain_asv_error_rates`` in
       https://github.com/asvspoof-challenge/asvspoof5,
       evaluation-package/calculate_modules.py.

    Examples
    --------
    >>> from skvoicefake.metrics import asv_error_rates
    >>> asv_error_rates([2.0, 3.0, 4.0, 5.0], [0.0, 1.0, 1.5, 2.5], [1.0, 3.0])
    ASVErrorRates(p_fa=0.25, p_miss=0.0, p_fa_spoof=0.5)
    """
    scores = {"target_scores": target_scores, "nontarget_scores": nontarget_scores, "spoof_scores": spoof_scores}
    target, nontarget, spoof = (check_numbers(values, name) for name, values in scores.items())
    for name, values in zip(scores, (target, nontarget, spoof), strict=True):
        if not (len(values) and np.isfinite(values).all()):
            raise ValueError(f"{name} should hold finite scores, got {len(values)}, NaN or infinite among them.")
    # In the published order, the right speakers stand for real clips and others for fakes.
    is_target = np.repeat([1, 0], [len(target), len(nontarget)])
    sample = check_clips(is_target, np.append(target, nontarget), None, None).sample()
    if is_upside_down(sample):
        warnings.warn(
            "The targets score lower than the nontargets (the equal error rate is above 0.5). Turn the sign of all"
            " scores if they are distances.",
            UpsideDownWarning,
            stacklevel=2,
        )
    _, threshold = equal_errors(sample, "asvspoof", real_label=1)
    return ASVErrorRates(
        *(float(np.mean(condition)) for condition in (nontarget >= threshold, target < threshold, spoof >= threshold))
    )


def least_detection_cost(
    sample: Sample, *, p_spoof: float = 0.05, c_miss: float = 1, c_fa: float = 10, real_label: Any = None
) -> tuple[float, float]:
    """Return the least cost over all thresholds, and the threshold."""
    of_misses, of_passes = _normalised(p_spoof, c_miss, c_fa)
    misses, passes = _real_rates(sample, real_label)
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


def least_tandem_cost(
    sample: Sample,
    *,
    asv_rates: Sequence[float],
    version: int = 2019,
    p_target: float = 0.9405,
    p_nontarget: float = 0.0095,
    p_spoof: float = 0.05,
    c_miss: float = 1,
    c_fa: float = 10,
    real_label: Any = None,
) -> tuple[float, float]:
    """Return the least tandem cost over all thresholds, and the threshold."""
    try:
        p_fa, p_miss, p_fa_spoof = (float(rate) for rate in asv_rates)
        are_shares = all(0 <= rate <= 1 for rate in (p_fa, p_miss, p_fa_spoof))
    except (TypeError, ValueError):
        are_shares = False
    if not are_shares:
        raise ValueError(f"asv_rates should be (p_fa, p_miss, p_fa_spoof), each between 0 and 1, got {asv_rates!r}.")
    if abs(p_target + p_nontarget + p_spoof - 1) > 1e-10:
        raise ValueError(
            f"p_target, p_nontarget and p_spoof should make 1, got {p_target} + {p_nontarget} + {p_spoof}"
            f" = {p_target + p_nontarget + p_spoof:.6g}."
        )
    # The letters of the papers: c0 is the cost of the ASV's own errors, c1 and c2 weigh the detector's.
    c0 = p_target * c_miss * p_miss + p_nontarget * c_fa * p_fa
    c1 = p_target * c_miss - c0
    c2 = p_spoof * c_fa * p_fa_spoof
    if version == 2019:
        c0 = 0.0
    if c1 < 0:
        raise ValueError(
            f"With asv_rates p_fa={p_fa:.4g} and p_miss={p_miss:.4g}, the ASV's own errors cost more than turning all"
            f" away, and a tandem cost has no meaning. Check the rates and the sign of the ASV's scores."
        )
    if c0 + min(c1, c2) == 0:
        raise ValueError(
            f"With asv_rates p_fa={p_fa:.4g}, p_miss={p_miss:.4g} and p_fa_spoof={p_fa_spoof:.4g}, there is no cost"
            f" that a detector could lower, and none to divide by. Check the rates."
        )
    misses, passes = _real_rates(sample, real_label)
    costs = c0 + c1 * misses + c2 * passes
    at = int(np.argmin(costs))
    return float(costs[at] / (c0 + min(c1, c2))), float(sample.thresholds[at])


def _real_rates(sample: Sample, real_label: Any) -> tuple[Floats, Floats]:
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


def _check_costs(caller: str, **params: Any) -> None:
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
