"""What a clip may be, its limits, what messages call it, and the error of a clip that cannot be read."""

import os
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

Waveform: TypeAlias = NDArray[np.float32]
Clip: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | NDArray[Any] | tuple[NDArray[Any], float]
)

MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz
MAX_CHANNELS = 64
MAX_DURATION = 86_400  # seconds, a day


class AudioError(ValueError):
    """A clip that cannot be read as audio; the message names it and says what to do."""


AudioError.__module__ = "skvoicefake.audio"  # the name that users import, and tracebacks show


def clip_name(clip: object, position: int | None = None) -> str:
    """Return what error messages call a clip: its place in X, its path, or its type."""
    path = os.fspath(clip) if isinstance(clip, str | os.PathLike) else getattr(clip, "name", None)
    if position is None:
        return repr(path) if isinstance(path, str) else f"clip of type {type(clip).__name__}"
    return f"X[{position}] ({path!r})" if isinstance(path, str) else f"X[{position}]"


def check_n_channels(n_channels: int, name: str) -> None:
    """Raise where there are more channels than a recording has."""
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{name}: expected at most {MAX_CHANNELS} channels, got {n_channels}. A batch of waveforms is a 2-D X, a"
            " row a clip."
        )
