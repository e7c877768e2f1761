"""What all changes of a waveform need: numbers drawn from ranges, levels, filters by their gains."""

from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

Waveform: TypeAlias = NDArray[np.float32]
Range: TypeAlias = float | tuple[float, float]

FLOAT32_MAX = float(np.finfo(np.float32).max)
N_TAPS = 1024  # of filters that are given by their gains


def draw(rng: np.random.Generator, value: Range, name: str) -> float:
    """Return a number as it is, or one drawn evenly from a range (low, high)."""
    pair: tuple[Any, ...] = value if isinstance(value, tuple) else (value, value)
    are_numbers = len(pair) == 2 and all(isinstance(number, Real) and np.isfinite(number) for number in pair)
    if not are_numbers or not pair[0] <= pair[1]:
        raise ValueError(f"{name} must be a number or a range (low, high), got {value!r}.")
    return float(rng.uniform(*pair)) if isinstance(value, tuple) else float(value)


def peak(y: NDArray[np.floating]) -> float:
    """Return the largest magnitude; 0 for no samples."""
    return float(max(-np.min(y), np.max(y))) if len(y) else 0.0


def rms(y: NDArray[np.floating]) -> float:
    """Return the root mean square, in float64, which squares of float32 do not leave."""
    return float(np.sqrt(np.mean(np.square(y, dtype=np.float64))))


def decibels(value: float) -> float:
    """Return the factor on amplitudes."""
    return float(10 ** (value / 20))


def as_waveform(y: NDArray[np.floating]) -> Waveform:
    """Return float32, limited to what float32 holds."""
    return np.clip(y, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)


def at_level(y: NDArray[np.float64], level: float) -> Waveform:
    """Bring a waveform to a root mean square; silence stays silence."""
    before = rms(y)
    return as_waveform(y * (level / before) if before > 0 else y)


def band_centres(sample_rate: float) -> NDArray[np.float64]:
    """Return the frequencies, in Hz, at which `filtered` wants gains."""
    return fft.rfftfreq(N_TAPS, 1 / sample_rate)


def filtered(y: NDArray[np.floating], gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter without delay, by gains at `band_centres`, smoothed by a Hann window over the response."""
    response = fft.fftshift(fft.irfft(gains)) * signal.windows.hann(N_TAPS, sym=False)
    return convolved(y, response, N_TAPS // 2)


def convolved(y: NDArray[np.floating], response: NDArray[np.float64], delay: int = 0) -> NDArray[np.float64]:
    """Convolve, without the first samples that are but a delay; as long as before."""
    return signal.fftconvolve(y.astype(np.float64), response)[delay : delay + len(y)]
