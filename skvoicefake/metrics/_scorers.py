"""The figures as scorers: for ``scoring=`` in a search or a cross-validation."""

from collections.abc import Callable
from copy import deepcopy
from difflib import get_close_matches
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import get_scorer as get_sklearn_scorer
from sklearn.metrics import get_scorer_names as get_sklearn_scorer_names
from sklearn.metrics import make_scorer
from sklearn.metrics._scorer import _Scorer

from skvoicefake.metrics._calibration import calibration_loss, cllr, min_cllr
from skvoicefake.metrics._cost import actual_detection_cost, min_detection_cost
from skvoicefake.metrics._inputs import Clips, check_clips, check_groups, log_odds, warn_if_upside_down
from skvoicefake.metrics._ranking import equal_error_rate, equal_errors
from skvoicefake.metrics._tandem import min_tandem_cost


class _LLRScorer(_Scorer):
    """Scorer of log-likelihood ratios: makes log odds of probabilities, as decision functions are."""

    def _score(self, method_caller: Callable[..., Any], estimator: Any, X: Any, y_true: Any, **kwargs: Any) -> float:
        def odds(*args: Any, **options: Any) -> Any:
            return log_odds(method_caller(*args, **options))

        caller = method_caller if hasattr(estimator, "decision_function") else odds
        score: float = super()._score(caller, estimator, X, y_true, **kwargs)
        return score


def _group_errors(
    y_true: ArrayLike, y_score: ArrayLike, groups: ArrayLike | None, pos_label: Any, sample_weight: ArrayLike | None
) -> list[float]:
    """Return the equal error rate of each group; one that lacks a class is judged against all clips of that class."""
    if groups is None:
        raise ValueError(
            "This scorer needs the group of each clip, and got none. Switch on"
            " sklearn.set_config(enable_metadata_routing=True), request them by"
            " scorer.set_score_request(groups=True), and pass them: cross_validate(..., params={'groups': groups}) or"
            " GridSearchCV.fit(X, y, groups=groups)."
        )
    clips = check_clips(y_true, y_score, pos_label, sample_weight)
    warn_if_upside_down(clips.sample())
    codes = check_groups(groups, len(clips.scores))
    weights = np.ones(len(codes)) if clips.weights is None else clips.weights
    errors = []
    for code in np.unique(codes[weights > 0]):
        chosen = (codes == code) & (weights > 0)
        for of_class in (clips.is_positive, ~clips.is_positive):
            if not (chosen & of_class).any():
                chosen = chosen | of_class
        part = Clips(clips.is_positive[chosen], clips.scores[chosen], weights[chosen], clips.classes)
        errors.append(equal_errors(part.sample())[0])
    return errors


def worst_group_equal_error_rate(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Compute the equal error rate of the group where it is highest."""
    return max(_group_errors(y_true, y_score, groups, pos_label, sample_weight))


def mean_group_equal_error_rate(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Compute the mean over groups of their equal error rates."""
    return float(np.mean(_group_errors(y_true, y_score, groups, pos_label, sample_weight)))


_RESPONSES = ("decision_function", "predict_proba")
_SCORERS: dict[str, Any] = {
    "neg_equal_error_rate": make_scorer(equal_error_rate, greater_is_better=False, response_method=_RESPONSES),
    "neg_min_detection_cost": make_scorer(min_detection_cost, greater_is_better=False, response_method=_RESPONSES),
    "neg_actual_detection_cost": _LLRScorer(actual_detection_cost, -1, {}, _RESPONSES),
    "neg_min_tandem_cost": make_scorer(min_tandem_cost, greater_is_better=False, response_method=_RESPONSES),
    "neg_cllr": _LLRScorer(cllr, -1, {}, _RESPONSES),
    "neg_min_cllr": make_scorer(min_cllr, greater_is_better=False, response_method=_RESPONSES),
    "neg_calibration_loss": _LLRScorer(calibration_loss, -1, {}, _RESPONSES),
    "neg_worst_group_equal_error_rate": make_scorer(
        worst_group_equal_error_rate, greater_is_better=False, response_method=_RESPONSES
    ),
    "neg_mean_group_equal_error_rate": make_scorer(
        mean_group_equal_error_rate, greater_is_better=False, response_method=_RESPONSES
    ),
}
# What a scorer hands its metric itself, or cannot make use of.
_NOT_TAKEN = {"y_true", "y_score", "pos_label", "return_threshold"}
neg_equal_error_rate = _SCORERS["neg_equal_error_rate"]
neg_min_detection_cost = _SCORERS["neg_min_detection_cost"]
neg_actual_detection_cost = _SCORERS["neg_actual_detection_cost"]
neg_cllr = _SCORERS["neg_cllr"]
neg_min_cllr = _SCORERS["neg_min_cllr"]
neg_calibration_loss = _SCORERS["neg_calibration_loss"]
neg_worst_group_equal_error_rate = _SCORERS["neg_worst_group_equal_error_rate"]
neg_mean_group_equal_error_rate = _SCORERS["neg_mean_group_equal_error_rate"]


def get_scorer_names() -> list[str]:
    """List the names of this module's scorers.

    Returns
    -------
    names : list of str
        Names that :func:`get_scorer` knows beside scikit-learn's. They begin
        with ``neg_``: scikit-learn takes more for better, and these figures are
        better the less they are. "neg_min_tandem_cost" needs the parameter
        `asv_rates`.

    Examples
    --------
    >>> from skvoicefake.metrics import get_scorer_names
    >>> get_scorer_names()[:2]
    ['neg_actual_detection_cost', 'neg_calibration_loss']
    """
    return sorted(_SCORERS)


def get_scorer(scoring: str | Callable[..., Any], **metric_params: Any) -> Any:
    """Get a scorer by its name, one of this module's or of scikit-learn's.

    The scorers take ``decision_function`` of a classifier, or else
    ``predict_proba``. "neg_cllr", "neg_calibration_loss" and
    "neg_actual_detection_cost" judge the decision function as log-likelihood
    ratios, and of a classifier without one the log odds of its probabilities. Unless the classes were alike in
    number in training, these hold the training prior: let
    :class:`skvoicefake.calibration.LLRCalibrator` take it out.

    Parameters
    ----------
    scoring : str or callable
        A name of :func:`get_scorer_names` or of
        :func:`sklearn.metrics.get_scorer_names`; or a scorer.
    **metric_params
        Parameters of the metric, if it is one of this module, such as
        `real_label` or `p_spoof`. "neg_min_tandem_cost" needs `asv_rates`.
        `pos_label` is not needed: scorers know where the scores of a
        classifier rise to.

    Returns
    -------
    scorer : callable
        With the signature ``(estimator, X, y_true)``. Of a name a copy, so
        that what is set on it (``set_score_request``) stays there; a scorer
        that was given comes back as it is, or as a copy with `metric_params`.

    Raises
    ------
    ValueError
        If there is no scorer of that name, if its metric has no such
        parameter, or lacks one that it needs.

    Notes
    -----
    "neg_worst_group_equal_error_rate" and "neg_mean_group_equal_error_rate"
    need the group of each clip by metadata routing. A group that lacks a
    class, such as the fakes of one generator, is judged against all clips of
    that class.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from skvoicefake.metrics import get_scorer
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["fake", "real"], 20)
    >>> X = rng.normal(size=(40, 2)) + 9 * (y == "real")[:, np.newaxis]
    >>> (-cross_val_score(LogisticRegression(), X, y, scoring=get_scorer("neg_equal_error_rate"), cv=2)).tolist()
    [0.0, 0.0]
    """
    known = get_sklearn_scorer_names()
    if isinstance(scoring, str) and scoring not in _SCORERS and scoring not in known:
        near = get_close_matches(scoring, [*_SCORERS, *known], cutoff=0.5)
        raise ValueError(
            f"There is no scorer {scoring!r}."
            f" {'Did you mean ' + ' or '.join(map(repr, near)) + '? ' if near else ''}"
            f"This module has {', '.join(get_scorer_names())}."
        )
    if not (isinstance(scoring, str) or callable(scoring)):
        raise ValueError(f"scoring should be the name of a scorer or a callable, got {scoring!r}.")
    scorer: Any = scoring
    if isinstance(scoring, str) and scoring in _SCORERS:
        scorer = deepcopy(_SCORERS[scoring])
    metric: Any = getattr(scorer, "_score_func", None)
    if metric not in [ours._score_func for ours in _SCORERS.values()]:
        if metric_params:
            raise ValueError(f"{scoring!r} is none of this module: make a scorer with parameters by make_scorer.")
        return get_sklearn_scorer(scoring)
    if "pos_label" in metric_params:
        # scikit-learn would turn the scores, and hand them so to all other scorers of the same call.
        raise ValueError(
            f"{scoring!r} needs no pos_label: it knows where the scores of a classifier rise to, and the figure is the"
            " same for both classes. Leave it out."
        )
    takes = [name for name in signature(metric).parameters if name not in _NOT_TAKEN]
    if unknown := [name for name in metric_params if name not in takes]:
        raise ValueError(f"{scoring!r} has no parameter {unknown[0]!r}. It has {', '.join(takes)}.")
    if metric_params:
        scorer = deepcopy(scorer)
        scorer._kwargs = {**scorer._kwargs, **metric_params}
    if metric is min_tandem_cost and "asv_rates" not in scorer._kwargs:
        raise ValueError(
            f"{scoring!r} needs the error rates of the speaker verification: pass asv_rates=(p_fa, p_miss, p_fa_spoof),"
            " as asv_error_rates computes them."
        )
    return scorer
