"""How much speech a clip holds, and where: voiced frames whose spectrum moves; and how like speech the clip is."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skvoicefake.feature_extraction import log_filter_bank

HOP = 0.01  # seconds between frames
WINDOW = 0.04  # seconds of a frame, three periods of 75 Hz
PITCH = 60.0, 450.0  # Hz
MIN_RATE = 4000  # Hz; what is analysed lies beneath 2 kHz, where the harmonics of voices are strong
LAG = 3  # frames to either side between which a spectrum has to move
PERIODIC = 0.5  # least autocorrelation of a voiced frame
MOVING = 0.05  # least movement: held notes of music stay beneath it, nine tenths of voiced frames of speech do not
RANGE = 35.0  # dB beneath the loudest frames within which a voice is looked for
ABOVE = 6.0  # dB above the clip's quietest frames
SILENCE = -100.0  # dB of full scale
N_BANDS = 20
HIGH = 6300.0  # Hz: telephones, and files of 8, 11 and 12 kHz, end beneath
# How much speech there is, what there is above 6.3 kHz, and what kind of sound it is.
MEASURES = ("speech_s", "high_db", "voicing", "rhythm", "loud_share", "active_share", "movement", "level_spread")
BLOCK = 4096  # frames that are worked on at once


class Frames(NamedTuple):
    """What was measured of every frame, each of shape (n_frames,)."""

    level: NDArray[np.float32]  # dB of full scale
    periodicity: NDArray[np.float32]  # 0 to 1
    movement: NDArray[np.float32]  # 0 to 1

    @property
    def loud(self) -> NDArray[np.bool_]:
        """The frames that are no pauses, of clips without noise."""
        return self.level > max(float(np.percentile(self.level, 95)) - RANGE, SILENCE)

    @property
    def active(self) -> NDArray[np.bool_]:
        """The frames that stand out of the clip's own background."""
        return self.loud & (self.level > np.percentile(self.level, 10) + ABOVE)


def measured_frames(y: NDArray[Any], sample_rate: float) -> Frames:
    """Return level, periodicity and movement of every frame of a waveform; frame ``i`` is centred at ``i * HOP`` s.

    Periodicity is the highest peak of the autocorrelation over that of the
    window, as in [1]_, of what lies beneath 2 kHz. Movement is one minus the
    cosine of the spectra (fourth roots of the power) 30 ms before and after.

    References
    ----------
    .. [1] Boersma, "Accurate short-term analysis of the fundamental frequency
       and the harmonics-to-noise ratio of a sampled sound", Proceedings of
       the Institute of Phonetic Sciences 17, University of Amsterdam, 1993.
    """
    from scipy.signal import resample_poly

    if np.ndim(y) != 1 or len(y) == 0:
        raise ValueError(f"expected one waveform, a 1-D array with samples, got an array of shape {np.shape(y)}.")
    if not sample_rate >= MIN_RATE:
        raise ValueError(f"sample_rate must be {MIN_RATE} Hz at least, got {sample_rate}.")
    # Of samples beyond full scale, the power may be beyond single precision.
    y = (y / max(1.0, float(np.max(y)), -float(np.min(y)))).astype(np.float32)
    factor = int(sample_rate // MIN_RATE)
    rate = sample_rate / factor
    if factor > 1:
        y = resample_poly(y, 1, factor)
    length, step = round(WINDOW * rate), HOP * rate
    n_frames = 1 + int(len(y) / step)
    starts = np.round(np.arange(n_frames) * step).astype(np.intp)
    padded = np.zeros(starts[-1] + length + 1, np.float32)
    padded[length // 2 :][: len(y)] = y[: len(padded) - length // 2]
    slices = np.lib.stride_tricks.sliding_window_view(padded, length)
    result = np.ones((3, n_frames), np.float32)
    for first in range(0, n_frames, BLOCK):
        last = min(first + BLOCK, n_frames)
        low, high = max(first - LAG, 0), min(last + LAG, n_frames)
        block = _measured(slices[starts[low:high]], rate)
        result[:, first:last] = block[:, first - low : last - low]
    return Frames(*result)


def speech_measures(y: NDArray[Any], sample_rate: float) -> NDArray[np.float64]:
    """Return what `DomainGuard` measures of one waveform, of shape (n_measures,).

    Speech are the voiced frames whose spectrum moves. Of what is read aloud,
    they are about half: pauses and consonants without voice do not count.
    """
    frames = measured_frames(y, sample_rate)
    bands = log_filter_bank(
        y,
        sample_rate=sample_rate,
        n_filters=N_BANDS,
        n_fft=2 ** int(np.ceil(np.log2(0.03 * sample_rate))),
        win_length=None,
        hop_length=round(HOP * sample_rate),
        pre_emphasis=0.0,
    )
    loud, active = frames.loud, frames.active
    if not loud.any():
        return np.zeros(len(MEASURES))
    voiced = active & (frames.periodicity > PERIODIC)
    seconds = np.count_nonzero(voiced & (frames.movement > MOVING)) * HOP
    periodicity = np.clip(frames.periodicity[voiced], 0.01, 0.999)
    voicing = float(np.median(np.log(periodicity / (1 - periodicity)))) if voiced.any() else 0.0
    movement = np.percentile(np.log(np.maximum(frames.movement[loud], 1e-4)), 10)

    power = 10 ** (bands.astype(np.float64) / 10)
    total = power.sum(axis=1)
    is_high = np.arange(1, N_BANDS + 1) * sample_rate / 2 / (N_BANDS + 1) > HIGH
    share = (power[:, is_high].sum(axis=1) / total)[total >= np.percentile(total, 95) / 10 ** (RANGE / 10)]
    high = 10 * np.log10(np.percentile(share, 95) + 1e-9)
    spread = np.std(frames.level[loud])
    return np.array([seconds, high, voicing, _rhythm(bands), np.mean(loud), np.mean(active), movement, spread])


def _measured(frames: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Return the measures (3, n_frames) of frames (n_frames, n_samples); those without neighbours move by 1."""
    from scipy.fft import irfft, rfft

    window, n_fft, expected = _tables(frames.shape[1], rate)
    spectra = rfft(frames * window, n_fft)
    power = spectra.real**2 + spectra.imag**2
    power[:, : int(np.ceil(PITCH[0] * n_fft / rate))] = 0
    correlation = irfft(power, n_fft)
    energy = correlation[:, 0]
    shortest, longest = int(rate / PITCH[1]), int(rate / PITCH[0])
    lags = slice(shortest - 1, longest + 2)
    ratio = correlation[:, lags] / ((energy[:, None] + 1e-20) * expected[lags])
    inner = ratio[:, 1:-1]
    # Noise of low frequencies correlates at the shortest lags too, but has no peak there.
    is_peak = (inner >= ratio[:, :-2]) & (inner >= ratio[:, 2:])
    periodicity = np.clip(np.where(is_peak, inner, 0).max(axis=1), 0, 1)
    shape = np.sqrt(np.sqrt(power))
    shape /= np.linalg.norm(shape, axis=1, keepdims=True) + 1e-9
    movement = np.ones_like(energy)
    if len(frames) > 2 * LAG:
        movement[LAG:-LAG] = 1 - np.einsum("ij,ij->i", shape[2 * LAG :], shape[: -2 * LAG])
    return np.stack([10 * np.log10(energy / np.sum(window**2) + 1e-20), periodicity, movement])


@lru_cache(maxsize=8)
def _tables(length: int, rate: float) -> tuple[NDArray[np.float32], int, NDArray[np.float32]]:
    """Return the window, the size of its transform, and its autocorrelation."""
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.signal.windows import hann

    window = hann(length, sym=False).astype(np.float32)
    n_fft = int(next_fast_len(2 * length, real=True))
    correlation = irfft(np.abs(rfft(window, n_fft)) ** 2, n_fft)
    return window, n_fft, np.maximum(correlation / correlation[0], 1e-3).astype(np.float32)


def _rhythm(bands: NDArray[Any]) -> float:
    """Return how much stronger the bands rise and fall at the pace of syllables, 2 to 8 Hz, than slower; in nepers."""
    from scipy.fft import rfft

    n_fft = max(512, 2 ** int(np.ceil(np.log2(len(bands)))))
    envelopes = np.maximum(bands, np.max(bands) - 50)
    envelopes = (envelopes - envelopes.mean(axis=0)) * np.hanning(len(bands))[:, None]
    power = (np.abs(rfft(envelopes, n_fft, axis=0)) ** 2).sum(axis=1)
    pace = np.arange(len(power)) / n_fft / HOP
    slow, syllables = np.sum(power[pace < 2]), np.sum(power[(pace >= 2) & (pace < 8)])
    return float(np.log((syllables + 1e-3) / (slow + 1e-3)))
