"""Any clip -> one float32 mono waveform at one rate."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AudioError", "Clip", "load_audio"]

Waveform: TypeAlias = NDArray[np.float32]
Clip: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | NDArray[Any] | tuple[NDArray[Any], float]
)

MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz
MAX_CHANNELS = 64
MAX_DURATION = 86_400  # seconds, a day
# Files of chunks, by what they start with: format, start of the first chunk, bytes of a chunk's name and of its size,
# byte order, the multiple that chunks are padded to, and the name of the chunk that holds the sound.
CHUNKED: dict[bytes, tuple[str, int, int, int, Literal["little", "big"], int, bytes]] = {
    b"RIFF": ("wav", 12, 4, 4, "little", 2, b"data"),
    b"RF64": ("wav", 12, 4, 4, "little", 2, b"data"),
    b"RIFX": ("wav", 12, 4, 4, "big", 2, b"data"),
    b"FORM": ("aiff", 12, 4, 4, "big", 2, b"SSND"),
    b"caff": ("caf", 8, 4, 8, "big", 1, b"data"),
    b"riff": ("w64", 40, 16, 8, "little", 8, b"data"),
}
# Headers lie, or (in a flac that was streamed) do not say how long the clip is: memory is asked for as sound comes.
BLOCK = 2**20  # samples
# How far the resampler looks past the last sample that is kept, so that a clip cut before resampling gets the same
# bits as one cut after it: many times its filter, as the bits depend on the block a sample is transformed with.
MARGIN = 4096  # samples at the lower of the two rates
# The resampler's float32 arithmetic overflows on samples far beyond this.
LOUD = 2.0**64


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
    if isinstance(clip, tuple | list):
        samples, rate = _unpack_pair(clip, name)
        channels = _as_channels(samples, name)
    elif isinstance(clip, np.ndarray):
        channels, rate = _as_channels(clip, name), float(sample_rate)
    else:
        channels, rate = _decode(clip, name, duration, sample_rate)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(
            f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz."
            " Check the file's header, or the rate of the (waveform, rate) pair."
        )
    channels = channels[: _n_needed(duration, rate, sample_rate)]
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
    if isinstance(pair, list) or len(pair) != 2 or isinstance(pair[1], bool) or not isinstance(pair[1], Real):
        raise AudioError(
            f"{name}: expected a path, bytes, an array or a (waveform, rate) pair, got a"
            f" {type(pair).__name__} of length {len(pair)}. Make it np.asarray(...) if it is a waveform."
        )
    try:
        return np.asarray(pair[0]), float(pair[1])
    except (ValueError, OverflowError) as error:
        raise AudioError(f"{name}: cannot be read as a (waveform, rate) pair: {error}.") from error


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
    _check_n_channels(n_channels, name)
    low, high = float(channels.min()), float(channels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(channels)))
        raise AudioError(
            f"{name}: expected finite samples, got {n_bad} that are NaN or infinity. Repair or drop the clip."
        )
    if max(-low, high) > float(np.finfo(np.float32).max):
        raise AudioError(f"{name}: expected samples that fit float32, got a peak of {max(-low, high):.3g}. Scale it.")


def _check_n_channels(n_channels: int, name: str) -> None:
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{name}: expected at most {MAX_CHANNELS} channels, got {n_channels}. A batch of waveforms is a 2-D X, a"
            " row a clip."
        )


def _n_needed(duration: float | None, rate: float, sample_rate: float) -> int:
    """Return how many samples at `rate` decide those of the first `duration` seconds at `sample_rate`."""
    if duration is None:
        return sys.maxsize
    margin = 0 if rate == sample_rate else MARGIN / min(rate, sample_rate)
    return int(min(np.ceil((duration + margin) * rate), sys.maxsize))


def _resample(waveform: Waveform, rate: float, target: float) -> Waveform:
    if rate == target:
        return np.array(waveform)  # the caller's samples stay theirs
    import soxr

    n_samples = max(1, round(len(waveform) * target / rate))
    scale = np.float32(LOUD if np.abs(waveform).max() > LOUD else 1)
    # Silence behind the clip, so that the resampler has all the samples to give.
    padded = np.pad(waveform / scale, (0, 2 * int(np.ceil(rate / target))))
    resampled = soxr.resample(padded, rate, target, quality="HQ")[:n_samples]
    limit = np.finfo(np.float32).max / scale
    return np.ascontiguousarray(np.clip(resampled, -limit, limit) * scale)


def _decode(clip: object, name: str, duration: float | None, sample_rate: float) -> tuple[NDArray[np.float32], float]:
    """Decode a path, bytes or an open binary file to float32 (n_samples, n_channels) and its rate in Hz."""
    import soundfile

    source: Any
    if isinstance(clip, str | os.PathLike):
        if not os.fspath(clip):
            raise AudioError(f"{name}: expected the path of an audio file, got an empty one. Leave the clip out.")
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
    _check_whole(source, name)
    try:
        file = soundfile.SoundFile(_as_is(source))
    # soundfile wants to be told the rate of a file named *.raw.
    except (soundfile.LibsndfileError, OSError, TypeError) as error:
        return _decode_with_ffmpeg(source, name, _reason(error), duration)
    with file:
        _check_n_channels(file.channels, name)
        rate = file.samplerate
        wanted = min(file.frames, _n_needed(duration, rate, sample_rate))
        try:
            samples = _read(file, wanted)
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(
                f"{name}: truncated or damaged {file.format} file: {_reason(error)}. Copy the file again."
            ) from error
        if not len(samples) and file.format in ("OGG", "MP3"):
            raise AudioError(
                f"{name}: no sample of this {file.format} file can be decoded, it is truncated or empty. Copy the file"
                " again, or leave it out."
            )
        # The frame counts of mp3 include the encoder's padding; those of streamed flac are unknown.
        is_promise = file.format != "MP3" and file.frames < 2**62
        if len(samples) < wanted and is_promise:
            raise AudioError(
                f"{name}: truncated {file.format} file: {len(samples)} of {wanted} samples could be decoded."
                " Copy the file again."
            )
    return samples, rate


def _reason(error: Exception) -> str:
    # Without the place in memory of the BytesIO that was read.
    reason = str(getattr(error, "error_string", error)).rstrip(".")
    # libsndfile's words for an mp3 without a frame of sound; that the file exists was checked.
    return "no known audio format" if "does not exist" in reason else reason


def _read(file: Any, n_samples: int) -> NDArray[np.float32]:
    # After every read of a seekable file soundfile seeks, which fails at the end of a flac that is shorter than its
    # header says, and takes the samples with it.
    file.seekable = lambda: False
    blocks = [file.read(min(n_samples, BLOCK), dtype="float32", always_2d=True)]
    n_read = len(blocks[0])
    while n_read < n_samples and len(blocks[-1]):
        blocks.append(file.read(min(n_samples - n_read, BLOCK), dtype="float32", always_2d=True))
        n_read += len(blocks[-1])
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _check_path(path: Path, name: str) -> None:
    # os.path, as a Path of Python 3.11 raises on names that are too long.
    if os.path.isdir(path):  # noqa: PTH112
        raise AudioError(f"{name}: expected an audio file, got a folder. List the files in it instead.")
    if not os.path.exists(path):  # noqa: PTH110
        raise AudioError(f"{name}: no such file. The current folder is {Path.cwd().name!r}; check the path.")
    try:
        if path.stat().st_size == 0:
            raise AudioError(f"{name}: expected audio, got an empty file (0 bytes). Leave it out.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{name}: cannot be opened: {error.strerror}.") from error


def _check_whole(source: Path | io.BytesIO, name: str) -> None:
    kind, announced, there = _announced_bytes(source)
    if announced > there:
        raise AudioError(
            f"{name}: truncated {kind}: the header announces {announced} bytes of sound, {there} are"
            " there. Copy the file again, or cut it properly with an audio tool."
        )


def _announced_bytes(source: Path | io.BytesIO) -> tuple[str, int, int]:
    """Return the format, the bytes of sound its header announces (0 if it does not say) and those that are there.

    libsndfile quietly returns what is left of a truncated file.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _announced_in(file)
    found = _announced_in(source)
    source.seek(0)
    return found


def _announced_in(file: BinaryIO) -> tuple[str, int, int]:
    total = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = file.read(12)
    magic = header[:4]
    if magic in (b".snd", b"dns."):
        order: Literal["little", "big"] = "big" if magic == b".snd" else "little"
        start, size = int.from_bytes(header[4:8], order), int.from_bytes(header[8:], order)
        return "au", 0 if _is_placeholder(size, 4) else size, max(0, total - start)
    if magic not in CHUNKED:
        return "", 0, 0
    kind, start, name_bytes, size_bytes, order, multiple, sound = CHUNKED[magic]
    size_in_ds64 = 0
    file.seek(start)
    while len(chunk := file.read(name_bytes + size_bytes)) == name_bytes + size_bytes:
        size = int.from_bytes(chunk[name_bytes:], order)
        content = file.tell()
        is_sound = chunk.startswith(sound)
        if chunk.startswith(b"ds64"):
            size_in_ds64 = int.from_bytes(file.read(16)[8:], "little")
        elif is_sound and magic == b"RF64" and size == 0xFFFFFFFF:
            size, size_bytes = size_in_ds64, 8
        if is_sound and _is_placeholder(size, size_bytes):
            break
        if kind == "w64":  # Its sizes count the name and the size.
            size -= len(chunk)
        if is_sound:
            return kind, size, total - content
        if not 0 <= size <= total:
            break
        file.seek(content - (-size // multiple) * multiple)
    return kind, 0, 0


def _is_placeholder(size: int, n_bytes: int) -> bool:
    # Programs that write to a pipe cannot go back to fill the size in, and put zero, or about the greatest number
    # with a sign or without.
    half = 2 ** (8 * n_bytes - 1)
    return size == 0 or half - 2**24 <= size < half or size >= 2 * half - 256


def _as_is(source: Any) -> Any:
    """Return a path in the bytes the system knows it by: names of files need not be UTF-8, but soundfile thinks so."""
    return os.fsencode(source) if isinstance(source, str | os.PathLike) and os.name == "posix" else source


def _decode_with_ffmpeg(
    source: Path | io.BytesIO, name: str, reason: str, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise AudioError(
            f"{name}: not audio that libsndfile can read ({reason}). If it is m4a, aac, amr or a video, install"
            " the ffmpeg program; else convert it to wav or flac."
        )
    if isinstance(source, Path):
        return _run_ffmpeg(ffmpeg, source, name, reason, duration)
    # Not through a pipe: the table of contents of an m4a may stand at its end.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip")
        path.write_bytes(source.getbuffer())
        return _run_ffmpeg(ffmpeg, path, name, reason, duration)


def _run_ffmpeg(
    ffmpeg: str, path: Path, name: str, reason: str, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    import soundfile

    # Only local files: a playlist must not make ffmpeg open addresses.
    command = [ffmpeg, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]
    command += ["-map", "0:a:0"]
    if duration is not None:
        # The rate, and with it the margin, is not known yet.
        command += ["-t", f"{duration + MARGIN / MIN_RATE:.6f}"]
    command += ["-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode == 0 and result.stdout:
        try:
            samples, rate = soundfile.read(io.BytesIO(result.stdout), dtype="float32", always_2d=True)
            return samples, rate
        except soundfile.LibsndfileError as error:
            reason = _reason(error)
    message = result.stderr.decode(errors="replace").strip()
    detail = message.splitlines()[-1].split(": ", 1)[-1].strip() if message else ""
    if not detail or "matches no streams" in message:
        detail = "no sound in it"
    raise AudioError(
        f"{name}: not audio that libsndfile ({reason}) or ffmpeg ({detail}) can read. Check that the file is what its"
        " name says."
    )
