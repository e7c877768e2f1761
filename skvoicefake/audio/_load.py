"""load_audio: whatever a clip is, one waveform."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake._warn import warn
from skvoicefake.audio._clip import (
    MAX_DURATION,
    MAX_RATE,
    MIN_RATE,
    AudioError,
    Clip,
    Waveform,
    check_n_channels,
    clip_name,
)
from skvoicefake.audio._decoding import decode, n_needed

# The resampler's float32 arithmetic overflows on samples far beyond this.
LOUD = 2.0**64


def load_audio(
    clip: Clip, sample_rate: float = 16_000, *, duration: float | None = None, name: str | None = None
) -> Waveform:
    """Load any clip as one float32 mono waveform at one sample rate.

    Parameters
    ----------
    clip : path, bytes, binary file, ndarray or (ndarray, rate) pair
        wav, flac, mp3, ogg and opus are decoded by libsndfile; m4a, aac, amr
        and the sound of videos by the ``ffmpeg`` program, where it is
        installed. An array is taken to be at `sample_rate`; a
        ``(waveform, rate)`` pair says its rate in Hz. Integer samples are
        scaled by their type to [-1, 1) (unsigned ones are centred first), and
        the channels of a 2-D array (its shorter axis) are averaged.
    sample_rate : float, default=16000
        Rate of the result in Hz. Other rates are resampled by soxr at its
        high quality.
    duration : float, default=None
        Read at most this many seconds, 86400 or fewer, from the start; None
        reads everything.
    name : str, default=None
        What to call the clip in error messages; None uses its path.

    Returns
    -------
    waveform : ndarray of shape (n_samples,), float32
        At least one sample, all finite.

    Raises
    ------
    AudioError
        If the clip is missing, a folder, empty, truncated, not audio, holds
        NaN or infinity, or has a rate outside 1-768 kHz or more than 64
        channels.
    ValueError
        If `sample_rate` or `duration` makes no sense.

    Notes
    -----
    Only headers that say how much sound follows betray a truncated file:
    those of wav, aiff, au, caf, w64 and flac. mp3, aac, ogg and opus have
    none; what is left of them is read, or they cannot be read at all.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.audio import load_audio
    >>> stereo = np.full((8000, 2), 16384, dtype=np.int16)
    >>> waveform = load_audio((stereo, 8000), 16000)
    >>> waveform.shape, waveform.dtype
    ((16000,), dtype('float32'))
    """
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise ValueError(f"sample_rate must lie between {MIN_RATE} and {MAX_RATE} Hz, got {sample_rate}.")
    if duration is not None and not 0 < duration <= MAX_DURATION:
        raise ValueError(
            f"duration must be a positive number of seconds, at most {MAX_DURATION} (a day), or None, got {duration}."
        )
    name = clip_name(clip) if name is None else name
    is_theirs = isinstance(clip, tuple | list | np.ndarray)  # the caller's samples stay as they are
    if isinstance(clip, tuple | list):
        samples, rate = unpack_pair(clip, name)
        channels = as_channels(samples, name)
    elif isinstance(clip, np.ndarray):
        channels, rate = as_channels(clip, name), float(sample_rate)
    else:
        channels, rate = decode(clip, name, duration, sample_rate)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(
            f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz."
            " Check the file's header, or the rate of the (waveform, rate) pair."
        )
    channels = channels[: n_needed(duration, rate, sample_rate)]
    check_samples(channels, name)
    mono = channels[:, 0] if channels.shape[1] == 1 else _mean_of(channels)
    if rate != sample_rate:
        waveform = _resample(mono.astype(np.float32, copy=False), rate, float(sample_rate))
    else:
        waveform = mono.astype(np.float32, copy=is_theirs)
    if duration is not None:
        waveform = waveform[: max(1, round(duration * sample_rate))]
    return waveform


def unpack_pair(pair: tuple[Any, ...] | list[Any], name: str) -> tuple[NDArray[Any], float]:
    """Return the samples and the rate of a (waveform, rate) pair."""
    if len(pair) == 2 and isinstance(pair[0], Real) and np.ndim(pair[1]) > 0:
        raise AudioError(
            f"{name}: expected a (waveform, rate) pair, got (rate, waveform), the order of"
            " scipy.io.wavfile.read. Swap the two."
        )
    if isinstance(pair, list) or len(pair) != 2 or isinstance(pair[1], bool) or not isinstance(pair[1], Real):
        raise AudioError(
            f"{name}: expected a path, bytes, an array or a (waveform, rate) pair, got a"
            f" {type(pair).__name__} of length {len(pair)}. Make it np.asarray(...) if it is a waveform."
        )
    try:
        return np.asarray(pair[0]), float(pair[1])
    except (ValueError, OverflowError) as error:
        raise AudioError(f"{name}: cannot be read as a (waveform, rate) pair: {error}.") from error


def as_channels(samples: NDArray[Any], name: str) -> NDArray[Any]:
    """Return samples as float (n_samples, n_channels), integers scaled by their type."""
    if samples.ndim not in (1, 2):
        raise AudioError(
            f"{name}: expected a 1-D waveform or a 2-D one with channels, got an array of shape {samples.shape}."
        )
    if samples.ndim == 1:
        samples = samples[:, np.newaxis]
    elif samples.shape[0] < samples.shape[1]:
        samples = samples.T
    kind = samples.dtype.kind
    if kind == "f":
        return samples
    if kind not in "iu":
        raise AudioError(
            f"{name}: expected samples of a float or integer type, got dtype {samples.dtype}."
            " Convert the waveform to float32, in [-1, 1]."
        )
    bits = 8 * samples.dtype.itemsize
    if bits == 64 and samples.size and np.abs(samples.astype(np.float64)).max() < 2**31:
        warn(
            f"{name}: {samples.dtype} samples are scaled by their type, by 2**-63, but all of these fit"
            " 32 bits. If they are 16- or 32-bit PCM, convert them with .astype(np.int16) or np.int32.",
        )
    scaled = samples.astype(np.float64)
    if kind == "u":
        scaled -= 2.0 ** (bits - 1)
    return scaled / 2.0 ** (bits - 1)


def check_samples(channels: NDArray[Any], name: str) -> None:
    """Raise where samples (n_samples, n_channels) are none, too many channels, not finite or beyond float32."""
    n_samples, n_channels = channels.shape
    if n_samples == 0 or n_channels == 0:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")
    check_n_channels(n_channels, name)
    low, high = float(channels.min()), float(channels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(channels)))
        raise AudioError(
            f"{name}: expected finite samples, got {n_bad} that are NaN or infinity. Repair or drop the clip."
        )
    if max(-low, high) > float(np.finfo(np.float32).max):
        raise AudioError(f"{name}: expected samples that fit float32, got a peak of {max(-low, high):.3g}. Scale it.")


def _mean_of(channels: NDArray[Any]) -> NDArray[np.float64]:
    # Many times as fast as channels.mean(axis=1, dtype=np.float64), of the same bits.
    total = channels[:, 0].astype(np.float64)
    for i in range(1, channels.shape[1]):
        np.add(total, channels[:, i], out=total, dtype=np.float64, casting="same_kind")
    total /= channels.shape[1]
    return total


def _resample(waveform: Waveform, rate: float, target: float) -> Waveform:
    import soxr

    n_samples = max(1, round(len(waveform) * target / rate))
    # Silence behind the clip, so that the resampler has all the samples to give.
    padded = np.zeros(len(waveform) + 2 * int(np.ceil(rate / target)), dtype=np.float32)
    padded[: len(waveform)] = waveform
    scale = np.float32(LOUD if max(-np.min(waveform), np.max(waveform)) > LOUD else 1)
    if scale != 1:
        padded /= scale
    resampled = soxr.resample(padded, rate, target, quality="HQ")[:n_samples]
    if scale != 1:
        limit = np.finfo(np.float32).max / scale
        resampled = np.clip(resampled, -limit, limit) * scale
    return np.ascontiguousarray(resampled)
