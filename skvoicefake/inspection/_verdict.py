"""Scores of windows -> a score of the whole, and the stretch that is least like the rest."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
TOP = 0.1  # share of the windows that "lowest" takes


class Stretch(NamedTuple):
    """The stretch of a recording that is least like a real voice.

    Attributes
    ----------
    start, end : float
        Seconds.
    score : float
        Mean over time of the scores within; lower is more fake.
    """

    start: float
    end: float
    score: float


def _lowest(scores: Scores) -> float:
    return float(np.mean(np.sort(scores)[: max(1, round(TOP * len(scores)))]))


# What a whole recording scores, by what its windows score; higher is more bona fide, and 0 between the two.
AGGREGATIONS: dict[str, Callable[[Scores], float]] = {
    "mean": lambda scores: float(np.mean(scores)),
    "lowest": _lowest,
}


def fake_stretch(places: Sequence[tuple[float, float]], scores: Scores, is_judged: NDArray[np.bool_]) -> Stretch | None:
    """Return the stretch that is least like a real voice; None if no moment is less so than others.

    Every moment scores the mean of the judged windows that it lies in. What
    stands out scores below half the way from the median of the moments down to
    the lowest; where the median itself is below 0, what scores below 0. The
    stretch is the one with the greatest sum over time of how far it lies below:
    the maximum subarray [1]_, in one pass.

    Parameters
    ----------
    places : sequence of (start, end)
        Of every window, in seconds.
    scores : ndarray of shape (n_windows,)
        Towards the real voice.
    is_judged : ndarray of shape (n_windows,), bool
        Which windows count.

    Returns
    -------
    stretch : Stretch or None

    References
    ----------
    .. [1] Bentley, "Programming pearls: algorithm design techniques",
       Communications of the ACM 27(9), 1984.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.inspection._verdict import fake_stretch
    >>> scores = np.array([4.0, 3.0, -5.0, -4.0, 2.0])
    >>> fake_stretch([(i, i + 1) for i in range(5)], scores, np.ones(5, dtype=bool))
    Stretch(start=2.0, end=4.0, score=-4.5)
    """
    if not is_judged.any():
        return None
    edges, moments = moment_scores(np.asarray(places, dtype=np.float64)[is_judged], scores[is_judged])
    seconds, known = np.diff(edges), moments[np.isfinite(moments)]
    median, lowest_known = float(np.median(known)), float(np.min(known))
    # Not a fixed score: a short fake moves the scores of windows that are longer only so far.
    level = 0.0 if median < 0 else (median + lowest_known) / 2
    # A moment that nothing is known of is no evidence either way.
    evidence = np.where(np.isfinite(moments), level - moments, 0) * seconds
    so_far = np.concatenate([[0.0], np.cumsum(evidence)])
    lowest = np.minimum.accumulate(so_far)
    end = int(np.argmax(so_far - lowest))
    if so_far[end] - lowest[end] <= 0:
        return None
    # The latest start of those that are as good.
    start = end - 1 - int(np.argmin(so_far[:end][::-1]))
    is_known = np.isfinite(moments[start:end])
    mean = np.average(moments[start:end][is_known], weights=seconds[start:end][is_known])
    return Stretch(float(edges[start]), float(edges[end]), float(mean))


def moment_scores(places: NDArray[np.float64], scores: Scores) -> tuple[Scores, Scores]:
    """Return where windows begin and end, sorted, and the mean score of the windows between every two such edges.

    NaN, where there is no window.
    """
    edges, positions = np.unique(places, return_inverse=True)
    first, last = positions.reshape(places.shape).T
    sums, counts = np.zeros(len(edges)), np.zeros(len(edges))
    for total, values in [(sums, scores), (counts, np.ones(len(scores)))]:
        np.add.at(total, first, values)
        np.subtract.at(total, last, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        n_windows = np.cumsum(counts)[:-1]
        return edges, np.where(n_windows > 0, np.cumsum(sums)[:-1] / n_windows, np.nan)
