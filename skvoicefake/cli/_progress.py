"""How long the clips that are left will take: by their number and their bytes, and not by their share of a list."""

import os
from collections.abc import Iterable

from skvoicefake.audio import is_address

SETTLED = 4  # batches before anything is said; the first one loads libraries, and counts for nothing


class Remaining:
    """Estimates the seconds that are left.

    Folders are read in their order, and all short clips, or all missing
    ones, may come first: the mean time of those says nothing of the others.
    So a clip costs so much, and a byte of it so much (non-negative least
    squares over batches), and what is not there nothing.

    Parameters
    ----------
    paths : iterable of str
        All that is to be scored.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.n_clips, self.n_bytes = size_of(paths)
        self.n_batches = 0
        # Sums over batches, of products of clips, bytes and seconds.
        self._cc = self._cb = self._bb = self._cs = self._bs = 0.0
        self._clips = self._bytes = self._seconds = 0.0

    def add(self, paths: Iterable[str], seconds: float) -> None:
        """Note down that a batch is done, and what it took."""
        clips, size = size_of(paths)
        self.n_clips, self.n_bytes = max(0, self.n_clips - clips), max(0, self.n_bytes - size)
        self.n_batches += 1
        if self.n_batches == 1:
            return
        self._clips, self._bytes, self._seconds = self._clips + clips, self._bytes + size, self._seconds + seconds
        self._cc, self._cb, self._bb = self._cc + clips * clips, self._cb + clips * size, self._bb + size * size
        self._cs, self._bs = self._cs + clips * seconds, self._bs + size * seconds

    def seconds(self) -> float | None:
        """Return the seconds that are left; None as long as there is too little to go by."""
        if self.n_batches < SETTLED or not self._clips:
            return None
        a_clip, a_byte = self._costs()
        so_far = a_clip * self._clips + a_byte * self._bytes
        # Squares follow the long batches: all that was done is to come out right.
        return (a_clip * self.n_clips + a_byte * self.n_bytes) * self._seconds / so_far if so_far else 0.0

    def __str__(self) -> str:
        seconds = self.seconds()
        return "" if seconds is None else f"about {in_words(seconds)} left"

    def _costs(self) -> tuple[float, float]:
        determinant = self._cc * self._bb - self._cb * self._cb
        if determinant > 1e-9 * self._cc * self._bb:  # else all clips are of one length
            a_clip = (self._bb * self._cs - self._cb * self._bs) / determinant
            a_byte = (self._cc * self._bs - self._cb * self._cs) / determinant
            if a_clip >= 0 and a_byte >= 0:
                return a_clip, a_byte
            if a_clip < 0:
                return 0.0, self._bs / self._bb
        return self._cs / self._cc, 0.0


def size_of(paths: Iterable[str]) -> tuple[int, int]:
    """Return how many of some clips are there, and their bytes; of an address nothing is asked."""
    n_clips = n_bytes = 0
    for path in paths:
        if is_address(path):
            n_clips += 1
            continue
        try:
            n_bytes += os.stat(path).st_size  # noqa: PTH116 - a Path costs ten times as much
            n_clips += 1
        except (OSError, ValueError):
            pass
    return n_clips, n_bytes


def in_words(seconds: float) -> str:
    """Return a time, no finer than it can be known."""
    if seconds < 90:
        return f"{max(10, round(seconds / 10) * 10)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36_000 else f"{seconds / 3600:.0f} h"
