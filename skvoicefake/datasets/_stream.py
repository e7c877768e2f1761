"""A recording of any length as mono blocks at one rate, in bounded memory."""

import os
from collections.abc import Iterator

from skvoicefake.audio import clip_name
from skvoicefake.audio._clip import Waveform
from skvoicefake.audio._load import check_samples
from skvoicefake.audio._streaming import StreamResampler, mono, open_stream


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
    with open_stream(path, name) as (rate, blocks):
        resampler = StreamResampler(rate, sample_rate)
        for channels in blocks:
            check_samples(channels, name)
            yield resampler.push(mono(channels))
        yield resampler.finish()
