"""What a fitted detector says of clips, with their features computed once."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skvoicefake.metrics._inputs import log_odds


def responses(
    estimator: Any, X: Any
) -> tuple[NDArray[Any], NDArray[np.float64] | None, NDArray[np.float64] | None, dict[str, list[float]] | None]:
    """Return an estimator's verdicts, scores, probabilities of the greater label, and training history."""
    estimator, X, last = _past_features(estimator, X)
    called = np.asarray(estimator.predict(X))
    probabilities = scores = None
    if hasattr(estimator, "predict_proba"):
        probabilities = np.asarray(estimator.predict_proba(X))[:, 1]
    if hasattr(estimator, "decision_function"):
        scores = np.asarray(estimator.decision_function(X), dtype=np.float64)
    elif probabilities is not None:
        scores = log_odds(probabilities)
    return called, scores, probabilities, getattr(last, "history_", None)


def _past_features(estimator: Any, X: Any) -> tuple[Any, Any, Any]:
    """Compute the features that all three answers are given from; return what answers, features, and the classifier.

    Features cost most. The pipeline that makes them may stand inside a search, a calibrator or a threshold.
    """
    if hasattr(estimator, "best_estimator_"):
        return _past_features(estimator.best_estimator_, X)
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        return _past_features(estimator[-1], estimator[:-1].transform(X))
    if isinstance(getattr(estimator, "estimator_", None), Pipeline):
        outer = copy.copy(estimator)
        outer.estimator_, X, last = _past_features(estimator.estimator_, X)
        return outer, X, last
    return estimator, X, estimator
