"""A CSV or TSV file with a row a clip -> labelled clips."""

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from skvoicefake._groups import connected_groups
from skvoicefake._warn import warn
from skvoicefake.datasets._bunch import as_bunch, fill_unknown, listed
from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._columns import USUAL_NAMES, find_column, read_table, targets
from skvoicefake.datasets._corpus import Names, group_names, pick
from skvoicefake.datasets._files import real_files


@without_collector
def load_table(
    path: str | os.PathLike[str],
    *,
    path_column: str | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    group_column: Names = None,
    attack_column: str | None = None,
    codec_column: str | None = None,
    split: Names = None,
    real_label: object = None,
    on_missing: Literal["raise", "skip"] = "raise",
) -> Bunch:
    r"""Load a CSV or TSV file that has a header and a row a clip.

    Parameters
    ----------
    path : path
        The table, UTF-8, a row a line, separated by commas, semicolons or tabs. Relative
        paths in it are relative to its folder.
    path_column, label_column : str, default=None
        Columns of the clips' paths and labels. None takes the first of
        "path", "filepath", "file_path", "audio_path", "file", "filename",
        "file_name", "audio", "wav"; and of "label", "target", "class", "key".
        Case does not matter.
    split_column, attack_column, codec_column : str, default=None
        Columns of the split that a clip belongs to, of what made a fake, and
        of the codec. None takes the first of "split", "subset", "partition",
        "set"; of "attack", "attack_id", "generator", "system", "method"; and
        "codec", if there is one.
    group_column : str or list of str, default=None
        Columns of what must stay on one side of a split. With several, clips
        that share a value of any are tied together, directly or through
        others. None takes the first of "group", "speaker", "speaker_id",
        "source", "recording". Rows of the same file tie their groups together.
    split : str or list of str, default=None
        Keep the rows of these splits alone.
    real_label : str or number, default=None
        The label of real clips; one other label is that of the fakes. None
        reads the field's words (bonafide, spoof, ...). Numbers mean opposite
        things in different corpora, so 0 and 1 need it.
    on_missing : {"raise", "skip"}, default="raise"
        What to do about rows whose file is missing or whose label is unknown:
        an error, or leave them out with a warning.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`: `data`, `target`, `groups`, `attack`,
        `codec` and `split` (None if the table has no such column), `frame`,
        `report`, `DESCR`. A row without a group is a group of its own. `frame`
        also keeps columns called speaker, source, language, recording and
        sentence; what is not known there is "-".

    Raises
    ------
    FileNotFoundError
        If the table, or a file that it names, is missing.
    ValueError
        If the table cannot be read, has no such columns or split, unknown
        labels, two labels for one file, or only one class.

    Warns
    -----
    UserWarning
        If rows are left out: because of `on_missing`, since the same file
        came before, or since a file is in several splits.

    See Also
    --------
    load_folder : The same from a folder with one sub-folder a class.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skvoicefake.datasets import load_table
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a.wav", "b.wav"):
    ...     (folder / name).touch()
    >>> _ = (folder / "clips.csv").write_text("file,label,speaker\na.wav,bonafide,anna\nb.wav,spoof,ben\n")
    >>> clips = load_table(folder / "clips.csv")
    >>> clips.target.tolist(), clips.groups.tolist()
    (['real', 'fake'], ['anna', 'ben'])
    """
    if on_missing not in ("raise", "skip"):
        raise ValueError(f"on_missing must be 'raise' or 'skip', got {on_missing!r}.")
    path = Path(path)
    table = read_table(path)
    chosen = {
        "path": path_column,
        "label": label_column,
        "split": split_column,
        "attack": attack_column,
        "codec": codec_column,
    }
    columns = {role: find_column(table, role, chosen.get(role), path) for role in USUAL_NAMES if role != "group"}
    columns = {role: column for role, column in columns.items() if column is not None}
    asked = [group_column] if group_column is None or isinstance(group_column, str) else list(group_column)
    keys = [column for name in asked if (column := find_column(table, "group", name, path)) is not None]
    frame = pd.DataFrame({role: table[column] for role, column in columns.items()})
    top = "" if path.parent == Path() else str(path.parent)
    join = os.path.join  # not Path, as tables may be long
    paths = [name and join(top, name.removeprefix("./")) for name in frame["path"].tolist()]
    frame["path"] = pd.Series(paths, index=frame.index, dtype=object)
    frame.insert(1, "target", targets(frame["label"], real_label, path))
    if keys:
        frame["group"] = group_names(table[keys].assign(path=frame["path"]), keys)
    report: dict[str, Any] = {"source": str(path), "groups": f"column {', '.join(map(repr, keys))}"}
    report["columns"] = columns | ({"group": keys[0] if len(keys) == 1 else keys} if keys else {})
    if split is not None and "split" not in frame:
        raise ValueError(f"{path}: no split column, found {list(table.columns)}. Name it: split_column.")
    files = pd.Series(real_files(frame["path"].tolist()), index=frame.index, dtype=object)
    if "split" in frame:
        frame, report["in_several_splits"] = _in_one_split(frame, files.fillna(frame["path"]), path)
        frame = frame[frame["split"].isin(pick(split, frame["split"].unique(), str(path)))]
    there = files[frame.index].notna()
    left_out = {
        "missing_files": (frame["path"][~there], "whose file is missing"),
        "unknown_labels": (frame["label"][frame["target"].isna()], "whose label is no word for real or fake speech"),
    }
    for key, (cells, what) in left_out.items():
        report[key] = bad = [f"line {i}: {cell}" for i, cell in cells.items()]
        if not bad:
            continue
        message = f"{path}: {listed(bad, 'row')}, {what}"
        if on_missing == "raise":
            error = FileNotFoundError if key == "missing_files" else ValueError
            raise error(f"{message}. Mend the table, or leave such rows out: on_missing='skip'.")
        warn(f"{message}; left out.")
    frame = frame[there & frame["target"].notna()].copy()
    if keys and files.duplicated().any():
        frame["group"] = _tied(frame, files)
    frame, report["repeated"] = _without_repeats(frame, files, path)
    if frame["target"].nunique() < 2:
        found = frame["target"].value_counts().to_dict()
        raise ValueError(f"{path}: expected real and fake clips, found {found or 'none'}.")
    fill_unknown(frame)
    return as_bunch(frame, report)


def _tied(frame: pd.DataFrame, files: "pd.Series[str]") -> NDArray[np.object_]:
    """Return the groups, one for all that rows of the same file name, called as the first that is no clip's own."""
    names = frame["group"].to_numpy(dtype=object)
    codes = connected_groups(np.column_stack([names, files[frame.index].to_numpy(dtype=object)]))
    order = np.argsort(names == frame["path"].to_numpy(dtype=object), kind="stable")
    _, first = np.unique(codes[order], return_index=True)
    return names[order[first]][codes]


def _without_repeats(frame: pd.DataFrame, files: "pd.Series[str]", path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the first row of every file, and the paths of the rows left out."""
    files = files[frame.index]
    n_targets = frame["target"].groupby(files).nunique()
    if (n_targets > 1).any():
        both = [str(name) for name in n_targets.index[n_targets > 1]]
        raise ValueError(f"{path}: {listed(both, 'file')} labelled real in one row and fake in another.")
    is_repeat = files.duplicated()
    repeated = frame.loc[is_repeat, "path"].tolist()
    if repeated:
        warn(f"{path}: {listed(repeated, 'row')} of a file that came before; left out.")
    return frame[~is_repeat].copy(), repeated


def _in_one_split(frame: pd.DataFrame, files: "pd.Series[str]", path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the files that are in one split, and the paths of the others: in two, a file is in none."""
    known = frame["split"].mask(frame["split"].isin(["", "-"]))
    again = known[files.duplicated(keep=False) & files.ne("")].groupby(files).transform("nunique")
    is_leaking = frame.index.isin(again.index[again > 1])
    leaking = sorted(set(frame.loc[is_leaking, "path"]))
    if leaking:
        warn(f"{path}: {listed(leaking, 'file')} in several splits; left out of all.")
    return frame[~is_leaking], leaking
