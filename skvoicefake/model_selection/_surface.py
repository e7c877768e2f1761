"""What can be told of a clip without listening to the voice: the file it came in, and the surface of its sound."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft
from scipy.signal import get_window

from skvoicefake.audio import MAX_RATE, MIN_RATE, AudioError, Clip
from skvoicefake.audio._decoding import decode
from skvoicefake.audio._load import as_channels, check_samples, unpack_pair
from skvoicefake.model_selection._containers import facts_of_file

__all__ = ["UNUSABLE", "read_file", "surface_features", "unusable"]

UNUSABLE = {
    "silence": "no sample is louder than -80 dBFS",
    "constant": "all samples have one value",
    "mostly clipped": "more than a tenth of the samples stand in flat tops",
}
SILENT_DB = -80.0  # dBFS: about three steps of 16 bits
MOSTLY_CLIPPED = 0.1
LOWEST_DB = -120.0  # stands for no power at all
LOUD = 1e6  # what is louder overflows float32 when it is squared and added up
STORED_AS_IS = ("PCM_", "FLOAT", "DOUBLE", "ALAC", "DPCM", "FLAC")  # the starts of the names of lossless codecs

STEP_S = 0.01  # the frames in which level, silence and pauses are measured
WINDOW_S = 0.032  # the frames in which spectra are measured
MOST_WINDOWS = 10_000  # of an hour's recording, evenly spaced
ACTIVE_DB = 30.0  # what is further beneath the loudest frames is a pause
STEADY_DB = 6.0  # what is nearer to them is none
QUIET = 0.1  # the share of frames that count as quiet
BANDS_HZ = (300.0, 3400.0)  # between hum, the telephone's band and what lies above it
TOP_BAND = 7 / 8  # of half the sample rate: where the top band begins
EDGE_HZ, EDGE_DB = 300.0, 15.0  # a spectrum ends where it falls by so much, from these Hz below to those above
LEAST_END_HZ = 1500.0


def read_file(
    clip: Clip, name: str, *, sample_rate: float = 16_000
) -> tuple[NDArray[np.float32], float, dict[str, float | str]]:
    """Decode a clip at its own sample rate, and tell what file it came in.

    Parameters
    ----------
    clip : path, bytes, binary file, ndarray or (ndarray, rate) pair
        As :func:`skvoicefake.audio.load_audio` takes it.
    name : str
        What to call the clip in error messages.
    sample_rate : float, default=16000
        Rate in Hz of clips that are bare arrays.

    Returns
    -------
    channels : ndarray of shape (n_samples, n_channels), float32
        At least one sample, all finite.
    rate : float
        Sample rate in Hz.
    facts : dict
        `container` and `codec` (soundfile's names of format and subtype, such
        as "WAV" and "PCM_16"; ffprobe's, such as "mp4" and "aac", for what
        ffmpeg decodes, or without it the container alone, by its first bytes;
        "array" and the type of the samples for arrays) and `n_bytes`.

    Raises
    ------
    AudioError
        As :func:`skvoicefake.audio.load_audio` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.model_selection._surface import read_file
    >>> channels, rate, facts = read_file((np.zeros(8000, dtype=np.int16), 8000), "silence")
    >>> channels.shape, rate, facts
    ((8000, 1), 8000.0, {'container': 'array', 'codec': 'int16', 'n_bytes': 16000})
    """
    facts: dict[str, float | str]
    if isinstance(clip, tuple | list | np.ndarray):
        samples, rate = (clip, float(sample_rate)) if isinstance(clip, np.ndarray) else unpack_pair(clip, name)
        facts = {"container": "array", "codec": samples.dtype.name, "n_bytes": samples.nbytes}
        channels = as_channels(samples, name)
    else:
        channels, rate = decode(clip, name, None, sample_rate)
        facts = facts_of_file(clip)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(
            f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz."
            " Check the file's header, or the rate of the (waveform, rate) pair."
        )
    check_samples(channels, name)
    return channels.astype(np.float32, copy=False), float(rate), facts


def surface_features(
    channels: NDArray[np.float32], rate: float, facts: Mapping[str, float | str]
) -> dict[str, float | str]:
    """Measure what a clip gives away without its voice.

    Parameters
    ----------
    channels : ndarray of shape (n_samples, n_channels), float32
        A clip with at least one sample, all finite.
    rate : float
        Sample rate in Hz.
    facts : mapping
        `container`, `codec` and `n_bytes`, as :func:`read_file` tells them.

    Returns
    -------
    features : dict of str to float or str
        NaN where a clip has no such thing. Of the mean of the channels:

        - `duration_s`: seconds.
        - `level_db`: RMS of what is no pause, in dBFS (0 is a constant 1).
          A pause is a frame of 10 ms that is 30 dB beneath the loudest
          twentieth of the frames, or (in noise) nearer to the quietest
          twentieth than to them and 6 dB beneath.
        - `peak_db`: the greatest sample, dBFS.
        - `dc`: mean of the samples over the RMS of what is no pause.
        - `leading_silence_s`, `trailing_silence_s`: seconds before the first
          and after the last frames that are no pauses.
        - `digital_silence`: share of the frames in which all samples are one
          value.
        - `noise_db`: level of the quiet frames, in dB relative to
          `level_db`; `noise_low_db`, `noise_mid_db`, `noise_high_db`,
          `noise_top_db`: their spectral power below 300 Hz, from there to
          3400 Hz, from there to the top band, and in the top band, the upper
          eighth of what the sample rate can hold, relative to the power of
          what is no pause.
        - `bandwidth_hz`: where the long-term spectrum ends: the frequency
          above 1500 Hz at which it falls most steeply, by 15 dB or more within
          a few hundred Hz, not to rise again; half the sample rate where it
          does not.
        - `high_db`, `top_db`: long-term power above 3400 Hz and in the top
          band, in dB relative to all of it.
        - `clipping`: share of the samples in flat tops: two or more
          neighbours at the clip's greatest or least value.

        Of the file and all of its channels:

        - `sample_rate`: Hz. `n_channels`. `container`, `codec`: words.
        - `bits_per_second`: of codecs that lose something, to the nearest
          half octave, as short clips carry a greater share of headers.
        - `bit_depth`: how many bits the samples of lossless files and
          integer arrays use: 8 for 8-bit sound in a 16-bit file; 32 for
          samples that fit no 24 bits.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.model_selection._surface import surface_features
    >>> clip = np.zeros((16000, 1), dtype=np.float32)
    >>> clip[4000:, 0] = 0.1 * np.random.default_rng(0).normal(size=12000)
    >>> features = surface_features(clip, 16000, {"container": "WAV", "codec": "PCM_16", "n_bytes": 32044})
    >>> features["leading_silence_s"], round(features["level_db"])
    (0.25, -20)
    """
    wave: NDArray[Any] = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1, dtype=np.float64)
    peak = float(max(np.max(wave), -np.min(wave)))
    mean = float(wave.mean(dtype=np.float64))
    # In float64 only where it must be: samples may be as great as float32 can hold.
    wave = wave.astype(np.float32 if peak < LOUD else np.float64)
    wave -= wave.dtype.type(mean)
    frames = _frames(wave, max(1, round(STEP_S * rate)))
    power = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    levels = _decibels(power)
    loud, floor = np.quantile(levels, [0.95, 0.05])
    is_active = levels >= max(loud - ACTIVE_DB, min((loud + floor) / 2, loud - STEADY_DB))
    level = float(_decibels(power[is_active].mean()))
    first, last = _ends(is_active)
    step = frames.shape[1] / rate
    n_quiet = max(1, int(QUIET * len(levels)))
    features: dict[str, float | str] = {
        "duration_s": len(wave) / rate,
        "level_db": level,
        "peak_db": float(_decibels(peak**2)),
        "dc": mean / 10 ** (level / 20) if level > LOWEST_DB else np.nan,
        "leading_silence_s": first * step,
        "trailing_silence_s": (len(levels) - 1 - last) * step,
        "digital_silence": float(np.mean(np.ptp(frames, axis=1) == 0)),
        "noise_db": float(_decibels(np.partition(power, n_quiet - 1)[:n_quiet].mean())) - level,
        "clipping": _flat_tops(wave),
        "sample_rate": float(rate),
        "n_channels": float(channels.shape[1]),
        "container": facts["container"],
        "codec": facts["codec"],
        "bits_per_second": np.nan,
        "bit_depth": np.nan,
    }
    features |= _spectral_features(wave, rate)
    if str(facts["codec"]).upper().startswith(STORED_AS_IS) or facts["container"] == "array":
        features["bit_depth"] = _bits_in_use(channels)
    else:
        bits = 8 * float(facts["n_bytes"]) * rate / len(wave)
        features["bits_per_second"] = float(2 ** (np.round(2 * np.log2(max(bits, 1))) / 2))
    return features


def unusable(features: Mapping[str, float | str]) -> str | None:
    """Return which of the conditions of `UNUSABLE` a clip meets, by its features, or None."""
    if float(features["digital_silence"]) == 1 and float(features["level_db"]) <= LOWEST_DB:
        return "silence" if float(features["peak_db"]) <= SILENT_DB else "constant"
    if float(features["peak_db"]) <= SILENT_DB:
        return "silence"
    return "mostly clipped" if float(features["clipping"]) > MOSTLY_CLIPPED else None


def _decibels(power: Any) -> Any:
    return 10 * np.log10(np.maximum(power, 10 ** (LOWEST_DB / 10)))


def _frames(wave: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the wave in frames of `size` samples; what does not fill one is left out, but for a shorter wave."""
    n_frames = len(wave) // size
    return wave[: n_frames * size].reshape(n_frames, size) if n_frames else wave[np.newaxis]


def _ends(is_active: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first and the last active frame; lone ones, such as clicks, only count where there are no others."""
    in_run = is_active.copy()
    in_run[1:-1] &= is_active[:-2] | is_active[2:]
    if len(in_run) > 1:
        in_run[0] &= is_active[1]
        in_run[-1] &= is_active[-2]
    where = np.flatnonzero(in_run if in_run.any() else is_active)
    return int(where[0]), int(where[-1])


def _flat_tops(wave: NDArray[Any]) -> float:
    """Return the share of samples that stand beside another at the greatest or the least value."""
    low, high = np.min(wave), np.max(wave)
    slack = np.float32(1e-4) * (high - low)
    n_flat = 0
    for end, at_end in ((high, wave >= high - slack), (-low, wave <= low + slack)):
        if end < max(high, -low) / 2:  # The rest of a clip of clicks is no flat top.
            continue
        where = np.flatnonzero(at_end)
        beside = np.diff(where) == 1
        n_flat += int(np.count_nonzero(np.append(beside, False) | np.append(False, beside)))
    return min(1.0, n_flat / len(wave))


def _bits_in_use(channels: NDArray[np.float32]) -> float:
    if max(np.max(channels), -np.min(channels)) > 1:
        return 32.0
    scaled = channels.ravel() * np.float32(2**23)
    steps = scaled.astype(np.int32)
    if not np.array_equal(steps, scaled):
        return 32.0
    bitwise_or: Any = np.bitwise_or.reduce
    used = int(bitwise_or(steps))
    return float(24 - ((used & -used).bit_length() - 1)) if used else np.nan


def _spectral_features(wave: NDArray[Any], rate: float) -> dict[str, float | str]:
    """Return the levels of bands, of quiet frames and of all, and where the spectrum ends."""
    size = next_fast_len(max(32, round(WINDOW_S * rate)), real=True)
    if len(wave) < size:
        wave = np.pad(wave, (0, size - len(wave)))
    hop = max(size // 2, (len(wave) - size) // MOST_WINDOWS)
    windows = np.lib.stride_tricks.sliding_window_view(wave, size)[::hop]
    spectra = np.abs(rfft(windows * get_window("hann", size).astype(wave.dtype), axis=1)) ** 2
    power = spectra.sum(axis=1)
    order = np.argsort(power)
    quiet = spectra[order[: max(1, int(QUIET * len(order)))]].mean(axis=0, dtype=np.float64)
    # The loudest half stands for what is no pause, in frames of this length.
    loud = float(power[order[len(order) // 2 :]].mean(dtype=np.float64))
    mean = spectra.mean(axis=0, dtype=np.float64)
    frequencies = np.arange(len(mean)) * rate / size
    edges = np.searchsorted(frequencies, [0, *BANDS_HZ, TOP_BAND * rate / 2, rate])
    features: dict[str, float | str] = {}
    for name, start, stop in zip(("low", "mid", "high", "top"), edges[:-1], edges[1:], strict=True):
        features[f"noise_{name}_db"] = _ratio_db(quiet[start:stop].sum(), loud) if stop > start else np.nan
    total = mean.sum()
    features["high_db"] = _ratio_db(mean[edges[2] :].sum(), total) if edges[4] > edges[2] else np.nan
    features["top_db"] = _ratio_db(mean[edges[3] :].sum(), total)
    features["bandwidth_hz"] = _end_of_spectrum(mean, rate / size, rate / 2)
    return features


def _ratio_db(part: float, whole: float) -> float:
    return float(_decibels(part / whole)) if whole > 0 else LOWEST_DB


def _end_of_spectrum(power: NDArray[np.float64], hz_per_bin: float, nyquist: float) -> float:
    levels = 10 * np.log10(power + max(np.max(power), 1e-30) * 1e-15)
    width = max(2, round(EDGE_HZ / hz_per_bin))
    # Lower than any channel for speech ends, the falls are those of formants.
    edges = np.arange(max(width, round(LEAST_END_HZ / hz_per_bin)), len(levels) - 2)  # at least two bins lie above
    if not len(edges):
        return float(nyquist)
    sums = np.concatenate([[0.0], np.cumsum(levels)])
    ends = np.minimum(edges + width, len(levels))
    below, above = (sums[edges] - sums[edges - width]) / width, (sums[ends] - sums[edges]) / (ends - edges)
    # Whatever comes above the end stays as low, too.
    falls = below - np.maximum.accumulate(above[::-1])[::-1]
    return float(edges[np.argmax(falls)] * hz_per_bin) if np.max(falls) >= EDGE_DB else float(nyquist)
