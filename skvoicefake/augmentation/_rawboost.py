"""RawBoost: noise of channels and devices, made from the clip and from random filters alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from skvoicefake.augmentation._noise import mixed
from skvoicefake.augmentation._signals import Waveform, as_waveform, convolved, decibels, peak

PARTS = ("convolutive", "impulsive", "stationary")
# The settings of the paper, section 4.
N_NOTCHES = 5
LOWEST, HIGHEST = 20.0, 8000.0  # Hz, centres of the notches
WIDTH = (100.0, 1000.0)  # Hz
N_TAPS = (10, 100)
ORDER = 5  # of the powers of the waveform
GAIN = (-20.0, -5.0)  # dB, of the powers above the first
SHARE = 0.1  # of the samples, at most, that get impulses
IMPULSE_GAIN = 2.0
SNR = (10.0, 40.0)  # dB


def raw_boost(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    parts: Sequence[str] = PARTS,
) -> Waveform:
    """Add the noise of channels and devices, after RawBoost [1]_.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where noise and filters are drawn from.
    parts : sequence of {"convolutive", "impulsive", "stationary"}
        What is done, one after the other; by default all three, in this order.

        - "convolutive": the powers 1 to 5 of the waveform, each through five
          notch filters in a row; the higher ones 5 to 20 dB quieter.
        - "impulsive": up to 10 % of the samples are changed by up to twice
          their value.
        - "stationary": white noise through five notch filters, 10 to 40 dB
          below the clip.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        A peak beyond 1, and beyond that of the clip before, is brought back to
        it.

    Raises
    ------
    ValueError
        If there is no part of such a name.

    References
    ----------
    .. [1] H. Tak, M. Kamble, J. Patino, M. Todisco and N. Evans, "RawBoost: A
       raw data boosting and augmentation method applied to automatic speaker
       verification anti-spoofing", ICASSP 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import raw_boost
    >>> rng = np.random.default_rng(0)
    >>> y = (0.1 * rng.normal(size=16_000)).astype(np.float32)
    >>> changed = raw_boost(y, 16_000, rng, parts=["impulsive"]) != y
    >>> bool(0 < changed.mean() <= 0.1)
    True
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise ValueError(f"parts must be of {PARTS}, got {unknown[0]!r}.")
    # The powers are for samples in [-1, 1].
    scale = max(1.0, peak(y))
    x = y.astype(np.float64) / scale
    for part in parts:
        if part == "convolutive":
            x = _limited(_convolutive(x, sample_rate, rng))
        elif part == "impulsive":
            x = _limited(_impulsive(x, rng))
        else:
            noise = convolved(rng.standard_normal(len(x)), *_notches(sample_rate, rng))
            x = mixed(as_waveform(x), noise, rng.uniform(*SNR)).astype(np.float64)
    return as_waveform(x * scale)


def _limited(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x / max(1.0, peak(x))


def _convolutive(x: NDArray[np.float64], sample_rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    total = np.zeros(len(x))
    for power in range(1, ORDER + 1):
        gain = 1.0 if power == 1 else decibels(rng.uniform(*GAIN))
        total += gain * convolved(x**power, *_notches(sample_rate, rng))
    return total - total.mean()


def _impulsive(x: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    places = rng.permutation(len(x))[: int(len(x) * rng.uniform(0, SHARE))]
    factors = rng.uniform(-1, 1, len(places)) * rng.uniform(-1, 1, len(places))
    x = x.copy()
    x[places] *= 1 + IMPULSE_GAIN * factors
    return x


def _notches(sample_rate: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], int]:
    """Return the taps of band-stop filters in a row, of a largest gain of 1, and their delay."""
    nyquist = sample_rate / 2
    taps = np.ones(1)
    for _ in range(N_NOTCHES):
        centre, width = rng.uniform(LOWEST, min(HIGHEST, nyquist)), rng.uniform(*WIDTH)
        edges = [max(centre - width / 2, 1e-3), min(centre + width / 2, nyquist - 1e-3)]
        n_taps = int(rng.integers(*N_TAPS)) | 1  # band-stop filters have an odd number
        taps = np.convolve(signal.firwin(n_taps, edges, fs=sample_rate), taps)
    _, gains = signal.freqz(taps)
    return taps / np.max(np.abs(gains)), len(taps) // 2
