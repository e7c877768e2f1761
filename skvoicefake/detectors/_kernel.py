"""A support vector machine with a radial kernel as a few small arrays, and its decisions without libsvm."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skvoicefake.detectors._forest import Arrays, from_bytes, to_bytes

BLOCK = 2**20  # kernel values that are held at a time: 8 MB


class Machine(NamedTuple):
    """Support vectors with their weights."""

    vectors: NDArray[np.float64]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]
    gamma: float
    intercept: float


def svm_arrays(svm: Any, *, bits: int = 14) -> Arrays:
    """Return what a fitted machine decides by.

    Parameters
    ----------
    svm : SVC
        Fitted to two classes, with ``kernel="rbf"``.
    bits : int, default=14
        Bits a feature of a support vector is kept with, 1 to 16: so many
        equal steps from the feature's least value to its greatest.

    Returns
    -------
    arrays : dict of str to ndarray
        "vectors" (by byte, as in `forest_arrays`; of shape
        (2, n_features * n_vectors), a feature after the other), "low" and
        "step" (of every feature), "weights", and "line" (gamma, intercept).

    Raises
    ------
    ValueError
        If there are not two classes, or the kernel is another one.
    """
    if svm.kernel != "rbf" or len(svm.classes_) != 2:
        raise ValueError(
            f"expected an SVC of two classes with kernel='rbf', got {len(svm.classes_)} and {svm.kernel!r}."
        )
    if not 1 <= bits <= 16:
        raise ValueError(f"bits must be a number from 1 to 16, got {bits}.")
    vectors = np.asarray(svm.support_vectors_, dtype=np.float64)
    low = vectors.min(axis=0)
    step = (vectors.max(axis=0) - low) / (2**bits - 1)
    step[step == 0] = 1  # of a feature that is constant
    low, step = low.astype(np.float32), step.astype(np.float32)
    levels = np.clip(np.rint((vectors - low) / step), 0, 2**bits - 1).astype(np.uint16)
    return {
        "vectors": to_bytes(levels.T.ravel()),
        "low": low,
        "step": step,
        "weights": np.asarray(svm.dual_coef_[0], dtype=np.float32),
        "line": np.array([svm._gamma, svm.intercept_[0]]),  # `gamma` may be a word
    }


def machine_of(arrays: Arrays) -> Machine:
    """Return the machine of `svm_arrays`."""
    low, step = arrays["low"].astype(np.float64), arrays["step"].astype(np.float64)
    levels = from_bytes(arrays["vectors"], np.uint16).reshape(len(low), -1).T
    vectors = low + step * levels
    gamma, intercept = arrays["line"].tolist()
    return Machine(vectors, arrays["weights"].astype(np.float64), np.square(vectors).sum(axis=1), gamma, intercept)


def svm_decision(machine: Machine, X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what `SVC.decision_function` does: the weighted sum of the kernel's values, and the intercept.

    Parameters
    ----------
    machine : Machine
        See `machine_of`.
    X : ndarray of shape (n_clips, n_features)

    Returns
    -------
    scores : ndarray of shape (n_clips,)
        Rise towards ``classes_[1]``.
    """
    size = max(1, BLOCK // len(machine.weights))
    decisions = np.empty(len(X))
    for start in range(0, len(X), size):
        block = X[start : start + size].astype(np.float64)
        distances = np.square(block).sum(axis=1)[:, np.newaxis] + machine.squares - 2 * block @ machine.vectors.T
        # Rounding may leave a clip that is a support vector at a distance below 0.
        kernel = np.exp(-machine.gamma * np.maximum(distances, 0))
        decisions[start : start + size] = kernel @ machine.weights + machine.intercept
    return decisions
