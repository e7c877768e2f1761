"""What every figure is computed from: the distinct scores and how much of each class lies on them."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Scores of two classes, tied clips counted together: so neither order nor repetition can matter."""

    values: Floats  # The distinct scores, ascending.
    positives: Floats  # The weight of the clips of the class that scores rise towards, at each value.
    negatives: Floats
    classes: tuple[Hashable, Hashable]  # The label that scores fall towards, the one that they rise towards.

    @cached_property
    def rates(self) -> tuple[Floats, Floats]:
        """Shares of negatives called positive and of positives called negative, if called positive from a value up.

        One more than there are values: the last is of the threshold that nothing reaches.
        """
        above = np.append(0.0, np.cumsum(self.negatives))
        below = np.append(0.0, np.cumsum(self.positives))
        return (above[-1] - above) / above[-1], below / below[-1]

    @cached_property
    def thresholds(self) -> Floats:
        """The thresholds that `rates` belong to."""
        return np.append(self.values, np.inf)

    @cached_property
    def crossing(self) -> tuple[float, int]:
        """The equal error rate by linear crossing, and the index of the threshold nearest to it."""
        return crossing(*self.rates)

    @cached_property
    def hull(self) -> NDArray[np.intp]:
        """Indices of `rates` where the convex hull of the receiver operating characteristic has its corners."""
        # A value without weight adds no point, and isotonic regression takes none.
        held = np.flatnonzero(self.positives + self.negatives)
        weights = (self.positives + self.negatives)[held]
        blocks = isotonic_regression(self.positives[held] / weights, weights=weights).blocks
        return np.append(held, len(self.values))[blocks]


def crossing(false_alarms: Floats, misses: Floats) -> tuple[float, int]:
    """Return where two rates are equal, linear between thresholds, and the index where they are nearest."""
    gap = misses - false_alarms  # Rises from -1 to 1 with the threshold.
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = gap[before] / (gap[before] - gap[after])
    rate = misses[before] + share * (misses[after] - misses[before])
    return float(rate), before if -gap[before] <= gap[after] else after
