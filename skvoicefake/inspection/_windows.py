"""Sound that comes in chunks -> windows of one length; and its outline, for pictures of any length."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skvoicefake.audio._clip import Waveform

N_COLUMNS = 4000  # that an outline has fewer than; a page shows no more


class Windows:
    """Cuts sound into windows as it comes.

    The last one is as long as all others and ends where the sound ends, so it
    may overlap its neighbour by more. Sound shorter than a window is one.

    Parameters
    ----------
    n_window, n_hop : int
        Samples of a window, and from the start of one to that of the next.
    """

    def __init__(self, n_window: int, n_hop: int) -> None:
        self.n_window, self.n_hop = n_window, n_hop
        self._kept: Waveform = np.zeros(0, dtype=np.float32)
        self._start = 0  # of what is kept
        self._next = 0  # window's start

    @property
    def n_samples(self) -> int:
        """How many samples have come."""
        return self._start + len(self._kept)

    def push(self, chunk: Waveform) -> Iterator[tuple[int, Waveform]]:
        """Take samples; give the start and the samples of every window that is full, as they are asked for."""
        self._kept = np.concatenate([self._kept, chunk])
        while self._next + self.n_window <= self.n_samples:
            first = self._next - self._start
            window = self._kept[first : first + self.n_window].copy()
            yield self._next, window
            self._next += self.n_hop
        # The last window may begin anywhere in the last n_window samples.
        n_gone = max(0, len(self._kept) - self.n_window)
        self._kept = self._kept[n_gone:].copy()
        self._start += n_gone

    def finish(self) -> Iterator[tuple[int, Waveform]]:
        """Give the window of the end, if no window reached it."""
        ended_at = self._next - self.n_hop + self.n_window if self._next else 0
        if ended_at < self.n_samples:
            yield self._start, self._kept


class Envelope:
    """The lowest and highest sample of every stretch of sound that comes in chunks, in bounded memory.

    Attributes
    ----------
    step : int
        Samples of a stretch; it doubles whenever there are too many stretches.
    """

    def __init__(self) -> None:
        self.step = 16
        self._columns: NDArray[np.float32] = np.zeros((0, 2), dtype=np.float32)
        self._rest: Waveform = np.zeros(0, dtype=np.float32)

    def push(self, chunk: Waveform) -> None:
        """Take samples."""
        rest = np.concatenate([self._rest, chunk])
        while n_new := min(len(rest) // self.step, N_COLUMNS - len(self._columns)):
            whole, rest = np.split(rest, [n_new * self.step])
            self._columns = np.concatenate([self._columns, _extremes(whole.reshape(n_new, self.step))])
            if len(self._columns) == N_COLUMNS:
                self._columns = _extremes(self._columns.reshape(-1, 4))
                self.step *= 2
        self._rest = rest.copy()

    def columns(self) -> NDArray[np.float32]:
        """Return the lowest and the highest sample of every stretch, of shape (n_stretches, 2)."""
        return np.concatenate([self._columns, _extremes(self._rest[np.newaxis])]) if len(self._rest) else self._columns


def _extremes(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
