"""A folder that keeps what was computed of every clip, so that it is computed once."""

import hashlib
import os
import uuid
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

# To be raised whenever the code from clip to coefficients gives other numbers than before.
FORMAT = 1
# What the numbers come from besides; librosa is not among them.
LIBRARIES = ("numpy", "scipy", "soundfile", "soxr")


class Store:
    """Arrays of one shape in a folder, each under a key made of a clip's content and of how it was computed.

    An entry is whole or not there: it gets its name once it is written, and a
    checksum finds those that were damaged. So any number of threads and
    processes may share a folder, and any of them may die.

    Parameters
    ----------
    folder : path
        Made when first written to.
    recipe : dict
        Everything that the numbers depend on besides the clip.
    shape : tuple of int
        Of every array.
    """

    def __init__(self, folder: str | os.PathLike[str], recipe: dict[str, Any], shape: tuple[int, ...]) -> None:
        self.folder = Path(folder)
        recipe = {**recipe, "shape": shape, "format": FORMAT, "libraries": _libraries()}
        self.recipe = joblib.hash(recipe, hash_name="sha1")
        self.shape = shape
        self.failure: OSError | None = None  # why something could not be written, if so

    def get(self, clip: Any, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return what is kept of a clip, or compute it and keep it.

        A clip without a key (no file, no array of numbers) is computed.
        """
        key = self.key(clip)
        if key is None:
            return compute()
        array = self._read(key)
        if array is None:
            array = compute()
            # Not if the file was written to meanwhile.
            if self.key(clip) == key:
                self._write(key, array)
        return array

    def key(self, clip: Any) -> str | None:
        """Return the key of a clip, None for what has none."""
        try:
            content = _content(clip)
        except (OSError, ValueError):  # the reader of clips has better words for it
            return None
        return content and hashlib.sha256(f"{self.recipe} {content}".encode()).hexdigest()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def _read(self, key: str) -> NDArray[np.float32] | None:
        try:
            entry = self._path(key).read_bytes()
        except OSError:
            return None
        checksum, samples = entry[:32], entry[32:]
        if _checksum(key, samples) != checksum:
            return None
        return np.frombuffer(samples, dtype="<f4").reshape(self.shape)

    def _write(self, key: str, array: NDArray[np.float32]) -> None:
        path, samples = self._path(key), array.astype("<f4").tobytes()
        unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(_checksum(key, samples) + samples)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            self.failure = error


def _checksum(key: str, samples: bytes) -> bytes:
    return hashlib.sha256(key.encode() + samples).digest()


def _content(clip: Any) -> str | None:
    """Return what tells a clip from all others, None where that cannot be said."""
    if isinstance(clip, str | os.PathLike):
        path = Path(clip)
        # Reading a pipe would empty it.
        if not path.is_file():
            return None
        with path.open("rb") as file:
            # Decoders look at a file's suffix.
            return f"file {path.suffix} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    if isinstance(clip, bytes | bytearray | memoryview):
        return f"bytes {hashlib.sha256(clip).hexdigest()}"
    samples, rate = clip if isinstance(clip, tuple) and len(clip) == 2 else (clip, None)
    if type(samples) in (np.ndarray, np.memmap) and samples.dtype.kind in "fiu" and isinstance(rate, Real | None):
        digest = hashlib.sha256(np.ascontiguousarray(samples).data).hexdigest()
        return f"array {samples.dtype.str} {samples.shape} {rate if rate is None else float(rate)} {digest}"
    return None


@cache
def _libraries() -> dict[str, str]:
    return {name: ".".join(version(name).split(".")[:2]) for name in LIBRARIES}
