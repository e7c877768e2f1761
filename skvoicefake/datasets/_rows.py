"""Protocols, keys and metadata of published corpora: a line a clip, read without ever stopping at a bad one."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd


def read_rows(
    path: Path, columns: Sequence[str], *, divider: str | None = None, header: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Read the lines of a file as text, and tell which of them do not parse.

    Windows line ends, a byte order mark, blanks around cells and empty lines
    are fine. Bytes that are no UTF-8 stay what they are in file names, so that
    such names can be found.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        What every line holds; with `header`, what the header must name at
        least, whatever its case. Other columns keep their names.
    divider : str, default=None
        What stands between cells; None is any blanks. Cells divided by "," or
        ";" may be quoted, others are taken as they are.
    header : bool, default=False
        Whether the first line names the columns.

    Returns
    -------
    rows : DataFrame
        A column of str for every name, indexed by "name of the file:number of
        the line".
    unparsed : list of str
        "name of the file:number of the line: the line", for lines with more or
        fewer cells.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the header does not name all columns.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file.")
    # Only "\n" ends a line: names may hold what else Unicode calls a line break.
    text = path.read_bytes().decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    names = list(columns)
    if header:
        names = _header(path, lines.pop(0)[1] if lines else "", columns, divider)
    rows: list[list[str]] = []
    places: list[str] = []
    unparsed: list[str] = []
    for number, line in lines:
        cells = _cells(line, divider)
        if len(cells) == len(names):
            rows.append(cells)
            places.append(f"{path.name}:{number}")
        else:
            unparsed.append(f"{path.name}:{number}: {line.strip()[:100]}")
    by_column = zip(*rows, strict=True) if rows else [()] * len(names)
    table = dict(zip(names, map(list, by_column), strict=True))
    return pd.DataFrame(table, index=pd.Index(places, dtype=object), dtype=object), unparsed


def _cells(line: str, divider: str | None) -> list[str]:
    if divider is None:
        return line.split()
    if '"' in line and divider in ",;":
        # A line at a time: a quotation mark without its second must not swallow the lines that follow.
        try:
            cells = next(csv.reader([line.strip()], delimiter=divider))
        except csv.Error:
            return []
    else:
        cells = line.split(divider)
    return [cell.strip() for cell in cells]


def _header(path: Path, line: str, columns: Sequence[str], divider: str | None) -> list[str]:
    found = _cells(line, divider)
    by_word = {name.casefold(): name for name in columns}
    names = [by_word.get(name.casefold(), name) for name in found]
    missing = [name for name in columns if name not in names]
    if missing or len(set(names)) < len(names):
        raise ValueError(f"{path}: expected a header that names {', '.join(columns)} once each, found {line[:100]!r}.")
    return names
