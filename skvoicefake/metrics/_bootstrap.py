"""How far a figure would move with other clips, or other speakers: intervals by resampling."""

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake.metrics._calibration import (
    calibration_loss,
    cllr,
    excess_llr_cost,
    least_llr_cost,
    llr_cost,
    min_cllr,
)
from skvoicefake.metrics._cost import (
    actual_detection_cost,
    bayes_detection_cost,
    least_detection_cost,
    min_detection_cost,
)
from skvoicefake.metrics._inputs import Clips, UpsideDownWarning, check_clips, check_groups, warn_if_upside_down
from skvoicefake.metrics._ranking import area_under_roc, equal_error_rate, equal_errors
from skvoicefake.metrics._sample import Floats, Sample
from skvoicefake.metrics._tandem import least_tandem_cost, min_tandem_cost

Metric = Callable[..., Any]
FEWEST = 5  # clips or groups of a class that a report draws intervals from

# What these metrics do with a sample that is checked, sorted and counted already: a resample only counts anew.
_KERNELS: dict[Metric, Callable[..., Any]] = {
    equal_error_rate: equal_errors,
    min_detection_cost: least_detection_cost,
    actual_detection_cost: bayes_detection_cost,
    min_tandem_cost: least_tandem_cost,
    cllr: llr_cost,
    min_cllr: least_llr_cost,
    calibration_loss: excess_llr_cost,
    roc_auc_score: area_under_roc,
}


class ConfidenceInterval(NamedTuple):
    """The ends of a confidence interval."""

    low: float
    high: float


def confidence_interval(
    metric: Metric,
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = None,
    **metric_params: Any,
) -> ConfidenceInterval:
    """Compute a confidence interval of a metric by the percentile bootstrap.

    The metric is computed on resamples of the clips, drawn with replacement
    [1]_; the interval holds the middle share of its values. Clips of one
    speaker, recording or generator are alike, so an interval over clips is
    too narrow for what other speakers would give: pass them as `groups`.

    Parameters
    ----------
    metric : callable
        One of this module, or any ``metric(y_true, y_score)`` that returns a
        number. One that takes `sample_weight` gets how often each clip was
        drawn as weights; any other gets the drawn clips. The metrics of this
        module and :func:`sklearn.metrics.roc_auc_score` are quick.
    y_true : array-like of shape (n_clips,)
        Labels of two classes.
    y_score : array-like of shape (n_clips,)
        Scores that rise towards `pos_label`.
    groups : array-like of shape (n_clips,), default=None
        The speaker, recording or generator of each clip: whole groups are
        drawn. A draw that lacks a class is drawn again. None draws clips,
        as many of each class as there are.
    n_resamples : int, default=1000
        How many resamples.
    confidence_level : float, default=0.95
        The share of resamples that the interval holds.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same interval at every call.
    **metric_params
        Parameters of the metric, such as `pos_label`. A `sample_weight` is
        drawn along with the clips.

    Returns
    -------
    interval : ConfidenceInterval
        Named tuple ``(low, high)``.

    Raises
    ------
    ValueError
        If the metric raises one, if there are fewer than two groups, or if
        most draws of groups lack a class.

    Warns
    -----
    UpsideDownWarning
        If the scores tell the classes apart better upside down.

    Notes
    -----
    An interval of resamples knows the clips at hand alone. Where the
    detector made no error on them, it is ``(0, 0)`` however few they are. Few
    groups make it too narrow. :func:`min_cllr`, :func:`calibration_loss` and
    ``method="rocch"`` fit a map to every resample, and lean to a better
    ranking than new clips would show.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.metrics import confidence_interval, equal_error_rate
    >>> rng = np.random.default_rng(0)
    >>> y_true = np.repeat(["fake", "real"], 100)
    >>> y_score = rng.normal(size=200) + 2 * (y_true == "real")
    >>> round(equal_error_rate(y_true, y_score), 2)
    0.19
    >>> low, high = confidence_interval(equal_error_rate, y_true, y_score, random_state=0)
    >>> round(low, 2), round(high, 2)
    (0.13, 0.25)
    """
    constraints: dict[str, list[Any]] = {
        "metric": [callable],
        "n_resamples": [Interval(Integral, 1, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    }
    given = (metric, n_resamples, confidence_level, random_state)
    validate_parameter_constraints(constraints, dict(zip(constraints, given, strict=True)), "confidence_interval")
    metric, params = _unwrapped(metric)
    params |= metric_params
    if params.get("return_threshold"):
        raise ValueError("An interval is of one number: leave return_threshold out.")
    pos_label, sample_weight = params.get("pos_label"), params.get("sample_weight")
    labels = y_true
    if metric is roc_auc_score and "pos_label" in params:
        # It has no such parameter, and takes the greater label for it.
        labels = check_clips(y_true, y_score, params.pop("pos_label"), sample_weight).is_positive
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UpsideDownWarning)
        metric(labels, y_score, **params)  # Tells what is wrong before anything is drawn.
    params.pop("sample_weight", None)
    if metric in _KERNELS:
        params.pop("pos_label", None)
    warn_if_upside_down(check_clips(y_true, y_score, pos_label, sample_weight).sample())
    return intervals(
        {"metric": partial(metric, **params)},
        labels,
        y_score,
        groups=groups,
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
        pos_label=pos_label if labels is y_true else True,
        sample_weight=sample_weight,
    )["metric"]


def intervals(
    metrics: Mapping[str, Metric],
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
) -> dict[str, ConfidenceInterval]:
    """Return a confidence interval of each metric, all over the same resamples.

    Parameters of a metric come in a `functools.partial`, all but `pos_label`
    and `sample_weight`. Nothing is said of scores that are upside down.
    """
    clips = check_clips(y_true, y_score, pos_label, sample_weight)
    whole = clips.sample()
    ids = np.searchsorted(whole.values, clips.scores)
    ids = np.minimum(ids, len(whole.values) - 1)  # A clip without weight may lie above all others: it counts nothing.
    positive, negative = np.flatnonzero(clips.is_positive), np.flatnonzero(~clips.is_positive)
    figures = {name: _figure_of(metric, y_true, clips) for name, metric in metrics.items()}
    values: dict[str, list[float]] = {name: [] for name in metrics}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UpsideDownWarning)
        for counts in _draws(clips, groups, n_resamples, random_state):
            weights = counts if clips.weights is None else counts * clips.weights
            resample = Sample(
                whole.values,
                np.bincount(ids[positive], weights[positive], minlength=len(whole.values)),
                np.bincount(ids[negative], weights[negative], minlength=len(whole.values)),
                whole.classes,
            )
            for name, figure in figures.items():
                values[name].append(figure(resample, counts))
    tails = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    return {name: ConfidenceInterval(*np.quantile(found, tails).tolist()) for name, found in values.items()}


def _draws(clips: Clips, groups: ArrayLike | None, n_resamples: int, random_state: Any) -> Iterator[Floats]:
    """Yield how often each clip is drawn, in draws that hold both classes."""
    rng = check_random_state(random_state)
    is_positive, n_clips = clips.is_positive, len(clips.scores)
    if groups is None:
        # The class of the first clip first: the same draws whichever class scores rise towards.
        is_of_first = is_positive == is_positive[0]
        pools = [np.flatnonzero(is_of_first), np.flatnonzero(~is_of_first)]
    else:
        codes = check_groups(groups, n_clips)
        pools = [np.unique(codes)]
        if len(pools[0]) < 2:
            raise ValueError(
                "groups should hold two groups or more to draw from, and all clips are of one. Pass groups that part"
                " the clips, or none, to draw clips."
            )
    n_kept = n_dropped = 0
    while n_kept < n_resamples:
        counts = np.zeros(n_clips if groups is None else len(pools[0]))
        for pool in pools:
            counts[pool] = np.bincount(rng.randint(0, len(pool), len(pool)), minlength=len(pool))
        if groups is not None:
            counts = counts[codes]
        weights = counts if clips.weights is None else counts * clips.weights
        if weights[is_positive].any() and weights[~is_positive].any():
            n_kept += 1
            yield counts
        else:
            n_dropped += 1
            if n_dropped > max(n_resamples, 20):
                raise ValueError(
                    "Most draws of groups hold one class only, and a figure needs two: too few groups hold clips of"
                    " one of the classes. Pass groups that mix the classes, or none, to draw clips."
                )


def _figure_of(metric: Metric, y_true: ArrayLike, clips: Clips) -> Callable[[Sample, Floats], float]:
    """Return a function of a resample and of how often it holds each clip."""
    function, params = _unwrapped(metric)
    kernel = _KERNELS.get(function)
    if "sample_weight" in params:
        raise ValueError("Pass sample_weight beside the metric, not in it, so that weights are drawn with their clips.")
    # What remains of roc_auc_score's parameters, and a class of their own, are for the metrics themselves.
    if kernel is not None and "pos_label" not in params and not (function is roc_auc_score and params):
        given = {name: value for name, value in params.items() if name != "return_threshold"}

        def known(resample: Sample, counts: Floats) -> float:
            value = kernel(resample, **given)
            return value[0] if isinstance(value, tuple) else value

        return known

    labels = np.asarray(y_true).ravel()
    takes_weights = _takes_weights(metric)
    if clips.weights is not None and not takes_weights:
        raise ValueError("The metric takes no sample_weight. Leave it out, or pass a metric that does.")

    def unknown(resample: Sample, counts: Floats) -> float:
        if takes_weights:
            weights = counts if clips.weights is None else counts * clips.weights
            value = metric(labels, clips.scores, sample_weight=weights)
        else:
            drawn = np.repeat(np.arange(len(counts)), counts.astype(int))
            value = metric(labels[drawn], clips.scores[drawn])
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(f"A metric should return one number, got {value!r}.") from None

    return unknown


def _unwrapped(metric: Metric) -> tuple[Metric, dict[str, Any]]:
    """Return a metric and the parameters that a partial gives it."""
    if isinstance(metric, partial) and not metric.args:
        return metric.func, dict(metric.keywords)
    return metric, {}


def _takes_weights(metric: Metric) -> bool:
    try:
        return "sample_weight" in inspect.signature(metric).parameters
    except ValueError:  # Some functions written in C do not tell.
        return False
