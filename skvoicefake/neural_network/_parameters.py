"""What a classifier's parameters may be, and what they ask of the network, beyond what scikit-learn can check."""

from numbers import Integral, Real
from typing import Any

import keras
import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skvoicefake.neural_network._layers import BRANCH_UNITS

CONSTRAINTS: dict[str, list[Any]] = {
    "filters": ["array-like", Interval(Integral, 1, None, closed="left")],
    "kernel_size": [Interval(Integral, 1, None, closed="left")],
    "pool_size": [Interval(Integral, 1, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "lstm_units": [Interval(Integral, 1, None, closed="left")],
    "bidirectional": ["boolean"],
    "dense_units": ["array-like", Interval(Integral, 1, None, closed="left")],
    "batch_norm": ["boolean"],
    "pooling": [StrOptions({"last", "statistics", "attention"})],
    "statistics_branch": ["boolean", Interval(Integral, 1, None, closed="left")],
    "crop_frames": [Interval(Integral, 1, None, closed="left"), None],
    "n_crops": [Interval(Integral, 1, None, closed="left")],
    "spec_augment": ["array-like", Interval(Integral, 0, None, closed="left")],
    "mask_width": [Interval(Real, 0, 1, closed="right")],
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    "optimizer": [str, keras.optimizers.Optimizer],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "weight_decay": [Interval(Real, 0, None, closed="left"), None],
    "schedule": [StrOptions({"cosine"}), None],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "callbacks": [list, tuple, None],
    "warm_start": ["boolean"],
    "n_frames": [Interval(Integral, 1, None, closed="left"), None],
    "random_state": ["random_state", np.random.Generator],
    "verbose": ["verbose"],
}


def architecture(estimator: Any, panel_shape: tuple[int, int]) -> dict[str, Any]:
    """Return what `build_cnn_lstm` takes from a classifier, for clips of so many frames and coefficients."""
    n_frames, n_coefficients = panel_shape
    filters, branch = layer_sizes(estimator.filters, "filters"), estimator.statistics_branch
    width = n_frames if estimator.crop_frames is None else int(estimator.crop_frames)
    if width > n_frames:
        raise ValueError(
            f"crop_frames={width} is more than the {n_frames} frame(s) of a clip. Lower it, or take longer clips."
        )
    of_what = "clips" if estimator.crop_frames is None else "crops"
    if estimator.pool_size ** len(filters) > width:
        raise ValueError(
            f"pool_size={estimator.pool_size} after each of {len(filters)} convolutions needs {of_what} of at least"
            f" {estimator.pool_size ** len(filters)} frames, got {width} frame(s); X has"
            f" {getattr(estimator, 'n_features_in_', n_frames)} feature(s) along its second axis. Lower pool_size, or"
            f" take longer {of_what}."
        )
    return {
        "input_shape": (width, n_coefficients),
        "filters": filters,
        "kernel_size": int(estimator.kernel_size),
        "pool_size": int(estimator.pool_size),
        "dropout": float(estimator.dropout),
        "lstm_units": int(estimator.lstm_units),
        "bidirectional": bool(estimator.bidirectional),
        "dense_units": layer_sizes(estimator.dense_units, "dense_units"),
        "batch_norm": bool(estimator.batch_norm),
        "pooling": str(estimator.pooling),
        # A number, as 1 and True are the same to whatever compares.
        "statistics_branch": BRANCH_UNITS if isinstance(branch, bool | np.bool_) and branch else int(branch),
        "label_smoothing": float(estimator.label_smoothing),
    }


def check_continues(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse to go on, in a warm start, with another network than that of before."""
    changed = [name for name, value in after.items() if value != before[name]]
    if changed:
        old, new = before[changed[0]], after[changed[0]]
        if changed[0] == "input_shape":
            changed, old, new = ["crop_frames"], old[0], new[0]
        raise ValueError(
            f"warm_start goes on with the network of the last fit, which had another {changed[0]}: {old}, not {new}."
            " Set warm_start=False."
        )


def mask_counts(spec_augment: Any) -> tuple[int, int]:
    """Return how many masks over time and over coefficients are asked for, by one number or two."""
    counts = (spec_augment,) * 2 if isinstance(spec_augment, Integral) else tuple(spec_augment)
    if len(counts) != 2 or not all(isinstance(count, Integral) and int(count) >= 0 for count in counts):
        raise ValueError(
            f"spec_augment={spec_augment!r} must be one whole number from 0 up, or two: masks over time, and over"
            " coefficients."
        )
    return int(counts[0]), int(counts[1])


def layer_sizes(value: Any, name: str) -> tuple[int, ...]:
    """Return the numbers of units of some layers, given as one number or several."""
    values = (value,) if isinstance(value, Integral) else tuple(value)
    if not all(isinstance(item, Integral) and int(item) >= 1 for item in values):
        raise ValueError(f"{name}={value!r} must hold whole numbers from 1 up, one a layer.")
    if name == "filters" and not values:
        raise ValueError("filters=() leaves no convolution; give at least one number.")
    return tuple(int(item) for item in values)
