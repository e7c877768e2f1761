"""What a detector leaves of the costs of the speaker verification that it guards."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skvoicefake._warn import warn
from skvoicefake.metrics._cost import check_costs, real_rates
from skvoicefake.metrics._inputs import (
    UpsideDownWarning,
    check_clips,
    check_finite,
    check_numbers,
    is_upside_down,
    read_sample,
)
from skvoicefake.metrics._ranking import equal_errors
from skvoicefake.metrics._sample import Sample


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
    check_costs(
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
        if not len(values):
            raise ValueError(f"{name} should hold finite scores, got none.")
        check_finite(values, name, "Drop these trials.")
    # In the published order, the right speakers stand for real clips and others for fakes.
    is_target = np.repeat([1, 0], [len(target), len(nontarget)])
    sample = check_clips(is_target, np.append(target, nontarget), None, None).sample()
    if is_upside_down(sample):
        warn(
            "The targets score lower than the nontargets (the equal error rate is above 0.5). Turn the sign of all"
            " scores if they are distances.",
            UpsideDownWarning,
        )
    _, threshold = equal_errors(sample, "asvspoof", real_label=1)
    return ASVErrorRates(
        *(float(np.mean(condition)) for condition in (nontarget >= threshold, target < threshold, spoof >= threshold))
    )


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
    misses, passes = real_rates(sample, real_label)
    costs = c0 + c1 * misses + c2 * passes
    at = int(np.argmin(costs))
    return float(costs[at] / (c0 + min(c1, c2))), float(sample.thresholds[at])
