"""Mean and deviation of every coefficient over the frames of many clips, which need not be there at one time."""

import threading

import numpy as np
from numpy.typing import NDArray

Statistics = tuple[int, NDArray[np.float64], NDArray[np.float64]]  # frames, mean, sum of squared differences from it


class RunningScale:
    """Statistics of clips that come from any thread in any order, the same bits as if they came in theirs.

    Clips are joined two at a time by the formula of [1]_, in float64, which
    loses nothing to a mean that is large beside the deviation.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a
       pairwise algorithm for computing sample variances", COMPSTAT 1982.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._early: dict[int, Statistics | None] = {}
        self._next = 0
        self._total: Statistics | None = None

    def add(self, i: int, sequence: NDArray[np.float32]) -> None:
        """Note down clip i."""
        self._note(i, _statistics(sequence))

    def skip(self, i: int) -> None:
        """Note down that there is no clip i."""
        self._note(i, None)

    def _note(self, i: int, found: Statistics | None) -> None:
        with self._lock:
            self._early[i] = found
            while self._next in self._early:
                ready = self._early.pop(self._next)
                self._next += 1
                if ready is not None:
                    self._total = ready if self._total is None else _joined(self._total, ready)

    def result(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the means, and the deviations (1 for what is constant, as in scikit-learn's StandardScaler)."""
        assert self._total is not None
        n, mean, squares = self._total
        variance = squares / n
        # What varies no more than by rounding is constant.
        rounding = np.finfo(np.float64).eps * n
        is_constant = variance <= rounding * variance + (rounding * mean) ** 2
        return mean, np.where(is_constant, 1.0, np.sqrt(variance))


def _statistics(sequence: NDArray[np.float32]) -> Statistics:
    frames = sequence.astype(np.float64)
    mean = frames.mean(axis=0)
    frames -= mean
    return len(frames), mean, np.einsum("ij,ij->j", frames, frames)


def _joined(a: Statistics, b: Statistics) -> Statistics:
    n = a[0] + b[0]
    difference = b[1] - a[1]
    return n, a[1] + difference * (b[0] / n), a[2] + b[2] + difference**2 * (a[0] * b[0] / n)
