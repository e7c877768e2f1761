"""score_table: what a detector says of the clips of a table, on one machine or on many."""

import os
import pickle
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, overload

from skvoicefake._row import Row
from skvoicefake.detectors._scoring import Scorer
from skvoicefake.detectors._shipped import load_detector
from skvoicefake.labels import real_label as real_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("label", "probability", "score", "warnings", "error")
NUMBERS = ("probability", "score")
BATCH = 32  # clips whose waveforms are held at once
_lock = threading.Lock()
# What functions have returned, by their pickles: tasks that a process gets one after the other share it.
_loaded: dict[bytes, Any] = {}


@overload
def score_table(
    table: "pd.DataFrame", detector: Any = ..., *, path_column: str = ..., real_label: Hashable = ...
) -> "pd.DataFrame": ...
@overload
def score_table(
    table: Iterator["pd.DataFrame"], detector: Any = ..., *, path_column: str = ..., real_label: Hashable = ...
) -> Iterator["pd.DataFrame"]: ...
def score_table(table: Any, detector: Any = None, *, path_column: str = "path", real_label: Hashable = None) -> Any:
    """Score the clips of a table: the same columns as ``skvoicefake predict``, beside those it has.

    It needs nothing but its arguments, and gives a row for every row, so that
    it can be handed to what works on tables in parts, as it is:
    ``map_partitions`` of dask, ``map_batches`` of Ray, ``mapInPandas`` of
    Spark. See the [guide](scale.md).

    Parameters
    ----------
    table : DataFrame, or iterator of DataFrames
        With a column of paths or addresses; see
        :func:`~skvoicefake.audio.load_audio`.
    detector : classifier, function or None, default=None
        A fitted classifier of clips with two classes; or a function without
        arguments that returns one, such as
        ``functools.partial(joblib.load, "detector.joblib")``, which is called
        once in every process and not sent the detector with every part. None
        is :func:`load_detector`.
    path_column : str, default="path"
        Column that holds the clips.
    real_label : label, default=None
        The class of real voices, where its classes are no words for real and
        fake.

    Returns
    -------
    scored : DataFrame, or iterator of DataFrames
        The same rows and index, with the columns `label` (None where there is
        an error or no verdict), `probability` of that label, `score` (higher
        is more bona fide; NaN where there is an error), `warnings` (joined by
        "; ") and `error` (None where all is well). Columns of these names are
        replaced.

    Raises
    ------
    ValueError
        If the column is not there, or it cannot be told which class is real.
    TypeError
        If `table` or `detector` is something else.

    See Also
    --------
    load_detector : What scores if no other detector is named.

    Notes
    -----
    A clip that cannot be read is a row with its error, and costs no other row
    anything. An empty table is given its columns, and no detector is loaded.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.detectors import score_table
    >>> scored = score_table(pd.DataFrame({"path": ["nowhere.wav"], "speaker": ["anna"]}))
    >>> scored.columns.tolist()
    ['path', 'speaker', 'label', 'probability', 'score', 'warnings', 'error']
    >>> scored["error"][0]  # doctest: +ELLIPSIS
    "no such file. The current folder is ...; check the path."
    """
    if isinstance(table, Iterator):
        return (score_table(part, detector, path_column=path_column, real_label=real_label) for part in table)
    if not (hasattr(table, "columns") and hasattr(table, "iloc")):
        raise TypeError(
            f"score_table expected a pandas DataFrame with a column {path_column!r}, got {type(table).__name__}. In"
            ' Ray, pass batch_format="pandas" to map_batches.'
        )
    if path_column not in table.columns:
        raise ValueError(
            f"score_table expected a column {path_column!r}, got {list(table.columns)[:10]}. Name yours with"
            " path_column."
        )
    import pandas as pd

    rows = _rows(table[path_column].tolist(), detector, real_label) if len(table) else []
    cells: dict[str, list[Any]] = {
        "label": [row.label for row in rows],
        "probability": [row.probability for row in rows],
        "score": [row.score for row in rows],
        "warnings": ["; ".join(row.warnings) for row in rows],
        "error": [row.error for row in rows],
    }
    # Of one type in all parts of a table, also where a column is empty.
    text = pd.Series(["a"]).dtype
    columns = {
        name: pd.Series(cells[name], index=table.index, dtype=float if name in NUMBERS else text) for name in COLUMNS
    }
    return table.assign(**columns)


def _rows(paths: list[Any], detector: Any, real_label: Hashable) -> list[Row]:
    estimator = _detector(detector)
    classes = estimator.classes_.tolist()
    if len(classes) != 2 or (real_label is not None and real_label not in classes):
        asked = "two classes" if real_label is None else f"two classes, {real_label!r} one of them"
        raise ValueError(f"score_table expected a detector of {asked}, got {classes}.")
    scorer = Scorer(estimator, real_of(classes) if real_label is None else real_label)
    rows: list[Row] = []
    for start in range(0, len(paths), BATCH):
        batch = [_row(path) for path in paths[start : start + BATCH]]
        scored = iter(scorer.rows([row.path for row in batch if row.error is None]))
        rows += [row if row.error is not None else next(scored) for row in batch]
    return rows


def _row(path: Any) -> Row:
    if isinstance(path, str | os.PathLike):
        return Row(os.fspath(path))
    return Row(str(path), error=f"expected a path, got {path!r}.")


def _detector(detector: Any) -> Any:
    if detector is None:
        detector = load_detector
    if not hasattr(detector, "predict") and callable(detector):
        detector = _made_by(detector)
    if not hasattr(detector, "predict"):
        is_path = isinstance(detector, str | os.PathLike)
        hint = f" Load it: functools.partial(skvoicefake.load, {os.fspath(detector)!r})." if is_path else ""
        raise TypeError(
            "score_table expected a fitted classifier, or a function that returns one, got"
            f" {type(detector).__name__}.{hint}"
        )
    if not hasattr(detector, "classes_"):
        raise ValueError(
            f"score_table expected a fitted classifier, got a {type(detector).__name__} that is not fitted."
        )
    return detector


def _made_by(function: Callable[[], Any]) -> Any:
    try:
        key = pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"score_table expected a function that can be imported, or functools.partial of one, as it is called once"
            f" in every process; got {function!r}."
        ) from error
    with _lock:  # Threads of one process wait for the first.
        if key not in _loaded:
            _loaded[key] = function()
        return _loaded[key]
