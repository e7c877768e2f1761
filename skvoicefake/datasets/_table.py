"""A CSV or TSV file with a row a clip -> labelled clips."""

import csv
import os
import warnings
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._bunch import as_bunch, listed
from skvoicefake.datasets._folder import load_folder
from skvoicefake.labels import label_kind

# What columns are called, the likelier names first.
USUAL_NAMES = {
    "path": ("path", "filepath", "file_path", "audio_path", "file", "filename", "file_name", "audio", "wav"),
    "label": ("label", "target", "class", "key"),
    "group": ("group", "speaker", "speaker_id", "source", "recording"),
    "attack": ("attack", "attack_id", "generator", "system", "method"),
    "codec": ("codec",),
}


def load_table(
    path: str | os.PathLike[str],
    *,
    path_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    attack_column: str | None = None,
    codec_column: str | None = None,
    real_label: object = None,
    on_missing: Literal["raise", "skip"] = "raise",
) -> Bunch:
    r"""Load a CSV or TSV file that has a header and a row a clip.

    Parameters
    ----------
    path : path
        The table, UTF-8, separated by commas, semicolons or tabs. Relative
        paths in it are relative to its folder.
    path_column, label_column : str, default=None
        Columns of the clips' paths and labels. None takes the first of
        "path", "filepath", "file_path", "audio_path", "file", "filename",
        "file_name", "audio", "wav"; and of "label", "target", "class", "key".
        Case does not matter.
    group_column, attack_column, codec_column : str, default=None
        Columns of what must stay on one side of a split, of what made a fake,
        and of the codec. None takes the first of "group", "speaker",
        "speaker_id", "source", "recording"; of "attack", "attack_id",
        "generator", "system", "method"; and "codec", if there is one.
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
        As of :func:`load_folder`: `data`, `target`, `groups`, `attack` and
        `codec` (None if the table has no such column), `frame`, `report`,
        `DESCR`. A row without a group is a group of its own.

    Raises
    ------
    FileNotFoundError
        If the table, or a file that it names, is missing.
    ValueError
        If the table cannot be read, has no such columns, unknown labels, two
        labels for one file, or only one class.

    Warns
    -----
    UserWarning
        If rows are left out: because of `on_missing`, or since the same file
        came before.

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
    table = _read(path)
    chosen = {
        "path": path_column,
        "label": label_column,
        "group": group_column,
        "attack": attack_column,
        "codec": codec_column,
    }
    columns = {role: _find_column(table, role, name, path) for role, name in chosen.items()}
    frame = pd.DataFrame({role: table[column] for role, column in columns.items() if column is not None})
    frame["path"] = [str(path.parent / name) if name else "" for name in frame["path"]]
    frame.insert(1, "target", _targets(frame["label"], real_label, path))
    # os.path, as a Path of Python 3.11 raises on names that are too long.
    there = frame["path"].map(os.path.isfile).astype(bool)
    left_out = {
        "missing_files": (frame["path"][~there], "whose file is missing"),
        "unknown_labels": (frame["label"][frame["target"].isna()], "whose label is no word for real or fake speech"),
    }
    report: dict[str, Any] = {"source": str(path), "groups": f"column {columns['group']!r}"}
    report["columns"] = {role: column for role, column in columns.items() if column is not None}
    for key, (cells, what) in left_out.items():
        report[key] = bad = [f"line {i}: {cell}" for i, cell in cells.items()]
        if not bad:
            continue
        message = f"{path}: {listed(bad, 'row')}, {what}"
        if on_missing == "raise":
            error = FileNotFoundError if key == "missing_files" else ValueError
            raise error(f"{message}. Mend the table, or leave such rows out: on_missing='skip'.")
        warnings.warn(f"{message}; left out.", UserWarning, stacklevel=2)
    frame = frame[there & frame["target"].notna()]
    frame, report["repeated"] = _without_repeats(frame, path)
    if frame["target"].nunique() < 2:
        found = frame["target"].value_counts().to_dict()
        raise ValueError(f"{path}: expected real and fake clips, found {found or 'none'}.")
    if "group" in frame:
        frame["group"] = frame["group"].mask(frame["group"].isin(["", "-"]), frame["path"])
    if "attack" in frame:
        nothing = frame["target"].map({"real": "-", "fake": "unknown"})
        frame["attack"] = frame["attack"].mask(frame["attack"] == "", nothing)
    if "codec" in frame:
        frame["codec"] = frame["codec"].mask(frame["codec"] == "", "-")
    return as_bunch(frame, report)


def load_data(path: str | os.PathLike[str], **parameters: Any) -> Bunch:
    """Load a folder with one sub-folder a class, or a CSV or TSV file, whichever it is.

    Parameters
    ----------
    path : path
        A folder for :func:`load_folder`, or a file for :func:`load_table`.
    **parameters : dict
        For :func:`load_table`.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of the two functions.

    Raises
    ------
    FileNotFoundError
        If there is neither such a folder nor such a file.
    ValueError
        If `parameters` are given for a folder; and as the two functions do.

    Examples
    --------
    >>> from skvoicefake.datasets import load_data
    >>> load_data("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: nowhere: no such folder or file.
    """
    path = Path(path)
    if path.is_dir():
        if parameters:
            raise ValueError(f"{path} is a folder. Only CSV and TSV files take {', '.join(sorted(parameters))}.")
        return load_folder(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such folder or file.")
    return load_table(path, **parameters)


def _read(path: Path) -> pd.DataFrame:
    """Read all columns as strings, without blanks around them; rows are numbered as the lines of the file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            separator = max("\t;,", key=header.count)
            reader = csv.reader(file, delimiter=separator)
            lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected a CSV or TSV file in UTF-8, which this is not ({error}).") from error
    if len(lines) < 2:
        raise ValueError(f"{path}: expected a header and a row a clip, found {len(lines)} lines.")
    numbers, (names, *rows) = [number for number, _ in lines], [row for _, row in lines]
    odd = [i for i, row in enumerate(rows) if len(row) != len(names)]
    if odd:
        raise ValueError(
            f"{path}: expected {len(names)} cells a row, as in the header, found {len(rows[odd[0]])} in line"
            f" {numbers[odd[0] + 1]}. Put cells that hold the separator in quotation marks."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{path}: expected every name once in the header, found {twice} more than once.")
    return pd.DataFrame(rows, columns=names, index=numbers[1:], dtype=object)


def _find_column(table: pd.DataFrame, role: str, name: str | None, path: Path) -> str | None:
    """Return the column the caller named, or the first of the usual names; None if an optional one is not there."""
    found = list(table.columns)
    if name is not None:
        if name in found:
            return name
        raise ValueError(f"{path}: no column {name!r}, found {found}.")
    by_word = {column.casefold(): column for column in reversed(found)}
    column = next((by_word[word] for word in USUAL_NAMES[role] if word in by_word), None)
    if column is None and role in ("path", "label"):
        raise ValueError(
            f"{path}: no {role} column, found {found}. Call it {USUAL_NAMES[role][0]!r}, or say which one it is with"
            f" {role}_column."
        )
    return column


def _targets(labels: "pd.Series[str]", real_label: object, path: Path) -> "pd.Series[str]":
    """Return "real", "fake" or None for every label."""
    found = sorted({label for label in labels if label})
    if real_label is None:
        kinds = {label: label_kind(label) for label in found}
        if found and not any(kinds.values()):
            numbers_only = all(_number(label) is not None for label in found)
            why = "numbers mean opposite things in different corpora" if numbers_only else "no word of the field"
            raise ValueError(
                f"{path}: cannot tell which of the labels {found[:6]} is the real voice ({why}). Name it: real_label."
            )
    else:
        kinds = {label: "real" if _same(label, real_label) else "fake" for label in found}
        fakes = [label for label in found if kinds[label] == "fake"]
        if len(fakes) > 1 or len(fakes) == len(found):
            raise ValueError(
                f"{path}: expected the label {real_label!r} for real clips, and one other for fakes, found {found[:6]}."
            )
    return pd.Series([kinds.get(label) for label in labels], index=labels.index, dtype=object)


def _number(label: object) -> float | None:
    try:
        return float(str(label))
    except ValueError:
        return None


def _same(label: str, other: object) -> bool:
    number = _number(label)
    return label == str(other) or (number is not None and number == _number(other))


def _without_repeats(frame: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the first row of every file, and the paths of the rows left out."""
    files = frame["path"].map(os.path.realpath)
    n_targets = frame["target"].groupby(files).nunique()
    if (n_targets > 1).any():
        both = [str(name) for name in n_targets.index[n_targets > 1]]
        raise ValueError(f"{path}: {listed(both, 'file')} labelled real in one row and fake in another.")
    is_repeat = files.duplicated()
    repeated = frame.loc[is_repeat, "path"].tolist()
    if repeated:
        warnings.warn(
            f"{path}: {listed(repeated, 'row')} of a file that came before; left out.", UserWarning, stacklevel=3
        )
    return frame[~is_repeat].copy(), repeated
