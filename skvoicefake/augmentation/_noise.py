"""Additive noise: coloured, and the babble of many voices."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from skvoicefake.augmentation._signals import Range, Waveform, as_waveform, decibels, draw, rms

SLOPES = {"white": 0.0, "pink": 1.0, "brown": 2.0}  # the power of these falls with so manyth a power of frequency
COLOURS = (*SLOPES, "babble")
LOWEST = 50.0  # Hz; below it, noise of every colour is white, or most of it would be there, where nobody hears it
N_VOICES = 6


def add_noise(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    snr: Range = (5.0, 30.0),
    colour: str | None = None,
) -> Waveform:
    """Add noise at a signal-to-noise ratio.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the noise is drawn from.
    snr : float or (float, float), default=(5, 30)
        Ratio in dB of the powers of clip and noise, both over the whole clip;
        a range is drawn from evenly.
    colour : {"white", "pink", "brown", "babble"} or None, default=None
        The power of white noise is the same at all frequencies, that of pink
        noise falls with frequency above 50 Hz, that of brown noise with its
        square.
        "babble" is the clip itself, six times, from other moments and half of
        them backwards: as many voices, none of which can be understood. None
        draws one of the four.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        A silent clip stays silent, as no noise is so much quieter.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import add_noise
    >>> rng = np.random.default_rng(0)
    >>> y = np.sin(np.arange(16_000)).astype(np.float32)
    >>> noise = add_noise(y, 16_000, rng, snr=10, colour="pink") - y
    >>> bool(np.isclose(np.mean(y**2) / np.mean(noise**2), 10, rtol=1e-4))
    True
    """
    if colour is None:
        colour = COLOURS[rng.integers(len(COLOURS))]
    if colour not in COLOURS:
        raise ValueError(f"colour must be one of {COLOURS} or None, got {colour!r}.")
    noise = _babble(y, rng) if colour == "babble" else _coloured(len(y), sample_rate, SLOPES[colour], rng)
    return mixed(y, noise, draw(rng, snr, "snr"))


def mixed(y: Waveform, noise: NDArray[np.float64], snr: float) -> Waveform:
    """Add noise so that the ratio of the powers is `snr` dB."""
    level = rms(noise)
    return as_waveform(y + noise * (rms(y) * decibels(-snr) / level)) if level > 0 else y


def _coloured(n_samples: int, sample_rate: float, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    n_fft = fft.next_fast_len(n_samples, real=True)
    frequencies = np.maximum(fft.rfftfreq(n_fft, 1 / sample_rate), LOWEST)
    return fft.irfft(fft.rfft(rng.standard_normal(n_fft)) * frequencies ** (-slope / 2), n_fft)[:n_samples]


def _babble(y: Waveform, rng: np.random.Generator) -> NDArray[np.float64]:
    voices = [np.roll(y, rng.integers(len(y)))[:: -1 if i % 2 else 1] for i in range(N_VOICES)]
    return np.sum(voices, axis=0, dtype=np.float64)
