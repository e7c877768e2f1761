"""A path, bytes or an open file -> float32 samples of all channels, by libsndfile or the ffmpeg program."""

import io
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.audio._clip import MIN_RATE, AudioError, check_n_channels
from skvoicefake.audio._headers import Header, checked_header
from skvoicefake.audio._remote import FLATTENED, fetch, is_address

# Headers lie, or (in a flac that was streamed) do not say how long the clip is: memory is asked for as sound comes.
BLOCK = 2**20  # samples
# How far the resampler looks past the last sample that is kept, so that a clip cut before resampling gets the same
# bits as one cut after it: many times its filter, as the bits depend on the block a sample is transformed with.
MARGIN = 4096  # samples at the lower of the two rates
# Speech of 6 kbit/s is a 256th of its samples at 48 kHz, but a file of a few kB may hold months of silence.
MOST_AT_ONCE = 2**29  # bytes of samples, whatever the size of the file
MOST_BYTES_A_BYTE = 256
# libsndfile keeps why it could not open a file in one place, which another thread that opens one sets to 0.
ATTEMPTS = 10
# What ffmpeg may take a clip for: what holds sound. Of others, a playlist is one, it would open the files they name.
FORMATS = (
    "3g2,3gp,aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,g722,gsm,latm,loas,m4a,matroska,mj2,"
    "mov,mp3,mp4,mpc,mpc8,mpeg,mpegts,mlp,oga,ogg,oma,opus,rm,sox,tak,truehd,tta,voc,w64,wav,webm,wsd,wv,xwma"
)
# For ffmpeg and ffprobe: open this file alone, whatever is in it.
THIS_FILE_ALONE = ("-v", "error", "-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS)


class Undecodable(Exception):  # noqa: N818
    """What libsndfile cannot read; ffmpeg might."""


class Content(io.BytesIO):
    """The bytes of a file, which stay where they are, as a file does, if a damaged header sends libsndfile nowhere.

    What a BytesIO raises there cannot be caught: it is in a function that C calls.
    """

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, or stay if there is none."""
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return self.tell()


def decode(clip: object, name: str, duration: float | None, sample_rate: float) -> tuple[NDArray[np.float32], float]:
    """Decode a path, bytes or an open binary file to float32 (n_samples, n_channels) and its rate in Hz.

    With a `duration`, only what decides the samples of so many seconds at `sample_rate`.
    """
    import soundfile

    source = _source(clip, name)
    header = checked_header(source, name)
    try:
        file = open_sound(source, header)
    except Undecodable as error:
        return _decode_with_ffmpeg(source, name, str(error), duration)
    with file:
        check_n_channels(file.channels, name)
        rate = file.samplerate
        wanted = min(file.frames, header.n_samples, n_needed(duration, rate, sample_rate))
        try:
            samples = _read(file, wanted, header, most_bytes(source) // (4 * file.channels), name)
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(
                f"{name}: truncated or damaged {file.format} file: {reason(error)}. Copy the file again."
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


def n_needed(duration: float | None, rate: float, sample_rate: float) -> int:
    """Return how many samples at `rate` decide those of the first `duration` seconds at `sample_rate`."""
    if duration is None:
        return sys.maxsize
    margin = 0 if rate == sample_rate else MARGIN / min(rate, sample_rate)
    return int(min(np.ceil((duration + margin) * rate), sys.maxsize))


def most_bytes(source: str | os.PathLike[str] | io.BytesIO) -> int:
    """Return how many bytes of samples may be decoded at once of a file, or the bytes of one."""
    size = source.getbuffer().nbytes if isinstance(source, io.BytesIO) else os.stat(source).st_size  # noqa: PTH116
    return max(MOST_AT_ONCE, MOST_BYTES_A_BYTE * size)


def open_sound(source: str | os.PathLike[str] | io.BytesIO, header: Header) -> Any:
    """Open a file with libsndfile, as a `soundfile.SoundFile` to be read by `read_block`.

    Raises
    ------
    Undecodable
        If libsndfile cannot, or would read other samples than those of the
        file, by its header.
    """
    import soundfile

    if header.misread == "other":
        raise Undecodable("an extended w64 header, and samples that are no integers")
    for attempt in range(ATTEMPTS):
        try:
            file = soundfile.SoundFile(as_is(source))
            break
        # soundfile wants to be told the rate of a file named *.raw.
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            if getattr(error, "code", None) == 0 and attempt < ATTEMPTS - 1:
                continue
            raise Undecodable(reason(error)) from error
    # After every read of a seekable file soundfile seeks, which fails at the end of a flac that is shorter than its
    # header says, and takes the samples with it.
    file.seekable = lambda: False
    return file


def read_block(file: Any, n_samples: int, header: Header) -> NDArray[np.float32]:
    """Read the next samples, at most so many, of shape (n_samples, n_channels)."""
    if header.misread == "float32" and file.subtype == "PCM_32":
        return file.read(n_samples, dtype="int32", always_2d=True).view(np.float32)
    # libsndfile's own conversion, of the same bits, takes longer than all else. Of flac it takes no longer.
    if file.subtype == "PCM_16" and file.format != "FLAC":
        samples = file.read(n_samples, dtype="int16", always_2d=True)
        return np.multiply(samples, np.float32(2.0**-15), dtype=np.float32)
    return file.read(n_samples, dtype="float32", always_2d=True)


def reason(error: Exception) -> str:
    """Return what libsndfile has to say, without the place in memory of the BytesIO that was read."""
    message = str(getattr(error, "error_string", error)).rstrip(".")
    if message == "Unspecified internal error":  # libsndfile's words for a header that contradicts itself
        return "a damaged header"
    # libsndfile's words for an mp3 without a frame of sound; that the file exists was checked.
    return "no known audio format" if "does not exist" in message else message


def check_path(path: str | os.PathLike[str], name: str) -> None:
    """Raise where there is no file that holds something."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):  # names that are too long, or hold a zero byte
        if FLATTENED.match(os.fspath(path)):
            raise AudioError(
                f"{name}: no such file. If it is an address, pass a str: a Path takes a slash away."
            ) from None
        raise AudioError(f"{name}: no such file. The current folder is {Path.cwd().name!r}; check the path.") from None
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{name}: expected an audio file, got a folder. List the files in it instead.")
    if status.st_size == 0:
        raise AudioError(f"{name}: expected audio, got an empty file (0 bytes). Leave it out.")


def as_is(source: Any) -> Any:
    """Return a path in the bytes the system knows it by: names of files need not be UTF-8, but soundfile thinks so."""
    return os.fsencode(source) if isinstance(source, str | os.PathLike) and os.name == "posix" else source


def _source(clip: object, name: str) -> str | io.BytesIO:
    if isinstance(clip, str) and is_address(clip):
        clip = fetch(clip, name)
    if isinstance(clip, str | os.PathLike):
        if not os.fspath(clip):
            raise AudioError(f"{name}: expected the path of an audio file, got an empty one. Leave the clip out.")
        check_path(clip, name)
        return os.fsdecode(clip)
    if isinstance(clip, bytes | bytearray | memoryview):
        source = Content(clip)
    elif hasattr(clip, "read") and hasattr(clip, "seek"):
        clip.seek(0)
        content = clip.read()
        if not isinstance(content, bytes):
            raise AudioError(f"{name}: expected a file opened in binary mode ('rb'), got a text file.")
        source = Content(content)
    else:
        raise AudioError(
            f"{name}: expected a path, bytes, an open binary file, an array or a (waveform, rate) pair,"
            f" got {type(clip).__name__}."
        )
    if not source.getbuffer().nbytes:
        raise AudioError(f"{name}: expected audio, got 0 bytes. Leave the clip out.")
    return source


def _read(file: Any, n_samples: int, header: Header, most: int, name: str) -> NDArray[np.float32]:
    blocks = [read_block(file, min(n_samples, BLOCK), header)]
    n_read = len(blocks[0])
    while n_read < n_samples and len(blocks[-1]):
        if n_read > most:
            raise AudioError(_too_long(name))
        blocks.append(read_block(file, min(n_samples - n_read, BLOCK), header))
        n_read += len(blocks[-1])
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _too_long(name: str) -> str:
    return (
        f"{name}: a small file with hours of next to nothing in it, too much to be read at once. Set a duration, look"
        " at it piece by piece (skvoicefake.inspection.timeline), or leave it out."
    )


def _decode_with_ffmpeg(
    source: str | io.BytesIO, name: str, refusal: str, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise AudioError(
            f"{name}: not audio that libsndfile can read ({refusal}). If it is m4a, aac, amr or a video, install"
            " the ffmpeg program; else convert it to wav or flac."
        )
    # Not through pipes: the table of contents of an m4a may stand at its end, and what comes out be larger than memory.
    with tempfile.TemporaryDirectory() as folder:
        path = source if isinstance(source, str) else str(Path(folder, "clip"))
        if not isinstance(source, str):
            Path(path).write_bytes(source.getbuffer())
        return _run_ffmpeg(ffmpeg, path, Path(folder, "samples.wav"), name, refusal, duration)


def _run_ffmpeg(
    ffmpeg: str, path: str, decoded: Path, name: str, refusal: str, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    import soundfile

    command = [ffmpeg, "-nostdin", *THIS_FILE_ALONE, "-i", f"file:{path}", "-map", "0:a:0"]
    if duration is not None:
        # The rate, and with it the margin, is not known yet.
        command += ["-t", f"{duration + MARGIN / MIN_RATE:.6f}"]
    most = most_bytes(path)
    command += ["-c:a", "pcm_f32le", "-f", "wav", "-rf64", "auto", "-fs", str(most), str(decoded)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode == 0 and decoded.exists():
        # It stops before the packet that would be too much.
        if decoded.stat().st_size > most - BLOCK:
            raise AudioError(_too_long(name))
        try:
            samples, rate = soundfile.read(as_is(decoded), dtype="float32", always_2d=True)
            return samples, rate
        except soundfile.LibsndfileError as error:
            refusal = reason(error)
    message = result.stderr.decode(errors="replace").strip()
    detail = message.splitlines()[-1].split(": ", 1)[-1].strip() if message else ""
    if not detail or "matches no streams" in message:
        detail = "no sound in it"
    elif "not on whitelist" in message:
        detail = "a list of other files, or another kind without sound of its own"
    raise AudioError(
        f"{name}: not audio that libsndfile ({refusal}) or ffmpeg ({detail}) can read. Check that the file is what its"
        " name says."
    )
