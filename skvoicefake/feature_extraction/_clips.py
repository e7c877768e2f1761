"""X as scikit-learn users pass it -> a list of clips; and a panel that was flattened but not forgotten."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeVar, cast

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, validate_data

from skvoicefake.audio import clip_name

Result = TypeVar("Result")


@dataclass(frozen=True)
class Clips:
    """The clips of X, and whether they are the rows of one table of samples."""

    items: Sequence[Any]
    is_table: bool = False

    def __len__(self) -> int:
        return len(self.items)

    def name(self, i: int) -> str:
        """Return what to call a clip in messages."""
        return clip_name(self.items[i], i)


def as_clips(estimator: BaseEstimator, X: Any, *, reset: bool) -> Clips:
    """Return the clips of X, keeping scikit-learn's books on the estimator.

    A 2-D array or an all-numeric table is a row a clip, and sets or checks
    `n_features_in_`; sequences of clips have no number of features.
    """
    name = type(estimator).__name__
    is_pair = isinstance(X, tuple) and len(X) == 2 and isinstance(X[1], Real)
    if isinstance(X, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(X, "read") or is_pair:
        raise ValueError(
            f"{name} expected X to be a sequence of clips, got one clip ({type(X).__name__}). Wrap it: [clip]."
        )
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        return _clips_of_table(estimator, X, reset=reset)
    if isinstance(X, list | tuple):
        if X and isinstance(X[0], list | tuple) and all(isinstance(value, Real) for value in X[0]):
            return Clips(validate_data(estimator, X, reset=reset, ensure_all_finite=False), is_table=True)
        clips = list(X)
    elif hasattr(X, "iloc") or (hasattr(X, "__array__") and np.asarray(X).ndim == 1):
        values = np.asarray(X)
        if values.dtype.kind not in "OUST":
            raise ValueError(
                f"{name} expected 2D array or a sequence of clips, got 1D array of numbers instead. Reshape your data:"
                " a single waveform is [waveform], or waveform.reshape(1, -1)."
            )
        clips = list(X)
    elif hasattr(X, "__array__") and (column := _single_object_column(X)) is not None:
        clips = column
    elif hasattr(X, "__array__") or hasattr(X, "toarray"):
        return Clips(validate_data(estimator, X, reset=reset, ensure_all_finite=False), is_table=True)
    else:
        raise TypeError(
            f"{name} expected X to be a sequence of clips (a list, a 1-D or 2-D array, a Series or a DataFrame), got"
            f" {type(X).__name__}. Make it a list: list(X)."
        )
    if not clips:
        raise ValueError(f"{name} found 0 sample(s) in X while a minimum of 1 clip is required.")
    return Clips(clips)


def _clips_of_table(estimator: BaseEstimator, table: Any, *, reset: bool) -> Clips:
    is_numeric = all(np.asarray(table[column]).dtype.kind in "biuf" for column in table.columns)
    if is_numeric or table.shape[1] == 0:
        return Clips(validate_data(estimator, table, reset=reset, ensure_all_finite=False), is_table=True)
    if table.shape[1] != 1:
        raise ValueError(
            f"{type(estimator).__name__} expected a table with one column of clips, got {table.shape[1]} columns:"
            f" {list(table.columns)[:5]}. Select the column that holds the clips."
        )
    # Neither unfitted use nor a fit on a list, which has no names, is worth a warning.
    if reset or hasattr(estimator, "feature_names_in_"):
        _check_feature_names(estimator, table, reset=reset)
    clips = list(table.iloc[:, 0])
    if not clips:
        raise ValueError(f"{type(estimator).__name__} found 0 sample(s) in X while a minimum of 1 clip is required.")
    return Clips(clips)


def _single_object_column(X: Any) -> list[Any] | None:
    """Return the clips of an (n, 1) array of paths, what ``DataFrame.to_numpy()`` gives; else None."""
    array = np.asarray(X)
    is_column = array.ndim == 2 and array.shape[1] == 1 and array.dtype.kind in "OUST"
    if not is_column or all(isinstance(value, Real) for value in array[:, 0]):
        return None
    return list(array[:, 0])


class FlatPanel(np.ndarray):
    """A 2-D array of flattened panels that knows how many frames a row holds.

    ``CNNLSTMClassifier`` reads `n_frames` to fold the rows again. It is None
    where the number of columns is no longer that of the panel.
    """

    # (n_frames, n_columns). The columns are compared when asked, as some views get their shape after they are made.
    _layout: tuple[int, int] | None

    def __array_finalize__(self, obj: Any) -> None:
        self._layout = getattr(obj, "_layout", None)

    @property
    def n_frames(self) -> int | None:
        """Frames a row, or None."""
        if self._layout is None or self.ndim != 2 or self.shape[1] != self._layout[1]:
            return None
        return self._layout[0]

    def __reduce__(self) -> Any:
        reconstruct, arguments, state = cast("tuple[Any, Any, tuple[Any, ...]]", super().__reduce__())
        return reconstruct, arguments, (*state, self._layout)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state[:-1])
        self._layout = state[-1]


def flatten(panel: np.ndarray) -> FlatPanel:
    """Return (n_clips, n_frames, n_coefficients) as (n_clips, n_frames * n_coefficients)."""
    n_clips, n_frames, n_coefficients = panel.shape
    flat = panel.reshape(n_clips, n_frames * n_coefficients).view(FlatPanel)
    flat._layout = (n_frames, n_frames * n_coefficients)
    return flat


def for_each(
    function: Callable[[int], Result],
    positions: Sequence[int],
    *,
    n_jobs: int | None,
    verbose: int | bool,
    description: str,
) -> list[Result]:
    """Call a function for every position, in threads, with a progress bar if verbose."""
    from tqdm.auto import tqdm

    bar = tqdm(positions, desc=description, unit="clip", disable=not verbose)
    # Results are written to shared arrays, so nothing but threads will do.
    return list(Parallel(n_jobs=n_jobs, require="sharedmem")(delayed(function)(i) for i in bar))
