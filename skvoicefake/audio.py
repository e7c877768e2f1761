"""Any clip -> one float32 mono waveform at one rate."""

import io
import os
import shutil
import subprocess
import warnings
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AudioError", "Clip", "load_audio"]

Waveform: TypeAlias = NDArray[np.float32]
Clip: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | NDArray[Any] | tuple[NDArray[Any], float]
)

MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz
MAX_CHANNELS = 64
# The resampler looks this far past the last sample that is kept, so that a clip cut before
# resampling sounds the same as one cut after it.
RESAMPLER_MARGIN = 0.1  # seconds


class AudioError(ValueError):
    """A clip that cannot be read as audio; the message names it and says what to do."""


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
        Read at most this many seconds from the start; None reads everything.
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

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.audio import load_audio
    >>> stereo = np.full((8000, 2), 16384, dtype=np.int16)
    >>> waveform = load_audio((stereo, 8000), 16000)
    >>> waveform.shape, waveform.dtype
    ((16000,), dtype('float32'))
    """
    name = clip_name(clip) if name is None else name
    if isinstance(clip, tuple | list):
        samples, rate = _unpack_pair(clip, name)
        channels = _as_channels(samples, name)
    elif isinstance(clip, np.ndarray):
        channels, rate = _as_channels(clip, name), float(sample_rate)
    else:
        channels, rate = _decode(clip, name, duration)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(
            f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz."
            " Check the file's header, or the rate of the (waveform, rate) pair."
        )
    if duration is not None:
        channels = channels[: int(np.ceil((duration + RESAMPLER_MARGIN) * rate))]
    _check_samples(channels, name)
    mono = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1, dtype=np.float64)
    waveform = _resample(mono.astype(np.float32, copy=False), rate, float(sample_rate))
    if duration is not None:
        waveform = waveform[: max(1, round(duration * sample_rate))]
    return waveform


def clip_name(clip: object, position: int | None = None) -> str:
    """Return what error messages call a clip: its place in X, its path, or its type."""
    path = os.fspath(clip) if isinstance(clip, str | os.PathLike) else getattr(clip, "name", None)
    if position is None:
        return repr(path) if isinstance(path, str) else f"clip of type {type(clip).__name__}"
    return f"X[{position}] ({path!r})" if isinstance(path, str) else f"X[{position}]"


def _unpack_pair(pair: tuple[Any, ...] | list[Any], name: str) -> tuple[NDArray[Any], float]:
    if len(pair) == 2 and isinstance(pair[0], Real) and np.ndim(pair[1]) > 0:
        raise AudioError(
            f"{name}: expected a (waveform, rate) pair, got (rate, waveform), the order of"
            " scipy.io.wavfile.read. Swap the two."
        )
    if isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], Real) or isinstance(pair[1], bool):
        raise AudioError(
            f"{name}: expected a path, bytes, an array or a (waveform, rate) pair, got a"
            f" {type(pair).__name__} of length {len(pair)}. Make it np.asarray(...) if it is a waveform."
        )
    rate = float(pair[1])
    if not np.isfinite(rate):
        raise AudioError(f"{name}: expected a finite sample rate in Hz, got {rate}.")
    return np.asarray(pair[0]), rate


def _as_channels(samples: NDArray[Any], name: str) -> NDArray[Any]:
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
        warnings.warn(
            f"{name}: {samples.dtype} samples are scaled by their type, by 2**-63, but all of these fit"
            " 32 bits. If they are 16- or 32-bit PCM, convert them with .astype(np.int16) or np.int32.",
            UserWarning,
            stacklevel=2,
        )
    scaled = samples.astype(np.float64)
    if kind == "u":
        scaled -= 2.0 ** (bits - 1)
    return scaled / 2.0 ** (bits - 1)


def _check_samples(channels: NDArray[Any], name: str) -> None:
    n_samples, n_channels = channels.shape
    if n_samples == 0 or n_channels == 0:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{name}: expected at most {MAX_CHANNELS} channels, got {n_channels} of {n_samples} samples."
            " A batch of waveforms is a 2-D X, a row a clip."
        )
    low, high = float(channels.min()), float(channels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(channels)))
        raise AudioError(f"{name}: expected finite samples, got {n_bad} that are NaN or infinity. Repair or drop the clip.")
    if max(-low, high) > np.finfo(np.float32).max:
        raise AudioError(f"{name}: expected samples that fit float32, got a peak of {max(-low, high):.3g}. Scale the clip.")


def _resample(waveform: Waveform, rate: float, target: float) -> Waveform:
    if rate == target:
        return np.ascontiguousarray(waveform)
    import soxr

    n_samples = max(1, round(len(waveform) * target / rate))
    # Scaled to a peak of one, as the resampler's arithmetic overflows on huge samples.
    peak = np.abs(waveform).max()
    resampled = soxr.resample(waveform / peak, rate, target, quality="HQ")[:n_samples] if peak else waveform[:0]
    padded = np.zeros(n_samples, dtype=np.float32)
    limit = np.finfo(np.float32).max / peak if peak > 1 else np.inf
    padded[: len(resampled)] = np.clip(resampled, -limit, limit) * peak
    return padded


def _decode(clip: object, name: str, duration: float | None) -> tuple[NDArray[np.float32], float]:
    """Decode a path, bytes or an open binary file to float32 (n_samples, n_channels) and its rate in Hz."""
    import soundfile

    source: Any
    if isinstance(clip, str | os.PathLike):
        source = Path(clip)
        _check_path(source, name)
    elif isinstance(clip, bytes | bytearray | memoryview):
        source = io.BytesIO(clip)
    elif hasattr(clip, "read") and hasattr(clip, "seek"):
        clip.seek(0)
        content = clip.read()
        if not isinstance(content, bytes):
            raise AudioError(f"{name}: expected a file opened in binary mode ('rb'), got a text file.")
        source = io.BytesIO(content)
    else:
        raise AudioError(
            f"{name}: expected a path, bytes, an open binary file, an array or a (waveform, rate) pair,"
            f" got {type(clip).__name__}."
        )
    if isinstance(source, io.BytesIO) and not source.getbuffer().nbytes:
        raise AudioError(f"{name}: expected audio, got 0 bytes. Leave the clip out.")
    announced = _announced_wav_bytes(source)
    if announced is not None and announced[0] > announced[1]:
        raise AudioError(
            f"{name}: truncated wav: the header announces {announced[0]} bytes of sound, {announced[1]} are"
            " there. Copy the file again, or cut it properly with an audio tool."
        )
    try:
        with soundfile.SoundFile(source) as file:
            rate = file.samplerate
            wanted = file.frames
            if duration is not None:
                wanted = min(wanted, int(np.ceil((duration + RESAMPLER_MARGIN) * rate)))
            samples = file.read(wanted, dtype="float32", always_2d=True)
            file_format = file.format
    except (soundfile.LibsndfileError, OSError) as error:
        return _decode_with_ffmpeg(source, name, str(error).rstrip("."), duration)
    # mp3 headers announce the encoder's padding as well, so their frame count is no promise.
    if len(samples) < wanted and file_format != "MP3":
        raise AudioError(
            f"{name}: truncated {file_format} file: {len(samples)} of {wanted} samples could be decoded."
            " Copy the file again."
        )
    return samples, rate


def _check_path(path: Path, name: str) -> None:
    if path.is_dir():
        raise AudioError(f"{name}: expected an audio file, got a folder. List the files in it instead.")
    if not path.exists():
        raise AudioError(f"{name}: no such file. The current folder is {Path.cwd().name!r}; check the path.")
    try:
        if path.stat().st_size == 0:
            raise AudioError(f"{name}: expected audio, got an empty file (0 bytes). Leave it out.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{name}: cannot be opened: {error.strerror}.") from error


def _announced_wav_bytes(source: Path | io.BytesIO) -> tuple[int, int] | None:
    """Return the bytes of sound a wav header announces and those that are there; None where it does not say.

    libsndfile quietly returns what is left of a truncated wav.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _announced_in(file)
    found = _announced_in(source)
    source.seek(0)
    return found


def _announced_in(file: BinaryIO) -> tuple[int, int] | None:
    total = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = file.read(12)
    if header[:4] != b"RIFF" or header[8:] != b"WAVE":
        return None
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            # Programs that write to a pipe cannot go back to fill the size in.
            is_unknown = size in (0, 0x7FFFFFFF) or size >= 0xFFFFFF00
            return None if is_unknown else (size, total - file.tell())
        file.seek(size + size % 2, os.SEEK_CUR)
    return None


def _decode_with_ffmpeg(
    source: Path | io.BytesIO, name: str, reason: str, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    import soundfile

    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise AudioError(
            f"{name}: not audio that libsndfile can read ({reason}). If it is m4a, aac, amr or a video, install"
            " the ffmpeg program; else convert it to wav or flac."
        )
    is_path = isinstance(source, Path)
    # Only local files and pipes: a playlist must not make ffmpeg open addresses.
    command = [ffmpeg, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe,fd"]
    command += ["-i", f"file:{source}" if is_path else "pipe:0", "-map", "0:a:0"]
    if duration is not None:
        command += ["-t", f"{duration + RESAMPLER_MARGIN:.6f}"]
    command += ["-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    result = subprocess.run(
        command,
        input=None if is_path else source.getvalue(),  # type: ignore[union-attr]
        stdin=subprocess.DEVNULL if is_path else None,
        capture_output=True,
        check=False,
    )
    if result.returncode == 0 and result.stdout:
        try:
            samples, rate = soundfile.read(io.BytesIO(result.stdout), dtype="float32", always_2d=True)
            return samples, rate
        except soundfile.LibsndfileError as error:
            reason = str(error).rstrip(".")
    lines = result.stderr.decode(errors="replace").strip().splitlines()
    detail = lines[-1].split(": ", 1)[-1].strip() if lines else "no sound in it"
    raise AudioError(
        f"{name}: not audio that libsndfile ({reason}) or ffmpeg ({detail}) can read. Check that the file is what its"
        " name says."
    )
