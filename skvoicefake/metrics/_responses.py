"""What a fitted detector says of clips, with their features computed once."""

import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from skvoicefake.metrics._inputs import unlimited_log_odds

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


class Responses(NamedTuple):
    """What a detector says; what it does not say, or was not asked, is None."""

    called: Any  # labels
    scores: NDArray[np.float64] | None  # 0 where there is a remark
    limit: float | None  # on scores as log-likelihood ratios: those of probabilities
    probabilities: NDArray[np.float64] | None  # (n_clips, 2); 0.5 where there is a remark
    remarks: NDArray[np.object_]  # why clips are not judged, or ""
    history: dict[str, list[float]] | None


def responses(estimator: Any, X: Any, *, calls: bool = True) -> Responses:
    """Ask a fitted estimator for labels, scores, probabilities, remarks of its guard, and training history.

    Without `calls` there are no labels, and clips that the guard has a remark
    on may be some that its classifier cannot take.
    """
    answering, X, last = past_features(estimator, X)
    if answering is last and is_guard(last):
        return _guarded(last, X, calls=calls)
    called = np.asarray(answering.predict(X)) if calls else None
    probabilities = scores = limit = None
    if hasattr(answering, "predict_proba"):
        probabilities = np.asarray(answering.predict_proba(X))
    if hasattr(answering, "decision_function"):
        scores = np.asarray(answering.decision_function(X), dtype=np.float64)
    elif probabilities is not None:
        scores, limit = unlimited_log_odds(probabilities)
    n_clips = _num_samples(X)
    remarks = np.full(n_clips, "", dtype=object)
    if hasattr(last, "remarks"):
        # A remark makes the score of a guard 0, and hardly anything else does. What is around it may move the score.
        asked = np.arange(n_clips) if answering is not last or scores is None else np.flatnonzero(scores == 0)
        if len(asked):
            remarks[asked] = last.remarks(_safe_indexing(X, asked))
    return Responses(called, scores, limit, probabilities, remarks, getattr(last, "history_", None))


def is_guard(estimator: Any) -> bool:
    """Tell whether an estimator has remarks on clips, and another judge the others."""
    return hasattr(estimator, "remarks") and hasattr(estimator, "estimator_")


def _guarded(guard: Any, X: Any, *, calls: bool) -> Responses:
    """Ask for remarks once, and then what is guarded: a guard would compute both anew for every answer."""
    remarks = np.asarray(guard.remarks(X), dtype=object)
    is_known = remarks == ""
    is_asked = is_known | calls
    if not is_asked.any():
        return Responses(None, np.zeros(len(remarks)), None, np.full((len(remarks), 2), 0.5), remarks, None)
    said = responses(guard.estimator_, X if is_asked.all() else _safe_indexing(X, is_asked), calls=calls)

    def where_known(values: Any, otherwise: float) -> Any:
        if values is None:
            return None
        found = np.full((len(remarks), *values.shape[1:]), otherwise)
        found[is_known] = values[is_known[is_asked]]
        return found

    return said._replace(
        scores=where_known(said.scores, 0.0), probabilities=where_known(said.probabilities, 0.5), remarks=remarks
    )


def past_features(estimator: Any, X: Any) -> tuple[Any, Any, Any]:
    """Compute the features that all three answers are given from; return what answers, features, and the classifier.

    Features cost most. The pipeline that makes them may stand inside a search, a calibrator or a threshold.
    """
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        return past_features(estimator[-1], estimator[:-1].transform(X))
    inside = inner(estimator)
    if inside is None:
        return estimator, X, estimator
    answering, X, last = past_features(inside, X)
    if isinstance(estimator, FrozenEstimator | BaseSearchCV):
        return answering, X, last
    outer = copy.copy(estimator)
    outer.estimator_ = answering
    return outer, X, last


def inner(estimator: Any) -> Any:
    """Return the fitted estimator that another asks with clips as they are; None if it asks none, or several."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if isinstance(estimator, BaseSearchCV):
        return getattr(estimator, "best_estimator_", None)
    # Others may keep something else under this name: an ensemble, the estimator that it has cloned.
    if isinstance(estimator, THRESHOLDS) or getattr(type(estimator), "answers_through_estimator_", False):
        return estimator.estimator_
    return None
