"""What a feature store keeps of one recipe: arrays of one shape, a clip each."""

import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import skvoicefake
from skvoicefake._warn import warn
from skvoicefake.feature_extraction._identity import identity
from skvoicefake.feature_extraction._store import FeatureStore

# To be raised whenever the code from clip to coefficients gives other numbers than before: test_shelf.py notices if
# they changed and this did not. (Those of different releases are told apart by the release.)
FORMAT = 2
# What the numbers come from besides; librosa is not among them.
LIBRARIES = ("numpy", "scipy", "soundfile", "soxr")


class Shelf:
    """Arrays of one shape in a store, each under a key made of a clip and of how the array was computed.

    Parameters
    ----------
    store : FeatureStore
    recipe : dict
        Everything that the numbers depend on besides the clip.
    shape : tuple of int
        Of every array.
    dtype : str
        Of every array.
    """

    def __init__(self, store: FeatureStore, recipe: dict[str, Any], shape: tuple[int, ...], dtype: str = "<f4") -> None:
        self.store = store
        recipe = {**recipe, "shape": list(shape), "dtype": dtype, "versions": versions()}
        self.recipe = json.dumps(recipe, sort_keys=True, default=_plain, indent=1)
        self.recipe_name = hashlib.sha256(self.recipe.encode()).hexdigest()[:16]
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.n_bytes = self.dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        self.is_new = True  # nothing was written yet
        self.failure: OSError | None = None  # why something could not be written, if so

    @property
    def folder(self) -> str:
        """Where the store lies."""
        return os.fspath(self.store.folder)

    def get(self, clip: Any, compute: Callable[[], Any]) -> NDArray[Any]:
        """Return what is kept of a clip, or compute it and keep it.

        A clip that cannot be told from others is computed.
        """
        name = self.name(clip)
        if name is None:
            return np.asarray(compute(), self.dtype)
        content = self.store._read(name, self.n_bytes)
        if content is not None:
            return np.frombuffer(content, self.dtype).reshape(self.shape)
        array = np.asarray(compute(), self.dtype)
        # Not if the file was written to meanwhile.
        if self.name(clip) == name:
            self._keep(name, array.tobytes())
        return array

    def warn_of_failure(self) -> None:
        """Tell the user if something could not be written."""
        if self.failure is not None:
            warn(
                f"cache={self.folder!r} cannot be written to ({self.failure.strerror}): the features are right, but"
                " not all are kept for the next time. Make room, or choose another folder."
            )

    def name(self, clip: Any) -> str | None:
        """Return the name of a clip's entry, None for what has none."""
        known = identity(clip, self.store.key)
        return known and f"{self.recipe_name}-{hashlib.sha256(os.fsencode(f'{self.recipe_name} {known}')).hexdigest()}"

    def _keep(self, name: str, content: bytes) -> None:
        try:
            if self.is_new:
                self.store._write_recipe(self.recipe_name, self.recipe)
                self.is_new = False
            self.store._write(name, content)
        except OSError as error:
            # All is well if another process has it, which Windows does not let one replace then.
            if self.store._read(name, len(content)) is None:
                self.failure = error


def as_store(cache: Any) -> FeatureStore | None:
    """Return the store that a `cache` parameter means: a path, a store, or a joblib.Memory."""
    if cache is None or isinstance(cache, FeatureStore):
        return cache
    if isinstance(cache, str | os.PathLike):
        return FeatureStore(cache)
    location = getattr(cache, "location", None)
    if location is not None and not isinstance(location, str | os.PathLike):
        raise ValueError(
            f"cache={cache!r} has no folder as its location, got {location!r}. Give the path of a folder, or a"
            " FeatureStore."
        )
    # Beside what the Memory itself keeps there.
    return None if location is None else FeatureStore(os.path.join(location, "skvoicefake"))  # noqa: PTH118


def _plain(value: Any) -> Any:
    """Return what JSON can hold, without a bit being lost."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    import joblib

    return f"{type(value).__name__} {joblib.hash(value, hash_name='sha1')}"


@cache
def _libraries() -> dict[str, str]:
    import soundfile

    found = {name: ".".join(version(name).split(".")[:2]) for name in LIBRARIES}
    return {**found, "libsndfile": soundfile.__libsndfile_version__}


def versions() -> dict[str, Any]:
    """Return the versions of all that the numbers come from."""
    return {"skvoicefake": skvoicefake.__version__, "format": FORMAT, **_libraries()}
