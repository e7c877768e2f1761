"""Verify that an exported detector answers as the fitted one does."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._onnx_detector import OnnxDetector


def verify(
    detector: OnnxDetector,
    estimator: Any,
    clips: list[Any],
    tolerance: float,
    limit: tuple[str, int, float] | None,
    guarded: Any,
) -> tuple[float, int]:
    """Return the largest difference of a probability, and how many clips no guard has a remark on.

    Raises ValueError if probabilities, scores, labels or remarks differ.
    `limit` is where the label changes, `guarded` what has the remarks.
    """
    answers = detector._answers(clips)
    probabilities, scores = (np.array([answer[i] for answer in answers], dtype=np.float64) for i in (0, 1))
    labels, remarks = (np.array([answer[i] for answer in answers]) for i in (2, 3))
    known = remarks == ""
    expected = np.asarray(estimator.predict_proba(clips))
    differences = np.abs(probabilities - expected).max(axis=1)

    def check(is_other: NDArray[np.bool_], worst: int, what: str) -> None:
        if is_other.any():
            raise ValueError(
                f"The exported detector does not agree with {type(estimator).__name__}: on clip {worst} of"
                f" {len(clips)}, {what}. Nothing was written."
            )

    worst = int(np.argmax(differences))
    said = f"a probability differs by {differences[worst]:.2g}, more than tolerance={tolerance:g}"
    check(~(differences <= tolerance), worst, said)  # NaN is no agreement
    # What is far out has a score as good as any: on the scale of probabilities. It is steeper than theirs with a prior.
    right = expected[:, -1:]
    if hasattr(estimator, "decision_function"):
        right = _squashed(np.reshape(estimator.decision_function(clips), scores.shape))
    off = np.abs(_squashed(scores) - right).max(axis=1)
    check(~(off <= 10 * tolerance), int(np.argmax(off)), f"a score differs by {off.max():.2g} on the scale of 0 to 1")
    if guarded is not None:
        others = remarks != np.asarray(guarded.remarks(clips), dtype=str)
        check(others, int(np.argmax(others)), f"the remark is {str(remarks[np.argmax(others)])!r} instead of another")
    if limit is None:
        first, second = np.sort(expected, axis=1)[:, :-3:-1].T
        is_tie = first - second <= 2 * tolerance
    else:
        what, place, value = limit
        response = expected[:, place]
        if what == "score":
            response = np.ravel(estimator.decision_function(clips)) * (1 if place else -1)
        is_tie = np.abs(response - value) <= (10 if what == "score" else 1) * tolerance
    others = known & ~is_tie & (labels != np.asarray(estimator.predict(clips)).astype(str))
    check(others, int(np.argmax(others)), f"the label is {str(labels[np.argmax(others)])!r} instead of another")
    return float(differences[worst]), int(known.sum())


def without_remarks(estimator: Any, guarded: list[tuple[Any, Any]]) -> Any:
    """Return a copy of a detector whose guards have no remark on anything."""
    memo = {}
    for _, guard in guarded:
        open_to_all = memo[id(guard)] = copy.copy(guard)
        open_to_all.min_speech, open_to_all.narrow_, open_to_all.threshold_ = 0.0, -np.inf, np.inf
    return copy.deepcopy(estimator, memo)


def _squashed(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores on the scale of probabilities."""
    if scores.shape[1] == 1:
        return 0.5 + 0.5 * np.tanh(scores / 2)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
