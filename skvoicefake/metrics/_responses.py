"""What a fitted detector says of clips, with their features computed once."""

import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from skvoicefake.metrics._inputs import unlimited_log_odds

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


class Responses(NamedTuple):
    """What a detector says; what it does not say is None."""

    called: NDArray[Any]
    scores: NDArray[np.float64] | None
    limit: float | None  # on scores as log-likelihood ratios: those of probabilities
    probabilities: NDArray[np.float64] | None  # of the greater label
    history: dict[str, list[float]] | None


def responses(estimator: Any, X: Any) -> Responses:
    """Ask a fitted estimator for verdicts, scores, probabilities and training history."""
    estimator, X, last = _past_features(estimator, X)
    called = np.asarray(estimator.predict(X))
    probabilities = scores = limit = None
    if hasattr(estimator, "predict_proba"):
        probabilities = np.asarray(estimator.predict_proba(X))[:, 1]
    if hasattr(estimator, "decision_function"):
        scores = np.asarray(estimator.decision_function(X), dtype=np.float64)
    elif probabilities is not None:
        scores, limit = unlimited_log_odds(probabilities)
    return Responses(called, scores, limit, probabilities, getattr(last, "history_", None))


def _past_features(estimator: Any, X: Any) -> tuple[Any, Any, Any]:
    """Compute the features that all three answers are given from; return what answers, features, and the classifier.

    Features cost most. The pipeline that makes them may stand inside a search, a calibrator or a threshold.
    """
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        return _past_features(estimator[-1], estimator[:-1].transform(X))
    inside = inner(estimator)
    if inside is None:
        return estimator, X, estimator
    answering, X, last = _past_features(inside, X)
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
