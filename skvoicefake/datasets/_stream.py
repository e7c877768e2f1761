"""A recording of any length as mono blocks at one rate, in bounded memory."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from skvoicefake.audio import MAX_RATE, MIN_RATE, AudioError, clip_name, load_audio
from skvoicefake.audio._clip import check_n_channels
from skvoicefake.audio._decoding import BLOCK, THIS_FILE_ALONE, Undecodable, check_path, open_sound, read_block, reason
from skvoicefake.audio._headers import Header, checked_header
from skvoicefake.audio._load import LOUD, check_samples

Waveform = NDArray[np.float32]


def stream_audio(path: str | os.PathLike[str], sample_rate: int) -> Iterator[Waveform]:
    """Yield a recording in blocks that together are what `load_audio` returns, to rounding.

    Parameters
    ----------
    path : path
        The recording, in any format of `load_audio`.
    sample_rate : int
        Rate of the blocks in Hz.

    Yields
    ------
    block : ndarray of shape (n_samples,), float32

    Raises
    ------
    AudioError
        As `load_audio`; where a recording breaks off, after the blocks before.
    """
    name = clip_name(path)
    check_path(path, name)
    header = checked_header(path, name)
    with _opened(path, name, header) as file:
        check_n_channels(file.channels, name)
        rate = file.samplerate
        if not MIN_RATE <= rate <= MAX_RATE:
            raise AudioError(f"{name}: expected a sample rate between {MIN_RATE} and {MAX_RATE} Hz, got {rate:g} Hz.")
        yield from _resampled(_mono(file, name, header), rate, sample_rate)


@contextmanager
def _opened(path: str | os.PathLike[str], name: str, header: Header) -> Iterator[Any]:
    """Open what libsndfile reads; what it does not, ffmpeg writes to a temporary file first."""
    try:
        file = open_sound(path, header)
    except Undecodable:
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            load_audio(path, duration=1)  # which says what is wrong
        with tempfile.TemporaryDirectory() as folder:
            # rf64, as a wav ends at 4 GB.
            whole = Path(folder, "whole.wav")
            command = [str(ffmpeg), "-nostdin", *THIS_FILE_ALONE]
            command += ["-i", f"file:{os.fspath(path)}", "-map", "0:a:0"]
            command += ["-c:a", "pcm_f32le", "-rf64", "auto", str(whole)]
            result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if result.returncode or not whole.exists():
                load_audio(path)
                raise AudioError(f"{name}: ffmpeg cannot write it out; is there room for temporary files?") from None
            with soundfile.SoundFile(whole) as file:
                yield file
    else:
        with file:
            yield file


def _mono(file: Any, name: str, header: Header) -> Iterator[Waveform]:
    # soundfile would seek after every read, which fails at the end of a flac that is shorter than its header says.
    file.seekable = lambda: False
    n_read, wanted = 0, min(file.frames, header.n_samples)
    n_block = max(1, BLOCK // file.channels)
    while True:
        try:
            channels = read_block(file, min(n_block, wanted - n_read), header)
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(
                f"{name}: truncated or damaged {file.format} file: {reason(error)}. Copy the file again."
            ) from error
        if not len(channels):
            break
        n_read += len(channels)
        check_samples(channels, name)
        yield channels.mean(axis=1, dtype=np.float64).astype(np.float32)
    # The frame counts of mp3 include the encoder's padding; those of streamed flac are unknown.
    if n_read < wanted < 2**62 and (file.format != "MP3" or not n_read):
        raise AudioError(
            f"{name}: truncated {file.format} file: {n_read} of {wanted} samples could be decoded. Copy the file again."
        )
    if not n_read:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")


def _resampled(blocks: Iterator[Waveform], rate: int, target: int) -> Iterator[Waveform]:
    if rate == target:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, target, 1, dtype="float32", quality="HQ")
    n_in = n_out = 0
    for block in blocks:
        n_in += len(block)
        out = stream.resample_chunk(np.clip(block, -LOUD, LOUD))
        n_out += len(out)
        yield out
    # Silence behind the clip, so that the resampler has all the samples to give.
    tail = stream.resample_chunk(np.zeros(2 * int(np.ceil(rate / target)), dtype=np.float32), last=True)
    yield tail[: max(1, round(n_in * target / rate)) - n_out]
