"""What of a clip's sound outlives codecs, resampling, gain and cuts: where its spectrogram peaks."""

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import maximum_filter
from scipy.signal import get_window

__all__ = ["FRAME_S", "N_BINS", "fingerprint"]

RATE = 8000  # Hz: what is above the telephone's band is not looked at, so that telephone copies match
WINDOW, HOP = 512, 128  # samples
FRAME_S = HOP / RATE
LOWEST, HIGHEST = 20, 218  # bins of the spectrum: 312 to 3406 Hz
N_BINS = HIGHEST - LOWEST
BINS_AROUND, FRAMES_AROUND = 6, 3  # a peak is the greatest of so many on every side: 94 Hz and 48 ms
LOWEST_DB = -90.0  # beneath the loudest sample: a band that holds no more than rounding errors
FLOOR_DB = 60.0  # what is so far beneath the loudest is the codec's or the room's
LEAST_RISE_DB = 3.0  # above the mean of its frequency: hum does not rise, however loud
LONGEST_S = 60.0  # the seconds of which spectra are taken at a time: those of an hour are gigabytes


def fingerprint(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.int64]:
    """Return the peaks of a clip's spectrogram, by which copies of it are found.

    Peaks stay where they are, in frequency and in time from one another, when
    a clip is resampled, sent through a codec or a telephone, made louder,
    padded or cut. Sound that is steady has none; neither has silence.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,), float32
        Mono, finite.
    sample_rate : int
        Rate in Hz.

    Returns
    -------
    peaks : ndarray of shape (n_peaks, 2), int64
        The frequency of every peak, in bins of 15.6 Hz from 312 Hz, and its
        time, in frames of 16 ms; by time, then by frequency. About 60 for a
        second of speech.

    References
    ----------
    A. Wang, "An Industrial-Strength Audio Search Algorithm", ISMIR 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.model_selection._fingerprints import fingerprint
    >>> waveform = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
    >>> peaks = fingerprint(waveform, 16_000)
    >>> np.array_equal(fingerprint(0.1 * waveform, 16_000), peaks)
    True
    """
    top = np.max(np.abs(waveform), initial=0)
    if not top > 0:
        return np.empty((0, 2), dtype=np.int64)
    waveform = waveform / np.float32(top)
    if sample_rate != RATE:
        waveform = soxr.resample(waveform, sample_rate, RATE, quality="MQ")
    if len(waveform) < WINDOW:
        return np.empty((0, 2), dtype=np.int64)
    # Nothing is padded: the edge of a cut would be a click, and clicks are alike.
    frames = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW)[::HOP]
    window = get_window("hann", WINDOW).astype(np.float32)
    step = round(LONGEST_S / FRAME_S)
    power = np.concatenate([_power(frames[start : start + step] * window) for start in range(0, len(frames), step)])
    loudest = np.max(power)
    if loudest < (WINDOW / 4) ** 2 * 10 ** (LOWEST_DB / 10):
        return np.empty((0, 2), dtype=np.int64)
    decibels = 10 * np.log10(power / loudest + np.float32(10 ** (-FLOOR_DB / 10)))
    around = maximum_filter(decibels, (2 * FRAMES_AROUND + 1, 2 * BINS_AROUND + 1))
    is_peak = (decibels == around) & (decibels > np.maximum(decibels.mean(axis=0) + LEAST_RISE_DB, 3 - FLOOR_DB))
    is_peak[[0, -1]] = False  # what is greatest at the edge of a cut is not known to be a peak
    times, bins = np.nonzero(is_peak)
    return np.stack([bins, times], axis=1).astype(np.int64)


def _power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    spectrum = rfft(frames, axis=1)[:, LOWEST:HIGHEST]
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)
