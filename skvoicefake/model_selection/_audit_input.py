"""What users pass to an audit -> clips, their names, and what is known of them."""

import os
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import column_or_1d

from skvoicefake._groups import connected_groups, is_unknown
from skvoicefake.audio import MAX_RATE, MIN_RATE
from skvoicefake.model_selection._copies import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

# Columns of a reader's table that may tell the class of a clip.
METADATA = ("speaker", "codec", "source", "language")


class Labels(NamedTuple):
    """What is known of clips without listening: arrays with an entry a clip, or None."""

    names: list[str]
    y: NDArray[Any]
    groups: NDArray[np.intp] | None
    group_names: NDArray[Any] | None
    split: NDArray[Any] | None
    attack: NDArray[Any] | None
    metadata: "pd.DataFrame | None"


def check_parameters(*given: Any) -> None:
    """Check what is no data, in order of the constraints."""
    constraints: dict[str, list[Any]] = {
        "sample_rate": [Interval(Real, MIN_RATE, MAX_RATE, closed="both")],
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "title": [str, None],
    }
    validate_parameter_constraints(constraints, dict(zip(constraints, given, strict=True)), "audit")


def of_bunch(clips: Bunch) -> dict[str, Any]:
    """Return what the Bunch of a reader says for each parameter."""
    frame = clips.get("frame")
    if "data" not in clips or frame is None:
        raise ValueError(
            f"audit expected the Bunch of a reader of skvoicefake.datasets, with data and frame, got one with"
            f" {sorted(clips)}. Pass X and y."
        )
    columns = [name for name in METADATA if name in frame]
    return {
        "data": clips.data,
        "target": clips.get("target"),
        **{name: clips.get(name) for name in ("groups", "split", "attack")},
        "metadata": frame[columns] if columns else None,
        "title": f"Audit of {clips['report']['source']}" if "report" in clips else None,
    }


def named_audit() -> BaseEstimator:
    """Return what the checks of X call this function in their errors."""
    return type("audit", (BaseEstimator,), {})()


def content_of(file: Any) -> Any:
    """Read an open file: it cannot be handed to another process."""
    file.seek(0)
    return file.read()


def shown_name(clip: Any, i: int) -> str:
    """Return what a clip is called in tables."""
    # Names of files need not be UTF-8, but tables and reports are.
    name = os.fspath(clip) if isinstance(clip, str | os.PathLike) else f"X[{i}]"
    return name.encode("utf-8", "backslashreplace").decode()


def read_labels(
    names: list[str], y: Any, groups: Any, split: Any, attack: Any, metadata: "pd.DataFrame | None"
) -> Labels:
    """Check what is known of the clips: one entry a clip, and two classes."""
    import pandas as pd

    if y is None:
        raise ValueError("audit needs y, the labels: what gives classes away cannot be told without them.")
    labels = _column(y, "y")
    codes = None if groups is None else connected_groups(groups)
    splits, attacks = (
        None if given is None else _column(given, name) for given, name in ((split, "split"), (attack, "attack"))
    )
    if metadata is not None and not (isinstance(metadata, pd.DataFrame) and metadata.columns.is_unique):
        raise ValueError("metadata: expected a DataFrame whose columns have different names.")
    arrays = {"y": labels, "groups": codes, "split": splits, "attack": attacks, "metadata": metadata}
    for name, values in arrays.items():
        if values is not None and len(values) != len(names):
            raise ValueError(f"{name}: expected one entry a clip, {len(names)} in all, got {len(values)}.")
    n_missing = sum(is_unknown(label) for label in labels.tolist())
    classes = sorted({str(label) for label in labels.tolist() if not is_unknown(label)})
    if n_missing or len(classes) != 2:
        missing = f", and {n_missing} clips without a label" if n_missing else ""
        raise ValueError(f"y: expected labels of two classes, one a clip, got {len(classes)}: {classes[:5]}{missing}.")
    if labels.dtype == object:
        labels = labels.astype(str)
    group_names: NDArray[Any] | None = codes
    if codes is not None and np.ndim(groups) == 1:
        given = np.asarray(groups, dtype=object).tolist()
        group_names = np.array([names[i] if is_unknown(name) else str(name) for i, name in enumerate(given)])
    return Labels(names, labels, codes, group_names, _words(splits), _words(attacks), metadata)


def _column(values: Any, name: str) -> NDArray[Any]:
    try:
        return np.asarray(column_or_1d(values))
    except ValueError:
        raise ValueError(f"{name}: expected one entry a clip, got an array of shape {np.shape(values)}.") from None


def _words(values: NDArray[Any] | None) -> NDArray[np.str_] | None:
    if values is None:
        return None
    return np.array([UNKNOWN if is_unknown(value) else str(value).strip() for value in values.tolist()])
