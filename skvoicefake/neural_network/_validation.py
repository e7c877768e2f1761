"""What comes into `fit` and `predict` -> a panel, codes, weights and a split, or an error that says what is wrong."""

import os
import warnings
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, check_array, validate_data

from skvoicefake._classifier_input import frames_of_flat
from skvoicefake._groups import components, is_unknown, read_keys
from skvoicefake._warn import warn
from skvoicefake.neural_network._stretches import is_mapped, not_finite

Panel = NDArray[np.float32]


def as_panel(estimator: Any, X: Any, *, reset: bool) -> Panel:
    """Return X as (n_clips, n_frames, n_coefficients), keeping scikit-learn's books on the estimator.

    It is float32, or as it lies in a memory-mapped file, and then made float32 where it is read.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # Numbers too large for float32 become infinite, and are found below.
        panel = _unchecked_panel(estimator, X, reset=reset)
    bad = not_finite(panel)
    if len(bad):
        raise ValueError(
            f"X contains NaN or infinity in {len(bad)} clips, the first at positions {bad[:5].tolist()}. Drop these"
            " clips, or mend what made them."
        )
    if not reset and panel.shape[1:] != estimator.panel_shape_:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on clips of shape {estimator.panel_shape_} (frames, coefficients),"
            f" got {panel.shape[1:]}. Extract them with the parameters of the training clips."
        )
    return panel


def _unchecked_panel(estimator: Any, X: Any, *, reset: bool) -> Panel:
    if isinstance(X, list | tuple) or getattr(X, "ndim", None) == 1:
        X = _checked_list(X)
    n_dimensions = getattr(X, "ndim", 2)
    if n_dimensions > 3:
        raise ValueError(
            f"X has {n_dimensions} dimensions, where (n_clips, n_frames, n_coefficients) or (n_clips, n_features) was"
            " expected."
        )
    if n_dimensions == 3:
        panel = check_array(X, **_form(X), allow_nd=True, ensure_all_finite=False, estimator=estimator, input_name="X")
        if 0 in panel.shape:
            raise ValueError(f"X of shape {panel.shape} holds empty clips. Check what made the panel.")
        if reset and hasattr(estimator, "n_features_in_"):
            del estimator.n_features_in_
    else:
        n_frames = frames_of_flat(estimator, X) if reset else estimator.panel_shape_[0]
        # The rows of a 2-D X are features to scikit-learn, which counts and names them.
        flat = validate_data(estimator, X, **_form(X), ensure_all_finite=False, reset=reset)
        n_frames = flat.shape[1] if n_frames is None else n_frames
        if not reset and flat.shape == estimator.panel_shape_ and flat.shape[0] > 1:
            raise ValueError(f"X of shape {flat.shape} is one clip, not a panel of clips. Pass X[np.newaxis].")
        if flat.shape[1] % n_frames:
            raise ValueError(
                f"X has {flat.shape[1]} columns, which cannot be n_frames={n_frames} frames of one length."
            )
        panel = flat.reshape(len(flat), n_frames, -1)
    return panel


def _form(X: Any) -> dict[str, Any]:
    """Return what scikit-learn shall make of an array, which is a copy unless it is that already."""
    in_place = is_mapped(X) and X.dtype.kind == "f"
    return {"dtype": None} if in_place else {"dtype": np.float32, "order": "C"}


def _checked_list(X: Any) -> Any:
    """Return a list as an array if its clips are arrays of one shape, after errors for what is no panel."""
    try:
        array = np.asarray(X)
    except ValueError:
        array = None
    first = None if array is None else next(array.flat, None)
    if isinstance(first, str | bytes | os.PathLike):
        raise ValueError(
            f"X holds paths or strings, such as {str(first)!r}. Put MFCCTransformer before the classifier."
        )
    if array is None or (array.dtype == object and hasattr(first, "__len__")):
        raise ValueError(
            "X holds clips of different shapes, or arrays in an array. Bring them to one number of frames and"
            " coefficients and join them with np.stack; MFCCTransformer makes such a panel from audio."
        )
    return array if array.ndim > 2 else X


def clip_weights(sample_weight: Any, class_weight: Any, labels: NDArray[Any], panel: Panel) -> NDArray[np.float32]:
    """Return weights of mean one over the clips that count, so that a learning rate does not depend on their scale."""
    # A copy, as scikit-learn's check may hand back the caller's own array.
    weights = np.array(_check_sample_weight(sample_weight, panel, dtype=np.float64))
    if (weights < 0).any():
        raise ValueError("sample_weight holds negative weights. Leave those clips out instead.")
    if isinstance(class_weight, dict):
        bad = {
            key: value
            for key, value in class_weight.items()
            if not (isinstance(value, Real) and 0 <= float(value) < np.inf)
        }
        if bad:
            raise ValueError(f"class_weight holds {bad}, where numbers from 0 up were expected.")
    if class_weight is not None:
        weights *= compute_sample_weight(class_weight, labels)
    if not weights.any():
        raise ValueError(
            "sample_weight, times class_weight, is zero for every clip, so there is nothing to learn from."
        )
    weights /= weights[weights > 0].mean()
    weighed = labels[weights > 0]
    if (weighed == weighed[0]).all():
        raise ValueError(
            f"Only one class, {weighed[:1].tolist()[0]!r}, has clips of a sample_weight (times class_weight) above"
            " zero; a classifier needs two classes or more."
        )
    return weights.astype(np.float32)


def hold_out(
    targets: NDArray[np.intp], groups: Any, fraction: float, *, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp] | None]:
    """Split rows into training and validation, stratified, no group on both sides; None where that cannot be."""
    n_clips, counts = len(targets), np.unique(targets, return_counts=True)[1]
    n_classes = len(counts)
    everything = np.arange(n_clips)
    if groups is None:
        n_held_out = max(n_classes, round(fraction * n_clips))
        if np.min(counts) < 2:
            reason = "a class has only one clip"
        elif n_clips - n_held_out < n_classes:
            reason = f"validation_fraction={fraction} leaves too few of {n_clips} clips to train on"
        else:
            splitter = StratifiedShuffleSplit(1, test_size=n_held_out, random_state=seed)
            train, validation = next(splitter.split(everything, targets))
            return train, validation
    else:
        held_out = _held_out_groups(targets, groups, fraction, seed=seed)
        if held_out is not None:
            return np.flatnonzero(~held_out), np.flatnonzero(held_out)
        reason = "no split by groups was found that leaves every class on both sides"
    warn(
        f"No clips are held back for early stopping, since {reason}; training runs for all epochs. Set"
        " early_stopping=False to say that this is meant.",
    )
    return everything, None


def _held_out_groups(
    targets: NDArray[np.intp], groups: NDArray[np.intp], fraction: float, *, seed: int
) -> NDArray[np.bool_] | None:
    """Join neighbouring folds of whole groups, as many as come nearest to the fraction."""
    classes, counts = np.unique(targets, return_counts=True)
    n_folds = min(max(20, round(1 / fraction)), len(np.unique(groups)), int(np.max(counts)))
    if n_folds < 2:
        return None
    fold = np.empty(len(targets), dtype=int)
    with warnings.catch_warnings():
        # It warns of rare classes; the test below is the one that counts.
        warnings.simplefilter("ignore", UserWarning)
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        for i, (_, rows) in enumerate(splitter.split(targets, targets, groups)):
            fold[rows] = i
    # Clips of every class in every fold; twice, so that the last fold and the first are neighbours.
    table = np.tile([[np.sum(targets[fold == i] == label) for label in classes] for i in range(n_folds)], (2, 1))
    best, best_distance = None, np.inf
    for start in range(n_folds):
        for n_joined in range(1, n_folds):
            held = table[start : start + n_joined].sum(axis=0)
            distance = abs(held.sum() - fraction * len(targets))
            if distance < best_distance and np.all((held > 0) & (held < counts)):
                best, best_distance = (fold - start) % n_folds < n_joined, distance
    return best


def group_codes(groups: Any, *, n_clips: int) -> NDArray[np.intp]:
    """Return a number a group; of several keys in columns, a number a set of clips that they tie together.

    A clip whose group is not known is a group of its own.
    """
    keys = list(read_keys(groups).values())
    if len(keys[0]) != n_clips:
        raise ValueError(f"X holds {n_clips} clips and groups {len(keys[0])} entries: inconsistent numbers of samples.")
    if not hasattr(groups, "columns") and np.asarray(groups, dtype=object).ndim == 1:
        names = np.asarray(groups, dtype=object).tolist()
        infinite = [i for i, name in enumerate(names) if not is_unknown(name) and name in (np.inf, -np.inf)]
        if infinite:
            raise ValueError(f"groups contains infinity at positions {infinite[:5]}. Name these groups, or write None.")
    return components(keys)
