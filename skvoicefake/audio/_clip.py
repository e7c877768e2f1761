"""What a clip may be, its limits, what messages call it, and the error of a clip that cannot be read."""

import os
from numbers import Real
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


def refuse_one_clip(X: Any, name: str) -> None:
    """Raise if X is one clip, or a folder of them, and no sequence of clips."""
    is_pair = isinstance(X, tuple) and len(X) == 2 and isinstance(X[1], Real)
    is_path = isinstance(X, str | os.PathLike)
    if not (is_path or is_pair or isinstance(X, bytes | bytearray | memoryview) or hasattr(X, "read")):
        return
    expected = f"{name} expected X to be a sequence of clips, got"
    if is_path and os.path.isdir(X):  # noqa: PTH112 (a Path raises where the text is too long for a name)
        raise ValueError(
            f"{expected} the folder {os.fspath(X)!r}. List what is in it: skvoicefake.datasets.find_audio(folder), or"
            " load_folder(folder) for clips and labels."
        )
    raise ValueError(f"{expected} one clip ({type(X).__name__}). Wrap it: [clip].")


def check_n_channels(n_channels: int, name: str) -> None:
    """Raise where there are more channels than a recording has."""
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{name}: expected at most {MAX_CHANNELS} channels, got {n_channels}. A batch of waveforms is a 2-D X, a"
            " row a clip."
        )
