"""What classifiers of panels are given, as scikit-learn users give it: labels, and rows that hold frames."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._missing import is_pandas_na
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d


def frames_of_flat(estimator: Any, X: Any) -> int | None:
    """Return how many frames a row of 2-D X holds, if the user or X says so."""
    if estimator.n_frames is not None:
        return int(estimator.n_frames)
    if hasattr(X, "columns") and len(X.columns):
        # What a transformer with output="flat" calls its columns; two such tables side by side are no panel.
        matches = [re.fullmatch(r"(|.*__)frame(\d+)_(.*)", str(column), re.DOTALL) for column in X.columns]
        if not any(matches):
            return None
        columns = [(int(match[2]), match[1], match[3]) if match else (-1,) for match in matches]
        coefficients = [column[1:] for column in columns if column[0] == 0]
        n_frames = len(matches) // max(1, len(coefficients))
        if columns == [(t, *coefficient) for t in range(n_frames) for coefficient in coefficients]:
            return n_frames
        raise ValueError(
            "X has columns named as frames of a panel, but they are not one whole panel: every coefficient of frame 0,"
            " then of frame 1, and so on, and nothing else. Pass all columns of one MFCCTransformer(output='flat') in"
            " their order. To select or join features, use output='stats'."
        )
    return getattr(X, "n_frames", None)


def encode_labels(y: Any, *, n_clips: int) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the sorted classes, and the place of every label among them."""
    if y is None:
        raise ValueError("This classifier requires y to be passed, but the target y is None.")
    # NumPy would turn the numbers of a mixed list into strings.
    if isinstance(y, list | tuple) and {isinstance(label, str) for label in y} == {True, False}:
        y = np.array(y, dtype=object)
    labels = column_or_1d(y, warn=True)
    if len(labels) != n_clips:
        raise ValueError(f"X holds {n_clips} clips and y {len(labels)} labels: inconsistent numbers of samples.")
    missing = [i for i, label in enumerate(labels.tolist()) if _is_missing(label)]
    if missing:
        raise ValueError(
            f"y contains NaN, None or infinity at positions {missing[:5]}. Label these clips, or leave them out."
        )
    try:
        classes, targets = np.unique(labels, return_inverse=True)
    except TypeError:
        kinds = sorted({type(label).__name__ for label in labels.tolist()})
        raise ValueError(f"y mixes labels of types {kinds}, which cannot be sorted. Use one type.") from None
    check_classification_targets(labels)
    if len(classes) < 2:
        raise ValueError(
            f"y has only one class, {classes.tolist()[0]!r}, for all {n_clips} clips; a classifier needs two classes or"
            " more."
        )
    return classes, targets


def _is_missing(label: Any) -> bool:
    return label is None or is_pandas_na(label) or label != label or label in (np.inf, -np.inf)
