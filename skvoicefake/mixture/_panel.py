"""X and y as they come into a mixture model -> a panel, and which of its frames tell something."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, validate_data

from skvoicefake._classifier_input import frames_of_flat

Panel = NDArray[Any]
# Beyond any cepstrum, and any number of float32; squares of such are still far from overflow.
LARGEST = 1e100
# By how much, of the largest number of a clip, frames may differ that are the same but for rounding.
SAME = 1e-5


def as_panel(estimator: Any, X: Any, *, reset: bool) -> Panel:
    """Return X as (n_clips, n_frames, n_coefficients), keeping scikit-learn's books on the estimator."""
    if isinstance(X, list | tuple):
        X = _stacked(X)
    n_dimensions = getattr(X, "ndim", 2)
    if n_dimensions > 3:
        raise ValueError(
            f"X has {n_dimensions} dimensions, where (n_clips, n_frames, n_coefficients) or (n_clips, n_features) was"
            " expected."
        )
    if n_dimensions == 3:
        panel = check_array(
            X, dtype=[np.float64, np.float32], allow_nd=True, ensure_all_finite=False, estimator=estimator
        )
        if 0 in panel.shape:
            raise ValueError(f"X of shape {panel.shape} holds empty clips. Check what made the panel.")
        if reset and hasattr(estimator, "n_features_in_"):
            del estimator.n_features_in_
    else:
        n_frames = frames_of_flat(estimator, X) if reset else estimator.panel_shape_[0]
        rows = validate_data(estimator, X, dtype=[np.float64, np.float32], ensure_all_finite=False, reset=reset)
        n_frames = rows.shape[1] if n_frames is None else n_frames
        if rows.shape[1] % n_frames:
            raise ValueError(
                f"X has {rows.shape[1]} columns, which cannot be n_frames={n_frames} frames of one length."
            )
        panel = rows.reshape(len(rows), n_frames, -1)
    if not reset and panel.shape[1:] != estimator.panel_shape_:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on clips of shape {estimator.panel_shape_} (frames, coefficients),"
            f" got {panel.shape[1:]}. Extract them with the parameters of the training clips."
        )
    # A clip at a time, as a panel in a memory-mapped file may be larger than memory.
    bad = [i for i, clip in enumerate(panel) if not np.isfinite(clip).all()]
    if bad:
        raise ValueError(
            f"X contains NaN or infinity in {len(bad)} clips, the first at positions {bad[:5]}. Drop these clips, or"
            " mend what made them."
        )
    large = [i for i, clip in enumerate(panel) if float(np.max(np.abs(clip))) > LARGEST]
    if large:
        raise ValueError(
            f"X contains numbers beyond {LARGEST:g} in {len(large)} clips, the first at positions {large[:5]}: their"
            " squares overflow. Check what made them."
        )
    return panel


def _stacked(X: Any) -> Any:
    """Return a list of clips as an array, if they are arrays of one shape."""
    try:
        array = np.asarray(X)
    except ValueError:
        raise ValueError(
            "X holds clips of different shapes. Bring them to one number of frames and coefficients and join them with"
            " np.stack; a transformer such as LFCCTransformer makes such a panel from audio."
        ) from None
    if array.dtype.kind in "SU":
        raise ValueError(
            f"X holds paths or strings, such as {str(array.flat[0])!r}. Put a transformer such as LFCCTransformer"
            " before the classifier."
        )
    return array


def telling_frames(clip: Panel) -> NDArray[np.bool_]:
    """Say which frames of (n_frames, n_coefficients) are not the same as the one before, but for rounding.

    The others are padding or digital silence: they tell how long a clip is
    and how it was cut, not how it was spoken. Their bits may differ all the
    same: a product of matrices need not round all of its rows alike.
    """
    tells = np.ones(len(clip), dtype=bool)
    tells[1:] = np.abs(clip[1:] - clip[:-1]).max(axis=1) > np.abs(clip).max() * clip.dtype.type(SAME)
    return tells
