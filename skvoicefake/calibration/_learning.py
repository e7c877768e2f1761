"""What a calibrator learns: from clips and a classifier to a slope and an offset."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_method_params,
    column_or_1d,
)

from skvoicefake.metrics._responses import inner, is_guard


def two_classes(y: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Return labels, the two classes among them, and which labels are of the second one."""
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError("y contains NaN or infinity. Label these clips, or leave them out.")
    check_classification_targets(labels)
    encoder = LabelEncoder().fit(labels)
    if (n_classes := len(encoder.classes_)) != 2:
        raise ValueError(
            f"LLRCalibrator needs labels of two classes, got {n_classes} {'class' if n_classes == 1 else 'classes'}:"
            f" {encoder.classes_[:5].tolist()}. Only binary classification is supported."
        )
    return labels, encoder.classes_, encoder.transform(labels) == 1


def group_folds(n_folds: int, codes: NDArray[np.intp]) -> StratifiedGroupKFold:
    """Return the folds of `fit` with groups."""
    if (n_groups := len(np.unique(codes))) < n_folds:
        advice = f"Set its cv={n_groups}, or pass" if n_groups > 1 else "Pass"
        raise ValueError(
            f"LLRCalibrator keeps every group in one of cv={n_folds} folds, and groups holds {n_groups}."
            f" {advice} clips of more groups."
        )
    return StratifiedGroupKFold(n_folds)


def held_out(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: dict[str, Any],
) -> NDArray[np.float64]:
    """Return the responses to the clips of one side of a split of a classifier fitted to the other side."""
    fit_params = _check_method_params(X, params=fit_params, indices=train)
    estimator.fit(_safe_indexing(X, train), y[train], **fit_params)
    return answers_of(estimator, _safe_indexing(X, test), classes)


def answers_of(estimator: Any, X: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the scores of clips, of shape (n_clips,), or their probabilities, of shape (n_clips, 2)."""
    name = type(estimator).__name__
    if not np.array_equal(estimator.classes_, classes):
        raise ValueError(
            f"{name} was fitted to classes {list(estimator.classes_)}, got y with classes {classes.tolist()}."
        )
    has_scores = hasattr(estimator, "decision_function")
    # Probabilities keep their type, whose precision limits their log-odds.
    responses = np.asarray(estimator.decision_function(X), dtype=float) if has_scores else estimator.predict_proba(X)
    responses = np.asarray(responses)
    if bad := int(np.count_nonzero(~np.isfinite(responses))):
        raise ValueError(f"{name} gave {bad} scores that are NaN or infinite, which cannot be calibrated.")
    return responses


def edge_of(responses: NDArray[np.float64]) -> float:
    """Return what a probability of 0 counts as: half of the smallest other one."""
    smallest = np.min(responses[responses > 0], initial=1.0)
    return float(max(smallest / 2, np.finfo(float).tiny))


def scores_of(responses: NDArray[np.float64], edge: float) -> NDArray[np.float64]:
    """Return scores as they are, probabilities as log-odds, in all of their order."""
    if responses.ndim == 1:
        return responses
    log = np.log(np.maximum(responses.astype(np.float64), edge))
    return np.asarray(log[:, 1] - log[:, 0])


def is_guarded(estimator: Any) -> bool:
    """Tell whether a classifier has no verdict on some clips, and scores these 0."""
    while estimator is not None and not is_guard(estimator):
        estimator = estimator[-1] if isinstance(estimator, Pipeline) else inner(estimator)
    return estimator is not None


def line_through(
    scores: NDArray[np.float64], is_positive: NDArray[np.bool_], weights: NDArray[np.float64], classes: NDArray[Any]
) -> tuple[float, float]:
    """Return slope and offset of the log-odds of the positive class at a prior of one half."""
    balanced, n_effective = np.empty_like(scores), 0.0
    for label, rows in zip(classes.tolist(), (~is_positive, is_positive), strict=True):
        total = weights[rows].sum()
        if not total > 0:
            raise ValueError(f"No clip of class {label!r} with a weight is left to calibrate with.")
        balanced[rows] = weights[rows] / total
        n_effective += float(1 / np.sum(np.square(balanced[rows])))
    target = (n_effective + 1) / (n_effective + 2)
    low, high = np.min(scores), np.max(scores)
    if low == high:
        return 0.0, 0.0
    # A clip with a target between 0 and 1 is two clips, one of each class, weighted. No penalty: the target keeps the
    # slope finite.
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8, max_iter=1000).fit(
        np.tile((scores - low) / (high - low), 2)[:, np.newaxis],
        np.concatenate([is_positive, ~is_positive]),
        sample_weight=np.concatenate([balanced * target, balanced * (1 - target)]),
    )
    slope = float(regression.coef_[0, 0] / (high - low))
    return slope, float(regression.intercept_[0] - slope * low)
