"""Panels read by stretches, so that one in a memory-mapped file may be larger than memory."""

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

# Bytes in memory at a time. Statistics are summed a stretch at a time, so another number gives other last digits.
STRETCH = 2**24

# Of statistics over time between clips, in standard deviations of the input.
LEAST_SPREAD = 0.01


def is_mapped(panel: Any) -> bool:
    """Tell whether an array lies in a memory-mapped file."""
    return _map_of(panel) is not None


def stretches(
    panel: NDArray[Any], rows: NDArray[np.intp] | None = None, *, multiple_of: int = 1
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield a panel as float32, a stretch at a time, each with where it lies in `rows` (or in the panel)."""
    n_rows = len(panel) if rows is None else len(rows)
    n_clips = STRETCH // (4 * int(np.prod(panel.shape[1:])))
    step = max(1, n_clips // multiple_of) * multiple_of
    for start in range(0, n_rows, step):
        where = slice(start, min(start + step, n_rows))
        yield where, np.asarray(panel[where] if rows is None else panel[rows[where]], dtype=np.float32)
        release(panel)


def release(panel: NDArray[Any]) -> None:
    """Let go of the pages of a memory-mapped panel; the system reads them again when they are asked for."""
    mapped = _map_of(panel)
    # Pages of a private map ("c") may hold what no file does.
    if mapped is not None and mapped.mode in ("r", "r+", "w+") and hasattr(mmap, "MADV_DONTNEED"):
        mapped._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def statistics(
    panel: NDArray[Any], rows: NDArray[np.intp], weights: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Return what a network standardises its input with: mean and variance of every coefficient over some rows."""
    scaler = StandardScaler()
    # Sums with weights take scikit-learn four times as long.
    is_weighted = np.ptp(weights[rows]) > 0
    for where, stretch in stretches(panel, rows):
        frames = stretch.reshape(-1, panel.shape[-1])
        of_frames = np.repeat(weights[rows[where]], panel.shape[1]) if is_weighted else None
        scaler.partial_fit(frames, sample_weight=of_frames)
    return {"mean": scaler.mean_, "variance": np.square(scaler.scale_)}


def branch_statistics(
    panel: NDArray[Any],
    rows: NDArray[np.intp],
    weights: NDArray[np.float32],
    frames: slice,
    *,
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return what a network standardises its statistics branch with, of input that is standardised with these."""
    scaler = StandardScaler()
    for where, stretch in stretches(panel, rows):
        clips = (stretch[:, frames].astype(np.float64) - mean) / np.sqrt(variance)
        steps = np.diff(clips, axis=1) if clips.shape[1] > 1 else np.zeros_like(clips)
        of_clips = [clips.mean(axis=1), clips.std(axis=1), steps.std(axis=1)]
        scaler.partial_fit(np.concatenate(of_clips, axis=1), sample_weight=weights[rows[where]])
    # What hardly differs between clips is not blown up.
    return {"branch_mean": scaler.mean_, "branch_variance": np.maximum(scaler.var_, LEAST_SPREAD**2)}


def not_finite(panel: NDArray[Any]) -> NDArray[np.intp]:
    """Return the positions of clips that hold NaN or infinity, or numbers too large for float32."""
    bad = []
    with np.errstate(over="ignore", invalid="ignore"):
        for where, stretch in stretches(panel):
            # A finite sum says that all is finite, in a third of the time and without an array of answers.
            if not np.isfinite(np.sum(stretch)):
                bad.append(where.start + np.flatnonzero(~np.isfinite(stretch).all(axis=(1, 2))))
    return np.concatenate(bad) if bad else np.empty(0, dtype=np.intp)


def _map_of(panel: Any) -> np.memmap | None:
    while panel is not None:
        if isinstance(panel, np.memmap) and getattr(panel, "_mmap", None) is not None:
            return panel
        panel = getattr(panel, "base", None)
    return None
