"""A recording of any length in blocks, and blocks of one rate at another, both in bounded memory."""

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.audio._clip import MAX_RATE, MIN_RATE, AudioError, Waveform, check_n_channels
from skvoicefake.audio._decoding import THIS_FILE_ALONE, Undecodable, check_path, open_sound, read_block, reason
from skvoicefake.audio._headers import Header, _header, checked_header
from skvoicefake.audio._load import LOUD, _mean_of, load_audio
from skvoicefake.audio._remote import _ask, is_address

Blocks = Iterator[NDArray[np.float32]]
BLOCK = 2**18  # samples of all channels


@contextmanager
def open_stream(
    path: str | os.PathLike[str], name: str, *, ignores_header: bool = False
) -> Iterator[tuple[float, Blocks]]:
    """Open a recording; give its rate in Hz and its samples in blocks of shape (n_samples, n_channels), float32.

    The samples are those that `load_audio` decodes. Unlike it, this is bounded
    in memory, and does not look for what is not finite.

    Parameters
    ----------
    path : path
        In any format of `load_audio`. What libsndfile does not read comes
        through a pipe from the ffmpeg program; what lies at an address is
        copied to a temporary file first.
    name : str
        What to call it in messages.
    ignores_header : bool, default=False
        Read a file whose header announces more than is there as far as it
        goes. The error comes after the last block then, as it does with files
        that break off without notice.

    Raises
    ------
    AudioError
        As `load_audio`; where a recording breaks off, after the blocks before.
    """
    if is_address(path):
        with tempfile.TemporaryDirectory() as folder:
            local = os.path.join(folder, "recording")  # noqa: PTH118
            _ask(str(path), name, lambda files, remote: files.get_file(remote, local))
            with open_stream(local, name, ignores_header=ignores_header) as opened:
                yield opened
        return
    check_path(path, name)
    error = None
    try:
        header = checked_header(path, name)
    except AudioError as truncated:
        if not ignores_header or not os.access(path, os.R_OK):
            raise
        error = truncated
        with open(path, "rb") as file:
            header = _header(file, os.fstat(file.fileno()).st_size)
    try:
        sound = open_sound(path, header)
    except Undecodable as refusal:
        if error is not None:  # Too little is left.
            raise error from None
        with _ffmpeg(path, name, str(refusal)) as (rate, n_channels, pipe):
            _check(rate, n_channels, name)
            yield rate, _of_pipe(pipe, n_channels, name)
        return
    with sound:
        _check(sound.samplerate, sound.channels, name)
        yield sound.samplerate, _of_file(sound, header, name, error)


class StreamResampler:
    """Mono samples at one rate to those at another, a chunk at a time: all together as `load_audio` resamples.

    Parameters
    ----------
    rate : float
        Of what comes, in Hz.
    sample_rate : float
        Of what goes, in Hz.

    Notes
    -----
    The bits do not depend on where chunks begin and end. The resampler holds
    some milliseconds back until it knows what follows.
    """

    def __init__(self, rate: float, sample_rate: float) -> None:
        import soxr

        self.rate, self.sample_rate = rate, sample_rate
        self._n_in = self._n_out = 0
        self._stream: Any = None
        if rate != sample_rate:
            self._stream = soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="HQ")

    def push(self, chunk: Waveform) -> Waveform:
        """Take samples of shape (n_samples,); return those that are certain by now."""
        if self._stream is None or not len(chunk):
            return chunk
        self._n_in += len(chunk)
        out = self._stream.resample_chunk(np.clip(chunk, -LOUD, LOUD))
        self._n_out += len(out)
        return out

    def finish(self) -> Waveform:
        """Return the rest."""
        if not self._n_in:
            return np.zeros(0, dtype=np.float32)
        # Silence behind the clip, so that the resampler has all the samples to give.
        silence = np.zeros(2 * int(np.ceil(self.rate / self.sample_rate)), dtype=np.float32)
        tail = self._stream.resample_chunk(silence, last=True)
        return tail[: max(1, round(self._n_in * self.sample_rate / self.rate)) - self._n_out]


def mono(channels: NDArray[Any]) -> Waveform:
    """Return the mean of channels of shape (n_samples, n_channels), as `load_audio` does."""
    with np.errstate(over="ignore", invalid="ignore"):  # What float32 does not hold is infinite.
        found = channels[:, 0] if channels.shape[1] == 1 else _mean_of(channels)
        return found.astype(np.float32, copy=False)


def _check(rate: float, n_channels: int, name: str) -> None:
    check_n_channels(n_channels, name)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(
            f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz. Check the header."
        )


def _of_file(file: Any, header: Header, name: str, error: AudioError | None) -> Blocks:
    import soundfile

    n_read, wanted = 0, min(file.frames, header.n_samples)
    n_block = max(1, BLOCK // file.channels)
    while True:
        try:
            channels = read_block(file, min(n_block, wanted - n_read), header)
        except (soundfile.LibsndfileError, OSError) as damage:
            raise AudioError(
                f"{name}: truncated or damaged {file.format} file: {reason(damage)}. Copy the file again."
            ) from damage
        if not len(channels):
            break
        n_read += len(channels)
        yield channels
    if error is not None:
        raise error
    # The frame counts of mp3 include the encoder's padding; those of streamed flac are unknown.
    if n_read < wanted < 2**62 and (file.format != "MP3" or not n_read):
        raise AudioError(
            f"{name}: truncated {file.format} file: {n_read} of {wanted} samples could be decoded. Copy the file again."
        )
    if not n_read:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")


@contextmanager
def _ffmpeg(path: str | os.PathLike[str], name: str, refusal: str) -> Iterator[tuple[float, int, Any]]:
    """Let ffmpeg decode to a pipe; give the rate, the number of channels, and the process."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        load_audio(path, duration=1, name=name)  # which says what to install
    # The header of au is the same few bytes whatever follows, and knows no greatest length.
    command = [str(ffmpeg), "-nostdin", *THIS_FILE_ALONE, "-i", f"file:{os.fspath(path)}"]
    command += ["-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages) as process,
    ):
        assert process.stdout is not None
        try:
            beginning = process.stdout.read(24)
            if len(beginning) < 24:
                load_audio(path, duration=1, name=name)  # which says what is wrong
                raise AudioError(f"{name}: not audio that libsndfile ({refusal}) or ffmpeg can read. Check the file.")
            _, start, _, _, rate, n_channels = struct.unpack(">6I", beginning)
            process.stdout.read(start - 24)
            yield rate, n_channels, process
        finally:
            process.stdout.close()
            process.kill()


def _of_pipe(process: Any, n_channels: int, name: str) -> Blocks:
    n_bytes = 4 * n_channels * max(1, BLOCK // n_channels)
    n_read = 0
    while content := process.stdout.read(n_bytes):
        n_samples = len(content) // (4 * n_channels)
        n_read += n_samples
        yield np.frombuffer(content, ">f4", n_samples * n_channels).astype(np.float32).reshape(-1, n_channels)
    if process.wait():
        raise AudioError(f"{name}: truncated or damaged file: ffmpeg stopped after {n_read} samples. Copy it again.")
    if not n_read:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")
