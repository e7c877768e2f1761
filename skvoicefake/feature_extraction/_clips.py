"""X as scikit-learn users pass it -> a list of clips."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, validate_data

from skvoicefake.audio import clip_name
from skvoicefake.audio._clip import refuse_one_clip


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


def as_clips(estimator: BaseEstimator, X: Any, *, reset: bool, name: str = "") -> Clips:
    """Return the clips of X, keeping scikit-learn's books on the estimator.

    A 2-D array or an all-numeric table is a row a clip, and sets or checks
    `n_features_in_`; sequences of clips have no number of features.
    """
    name = name or type(estimator).__name__
    refuse_one_clip(X, name)
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        return _clips_of_table(estimator, X, reset=reset)
    if isinstance(X, list | tuple):
        if X and all(isinstance(row, list) and all(isinstance(value, Real) for value in row) for row in X):
            if len({len(row) for row in X}) > 1:
                raise ValueError(
                    f"{name} expected rows of one length, got lists of {min(map(len, X))} to {max(map(len, X))} values."
                    " Make waveforms of many lengths a list of arrays: [np.asarray(row) for row in X]."
                )
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
    elif hasattr(X, "__array__") and (column := _single_column(X, name)) is not None:
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


def _single_column(X: Any, name: str) -> list[Any] | None:
    """Return the clips of an (n, 1) array of paths, what ``DataFrame.to_numpy()`` gives; else None."""
    array = np.asarray(X)
    if array.ndim != 2 or array.dtype.kind not in "OUST" or all(isinstance(value, Real) for value in array[:1].flat):
        return None
    if array.shape[1] == 1:
        return list(array[:, 0])
    if any(isinstance(value, str | os.PathLike) for value in array[:1].flat):
        raise ValueError(f"{name} expected one column of clips, got {array.shape[1]}. Select it: X[:, [0]].")
    return None
