"""Frames -> power -> filter bank -> dB, one clip at a time, in single precision where that is enough."""

import threading
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.feature_extraction._filters import Array, FilterBank, frozen

# Power below this (-100 dB) counts as silence, as in librosa.power_to_db.
POWER_FLOOR = 1e-10
# Much lower ones would overflow where they are divided by.
MIN_FLOOR = 1e-16
# Float32 power overflows for waveforms beyond 1e16; those whose energy is beyond this are scaled first.
LOUD = 2.0**60
# The rounding of a single-precision transform is noise about 140 dB below the mean power of a frame's bins, which bands
# that lie far below that mean hear. Frames whose bands lie further below it than this, on an average that is ruled by
# the lowest ones, are computed again in double precision. Of 140,000 frames of speech, tones and noise, none that was
# left in single precision was wrong by more than 7e-4 in its cepstra.
DEPTH = 43.0  # dB
# Samples of frames that are worked on at once, so that they and their spectra stay in the processor's cache.
BLOCK = 2**18
_memory = threading.local()


def band_decibels(
    y: NDArray[Any],
    bank: FilterBank,
    *,
    n_fft: int,
    win_length: int | None,
    hop_length: int,
    window: str | float | tuple[Any, ...],
    center: bool,
    pad_mode: str,
    top_db: float | None,
    floor: float = POWER_FLOOR,
    pre_emphasis: float = 0.0,
) -> Array:
    """Return the power in every band of every frame in dB, of shape (n_frames, n_bands).

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Waveform.
    bank : FilterBank
        Over ``n_fft // 2 + 1`` bins.
    n_fft, win_length, hop_length, window, center, pad_mode, top_db, floor, pre_emphasis
        As of `log_filter_bank`.
    """
    from scipy.fft import next_fast_len

    y = np.asarray(y, dtype=np.float32)
    if y.ndim != 1:
        raise ValueError(f"expected one waveform, a 1-D array, got an array of shape {y.shape}. Pass one at a time.")
    if hop_length < 1:
        raise ValueError(f"hop_length must be a number of samples from 1 up, got {hop_length}.")
    if not len(y) or (not center and len(y) < n_fft):
        raise ValueError(f"expected a waveform of at least {1 if center else n_fft} samples, got {len(y)}.")
    if not MIN_FLOOR <= floor < np.inf:
        raise ValueError(f"floor must be a finite power of at least {MIN_FLOOR:g}, got {floor:g}.")
    if not len(bank.weights):
        raise ValueError("expected a filter bank of one band or more, got none.")
    win_length = n_fft if win_length is None else win_length
    check_lengths(win_length, n_fft)
    scale = 0  # The clip is y * 2**scale.
    with np.errstate(over="ignore"):
        energy = np.dot(y, y)
    if energy > LOUD:
        scale = int(np.frexp(np.abs(y).max())[1])
        y = np.ldexp(y, -scale)
    precise: NDArray[np.float64] | None = None
    if pre_emphasis:
        # What is left of deep tones is small beside what rounding does to them as they are.
        precise = np.subtract(y, pre_emphasis * np.concatenate([y[:1], y[:-1]]).astype(np.float64), dtype=np.float64)
        y = precise.astype(np.float32)
    frames = framed(y, n_fft, hop_length, center, pad_mode)

    def exact(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        wide = frames if precise is None else framed(precise, n_fft, hop_length, center, pad_mode)
        return exact_band_power(wide, padded_window(window, win_length, n_fft), bank, rows)

    # Transforms of lengths with large prime factors go a long way round, and gather more rounding on it.
    if next_fast_len(n_fft) == n_fft:
        power, mean_power = _band_power(frames, _single_window(window, win_length, n_fft), bank)
        if scale:
            power, mean_power = power.astype(np.float64) * 4.0**scale, mean_power.astype(np.float64) * 4.0**scale
        _clip(power, top_db, floor)
        rows = np.flatnonzero(mean_power * ((1 / power) @ bank.hearing) > 10 ** (DEPTH / 10))
        if len(rows):
            power[rows] = exact(rows) * 4.0**scale
            _clip(power, top_db, floor)
    else:
        power = exact(np.arange(len(frames))) * 4.0**scale
        _clip(power, top_db, floor)
    np.log10(power, out=power)
    power *= 10
    return power.astype(np.float32, copy=False)


def check_lengths(win_length: int, n_fft: int) -> None:
    """Raise if a window does not fit into a frame."""
    if win_length > n_fft:
        raise ValueError(f"win_length={win_length} is longer than the frame, n_fft={n_fft}.")


def _band_power(frames: Array, weights: Array, bank: FilterBank) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the power in every band, and the mean power of the bins, of every frame, in single precision."""
    from scipy.fft import rfft

    n_frames, n_fft = frames.shape
    size = min(max(1, BLOCK // n_fft), n_frames)
    windowed = _scratch("windowed", size * n_fft).reshape(size, n_fft)
    powers, means = [], []
    for start in range(0, n_frames, size):
        block = frames[start : start + size]
        rows = windowed[: len(block)]
        np.multiply(block, weights, out=rows)
        # Squares of real and imaginary parts lie side by side; the filters add them up.
        squares = np.ascontiguousarray(rfft(rows)).view(np.float32)
        np.multiply(squares, squares, out=squares)
        powers.append(bank.power(squares))
        means.append(squares @ bank.average)
    if len(powers) == 1:
        return powers[0], means[0]
    return np.concatenate(powers), np.concatenate(means)


def exact_band_power(
    frames: NDArray[Any], weights: NDArray[np.float64], bank: FilterBank, rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the power in every band of some frames, in double precision."""
    from scipy.fft import rfft

    size = max(1, BLOCK // frames.shape[1])
    powers = []
    for start in range(0, len(rows), size):
        spectrum = rfft(frames[rows[start : start + size]] * weights)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        powers.append(power @ bank.weights.T)
    return np.concatenate(powers)


def _clip(power: NDArray[Any], top_db: float | None, floor: float = POWER_FLOOR) -> None:
    """Raise power to the floor, and to `top_db` below the peak of the clip."""
    if top_db is not None:
        floor = float(np.maximum(floor, power.max() * 10 ** (-top_db / 10)))  # NaN stays NaN
    np.maximum(power, power.dtype.type(floor), out=power)


def framed(y: NDArray[Any], n_fft: int, hop_length: int, center: bool, pad_mode: str) -> NDArray[Any]:
    """Return the frames of a waveform, of shape (n_frames, n_fft), as a view.

    In single precision it lasts until the next call.
    """
    if center and pad_mode == "constant" and y.dtype == np.float32:  # np.pad takes its time
        half = n_fft // 2
        padded = _scratch("padded", len(y) + 2 * half)
        padded[:half] = padded[half + len(y) :] = 0
        padded[half : half + len(y)] = y
        y = padded
    elif center:
        y = np.pad(y, n_fft // 2, mode=pad_mode)  # type: ignore[call-overload]
    y = np.ascontiguousarray(y)
    return np.ndarray(
        (1 + (len(y) - n_fft) // hop_length, n_fft), y.dtype, y, strides=(hop_length * y.itemsize, y.itemsize)
    )


def _scratch(name: str, size: int) -> Array:
    """Return memory of this thread's own, kept from call to call: fresh memory costs more than what is done in it."""
    kept: Array | None = getattr(_memory, name, None)
    if kept is None or len(kept) < size:
        kept = np.empty(size, dtype=np.float32)
        if size <= 4 * BLOCK:
            setattr(_memory, name, kept)
    return kept[:size]


def power_to_db(power: NDArray[Any], top_db: float | None) -> Array:
    """Return 10 log10 of power (dB), cut `top_db` below the peak of the clip."""
    power = np.array(power)
    _clip(power, top_db)
    return (10 * np.log10(power)).astype(np.float32)


@lru_cache(maxsize=32, typed=True)  # True is no 1.0 here.
def padded_window(window: str | float | tuple[Any, ...], win_length: int, n_fft: int) -> NDArray[np.float64]:
    """Return the analysis window, centred in `n_fft` samples."""
    weights = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    if isinstance(window, bool):
        raise TypeError("expected a name, a number or a tuple, got a boolean.")
    if window == "hann" and win_length > 1:  # not from SciPy, whose windows take a second to import
        inside = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win_length) / win_length)
    else:
        from scipy.signal import get_window

        with np.errstate(all="ignore"):
            inside = get_window(window, win_length, fftbins=True)
    weights[start : start + win_length] = inside
    if not np.isfinite(weights).all():
        raise ValueError("its weights are not finite.")
    return frozen(weights)


@lru_cache(maxsize=32, typed=True)
def _single_window(window: str | float | tuple[Any, ...], win_length: int, n_fft: int) -> Array:
    return frozen(padded_window(window, win_length, n_fft).astype(np.float32))
