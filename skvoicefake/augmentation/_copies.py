"""Augmented copies of the clips of X: arrays of arrays, files of files; and messages about copies, about clips."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from sklearn.utils import check_array
from sklearn.utils.parallel import Parallel, delayed

from skvoicefake.audio import AudioError, clip_name, load_audio
from skvoicefake.audio._clip import refuse_one_clip
from skvoicefake.augmentation._rooms import fitted
from skvoicefake.augmentation._signals import Waveform

Change = Callable[[Waveform, np.random.Generator], Waveform]


def clips_of(X: Any, name: str) -> NDArray[Any] | list[Any]:
    """Return the rows of a table of samples, as a 2-D array of numbers, or any other clips as a list."""
    refuse_one_clip(X, name)
    if isinstance(X, list | tuple) and not (X and all(_is_row(row) for row in X)):
        clips = list(X)
    elif hasattr(X, "columns") and not _is_numeric(X):
        if X.shape[1] != 1:
            raise ValueError(f"{name} expected one column of clips, got {X.shape[1]}: {list(X.columns)[:5]}.")
        clips = list(X.iloc[:, 0])
    elif getattr(X, "ndim", 2) == 1 and np.asarray(X).dtype.kind in "OUST":
        clips = list(X)
    elif getattr(X, "ndim", 2) == 2 and getattr(X, "shape", (0, 0))[1] == 1 and _holds_names(X):
        clips = list(np.asarray(X)[:, 0])
    else:
        if isinstance(X, list | tuple) and len(lengths := sorted({len(row) for row in X})) > 1:
            raise ValueError(
                f"{name} expected the lists in X to be rows of a table, all of one length, got {lengths[0]} to"
                f" {lengths[-1]} values. Clips of several lengths are arrays: [np.array(row) for row in X]."
            )
        return check_array(X, dtype="numeric", ensure_all_finite=False, input_name="X", estimator=name)
    if not clips:
        raise ValueError(f"{name} found 0 sample(s) in X while a minimum of 1 clip is required.")
    return clips


def is_file(clip: Any) -> bool:
    """Tell whether copies of a clip are to be files."""
    return not isinstance(clip, np.ndarray | tuple)


def copies_of(
    clips: NDArray[Any] | list[Any],
    change: Change,
    *,
    n_copies: int,
    seed: int,
    sample_rate: int,
    duration: float | None,
    folder: str | None,
    is_tolerant: bool,
    n_jobs: int | None,
) -> list[Any]:
    """Return changed copies of all clips, then as many again until there are `n_copies` of each.

    Copies are of the kind their clip is of; those of files are files in the
    folder. A bad clip is its own copy for a classifier that has a way with bad
    clips.
    """

    def copies(i: int) -> list[Any]:
        generators = [np.random.default_rng([seed, i, k]) for k in range(n_copies)]
        clip = clips[i]
        try:
            if isinstance(clips, np.ndarray):
                return _copies_of_row(clip, i, sample_rate, change, generators)
            y = load_audio(clip, sample_rate, duration=duration, name=clip_name(clip, i))
        except AudioError:
            if is_tolerant:
                return [clip] * n_copies
            raise
        changed = [change(y, rng) for rng in generators]
        if isinstance(clip, tuple):
            return [(copy, sample_rate) for copy in changed]
        if not is_file(clip):
            return changed
        paths = [f"{folder}/{i}-{k}.wav" for k in range(n_copies)]
        for path, copy in zip(paths, changed, strict=True):
            # libsndfile notes the time in its wav files, and a store of features goes by their bytes.
            wavfile.write(path, sample_rate, copy)
        return paths

    # Threads, as decoders, encoders and transforms leave the lock, and methods need no pickling.
    made = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(copies)(i) for i in range(len(clips)))
    return [of_clip[k] for k in range(n_copies) for of_clip in made]


def _copies_of_row(
    row: NDArray[Any], i: int, sample_rate: int, change: Change, generators: list[np.random.Generator]
) -> list[NDArray[Any]]:
    """Return changed copies of a row of a table, as long as the row and of its type."""
    if row.dtype.kind not in "iu":
        y = load_audio(row, sample_rate, name=f"X[{i}]")
        return [fitted(change(y, rng), len(row)).astype(row.dtype) for rng in generators]
    # Integers are scaled by their type here, and back: classifiers that take no audio do not scale them.
    info = np.iinfo(row.dtype)
    half = 2.0 ** (info.bits - 1)
    middle = 0 if info.min else half
    y = ((row - middle) / half).astype(np.float32)
    copies = [np.rint(fitted(change(y, rng), len(row)).astype(np.float64) * half + middle) for rng in generators]
    # Of 64-bit integers, float64 does not hold the last.
    highest = np.nextafter(float(info.max) + 1, 0) if info.bits == 64 else float(info.max)
    return [np.clip(copy, float(info.min), highest).astype(row.dtype) for copy in copies]


@contextmanager
def renaming(clips: Any, all_clips: Any, n_originals: int, is_tolerant: bool) -> Iterator[None]:
    """Have errors about copies name the clips; and, of a classifier that has a way with bad clips, warnings."""
    noted: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) if is_tolerant else nullcontext() as caught:
            noted = noted if caught is None else caught
            yield
    except AudioError as error:
        raise AudioError(_renamed(str(error), clips, all_clips, n_originals)) from error
    finally:
        for warning in noted:
            message = warning.message
            if warning.category is UserWarning:
                message = _renamed(str(message), clips, all_clips, n_originals)
            warnings.warn_explicit(message, warning.category, warning.filename, warning.lineno)


def _renamed(message: str, clips: Any, all_clips: Any, n_originals: int) -> str:
    """Return a message of a classifier of clips and copies, with what it calls copies called by their clips."""
    # Copies that are files are known by their paths, also where X was split.
    names = {clip_name(clip, 0).removeprefix("X[0]"): j for j, clip in enumerate(all_clips)}

    def name(match: re.Match[str]) -> str:
        j = int(match[1])
        if match[2] and not (j < len(all_clips) and match[0] == clip_name(all_clips[j], j)):
            j = names.get(match[2], j)
        if not n_originals <= j < len(all_clips):
            return match[0]
        i = (j - n_originals) % len(clips)
        return f"a copy of {clip_name(clips[i], i)}"

    return re.sub(r"X\[(\d+)\]( \((?:'.*?'|\".*?\")\))?", name, message)


def like(X: Any, clips: Any) -> Any:
    """Return clips in a table with the columns of X, if X is one."""
    if not hasattr(X, "columns"):
        return clips
    return type(X)(clips, columns=X.columns) if isinstance(clips, np.ndarray) else type(X)({X.columns[0]: clips})


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and all(isinstance(value, Real) for value in row)


def _is_numeric(table: Any) -> bool:
    return all(np.asarray(table[column]).dtype.kind in "biuf" for column in table.columns)


def _holds_names(X: Any) -> bool:
    array = np.asarray(X)
    return array.dtype.kind in "OUST" and not all(isinstance(value, Real) for value in array[:1].flat)
