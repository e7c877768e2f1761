"""Filter banks: triangles whose edges are evenly spaced on a scale of frequencies."""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Float = TypeVar("Float", bound=np.floating[Any])


def hz_to_mel(frequencies: NDArray[Any], htk: bool = False) -> NDArray[np.float64]:
    """Convert Hz to mel: Slaney's Auditory Toolbox (1998) scale, or HTK's formula."""
    frequencies = np.asarray(frequencies, dtype=np.float64)
    if htk:
        return 2595.0 * np.log10(1.0 + frequencies / 700.0)
    linear = frequencies / (200.0 / 3)
    # Linear up to 1 kHz, then 27 steps for every factor of 6.4.
    return np.where(
        frequencies < 1000.0, linear, 15.0 + np.log(np.maximum(frequencies, 1000.0) / 1000.0) * 27 / np.log(6.4)
    )


def mel_to_hz(mels: NDArray[Any], htk: bool = False) -> NDArray[np.float64]:
    """Convert mel to Hz, the inverse of `hz_to_mel`."""
    mels = np.asarray(mels, dtype=np.float64)
    if htk:
        return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return np.where(mels < 15.0, mels * 200.0 / 3, 1000.0 * np.exp(np.log(6.4) / 27 * (np.maximum(mels, 15.0) - 15.0)))


def hz_to_bark(frequencies: NDArray[Any]) -> NDArray[np.float64]:
    """Convert Hz to bark, with the corrections at both ends.

    Traunmüller, "Analytical expressions for the tonotopic sensory scale",
    Journal of the Acoustical Society of America, 1990.
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    barks = 26.81 * frequencies / (1960.0 + frequencies) - 0.53
    return barks + 0.15 * np.maximum(2.0 - barks, 0) + 0.22 * np.maximum(barks - 20.1, 0)


def bark_to_hz(barks: NDArray[Any]) -> NDArray[np.float64]:
    """Convert bark to Hz, the inverse of `hz_to_bark`."""
    barks = np.asarray(barks, dtype=np.float64)
    barks = np.where(barks < 2.0, (barks - 0.3) / 0.85, np.where(barks > 20.1, (barks + 4.422) / 1.22, barks))
    return 1960.0 * (barks + 0.53) / (26.28 - barks)


def hz_to_erb(frequencies: NDArray[Any]) -> NDArray[np.float64]:
    """Convert Hz to the number of equivalent rectangular bandwidths of hearing below.

    Glasberg and Moore, "Derivation of auditory filter shapes from
    notched-noise data", Hearing Research, 1990.
    """
    return 21.4 * np.log10(1.0 + 0.00437 * np.asarray(frequencies, dtype=np.float64))


def erb_to_hz(erbs: NDArray[Any]) -> NDArray[np.float64]:
    """Convert numbers of bandwidths to Hz, the inverse of `hz_to_erb`."""
    return (10.0 ** (np.asarray(erbs, dtype=np.float64) / 21.4) - 1.0) / 0.00437


Conversion = Callable[[NDArray[Any]], NDArray[np.float64]]
CONVERSIONS: dict[str, tuple[Conversion, Conversion]] = {
    "linear": (np.asarray, np.asarray),
    "mel": (hz_to_mel, mel_to_hz),
    "htk": (partial(hz_to_mel, htk=True), partial(mel_to_hz, htk=True)),
    "bark": (hz_to_bark, bark_to_hz),
    "erb": (hz_to_erb, erb_to_hz),
}
SCALES = (*CONVERSIONS, "inverse-mel")


def check_range(fmin: float, fmax: float | None, sample_rate: float) -> None:
    """Raise if no filters can lie between two frequencies (Hz; None: half of the rate)."""
    fmax = sample_rate / 2 if fmax is None else fmax
    if fmax > sample_rate / 2:
        raise ValueError(f"fmax={fmax:g} Hz lies above half of sample_rate={sample_rate:g} Hz. Lower it.")
    if not 0 <= fmin < fmax:
        raise ValueError(f"fmin={fmin:g} Hz must lie below fmax={fmax:g} Hz.")


def band_edges(scale: str, n_bands: int, fmin: float, fmax: float) -> NDArray[np.float64]:
    """Return the ``n_bands + 2`` edges of overlapping bands in Hz: band ``i`` goes from edge ``i`` to ``i + 2``."""
    if scale == "inverse-mel":
        # The HTK bands back to front: Chakroborty, Roy and Saha, "Improved closed set text-independent speaker
        # identification by combining MFCC with evidence from flipped filter banks", 2007.
        return fmin + fmax - band_edges("htk", n_bands, fmin, fmax)[::-1]
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}.")
    forth, back = CONVERSIONS[scale]
    low, high = forth(np.array([fmin, fmax]))
    return back(np.linspace(low, high, n_bands + 2))


@lru_cache(maxsize=32)
def triangles(
    sample_rate: float, n_fft: int, n_bands: int, fmin: float, fmax: float | None, scale: str, norm: str
) -> Array:
    """Return triangular filters of shape (n_bands, n_fft // 2 + 1).

    With scale "mel" or "htk" and norm "area" those of ``librosa.filters.mel``.
    Not taken from librosa itself, whose first call costs seconds of imports.

    Parameters
    ----------
    sample_rate : float
        In Hz.
    n_fft, n_bands : int
    fmin, fmax : float
        Lowest and highest edge in Hz (None: half of `sample_rate`).
    scale : str
        One of `SCALES`.
    norm : {"area", "peak"}
        What all filters have in common: an area of 1 over their frequencies in
        Hz, or a peak of 1 (where that falls on a bin).
    """
    check_range(fmin, fmax, sample_rate)
    if norm not in ("area", "peak"):
        raise ValueError(f'filter_norm must be "area" or "peak", got {norm!r}.')
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    edges = band_edges(scale, n_bands, fmin, sample_rate / 2 if fmax is None else fmax)
    widths = np.diff(edges)
    ramps = edges[:, np.newaxis] - bins
    filters = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1, np.newaxis], ramps[2:] / widths[1:, np.newaxis]))
    if norm == "area":
        filters *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return frozen(filters.astype(np.float32))


class FilterBank:
    """A bank of filters over the bins of a spectrum, cut into parts that leave most of its zeros out.

    Parameters
    ----------
    weights : ndarray of shape (n_bands, n_bins), float32
        Not negative.
    """

    def __init__(self, weights: Array) -> None:
        self.weights = frozen(weights)
        total, square = weights.sum(axis=1, dtype=np.float64), np.square(weights, dtype=np.float64).sum(axis=1)
        # How much of the rounding of a flat spectrum is heard in a band. It averages out over many bins, and over
        # many bands but for those that hear the same bins.
        heard = square / np.maximum(total, np.finfo(np.float32).tiny)
        n_heard = max(1, min(len(weights), int(np.count_nonzero(weights.any(axis=0)))))
        self.hearing = frozen((heard / n_heard).astype(np.float32))
        n_bins = weights.shape[1]
        self.average = frozen(np.full(2 * n_bins, 1 / n_bins, dtype=np.float32))
        edges = np.linspace(0, len(weights), min(8, 1 + len(weights) // 8) + 1).round().astype(int).tolist()
        runs = [slice(start, end) for start, end in pairwise(edges)]
        self.parts = [part for bands in runs if (part := _part(weights, bands)) is not None]

    def power(self, squares: Array) -> Array:
        """Return the power in every band, from the squares of real and imaginary parts in turns."""
        power = np.zeros((len(squares), len(self.weights)), dtype=np.float32)
        for bands, bins, weights in self.parts:
            np.matmul(squares[:, bins], weights, out=power[:, bands])
        return power


def _part(weights: Array, bands: slice) -> tuple[slice, slice, Array] | None:
    """Return bands, the parts of the spectrum that they hear, and their weights; None if they hear nothing."""
    heard = np.flatnonzero(weights[bands].any(axis=0))
    if not len(heard):
        return None
    first, last = int(heard[0]), int(heard[-1]) + 1
    return bands, slice(2 * first, 2 * last), np.repeat(weights[bands, first:last].T, 2, axis=0)


@lru_cache(maxsize=32)
def filter_bank(*parameters: Any) -> FilterBank:
    """Return the filters of `triangles` as a bank."""
    return FilterBank(triangles(*parameters))


def frozen(array: NDArray[Float]) -> NDArray[Float]:
    """Forbid writing to an array: cached ones are shared between callers and threads."""
    array.setflags(write=False)
    return array
