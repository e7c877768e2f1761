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
    lines = path.read_bytes().decode("utf-8", errors="surrogateescape").removeprefix("\ufeff").split("\n")
    names, start = list(columns), f"{path.name}:"
    flat: list[str] = []  # all cells in one list: a list a line would keep the garbage collector busy
    places: list[str] = []
    unparsed: list[str] = []
    for number, line in enumerate(lines, 1):
        cells = line.split() if divider is None else _cells(line, divider)
        if not line or line.isspace():
            continue
        if header:
            names, header = _header(path, cells, columns), False
        elif len(cells) == len(names):
            flat += cells
            places.append(f"{start}{number}")
        else:
            unparsed.append(f"{start}{number}: {line.strip()[:100]}")
    if header:
        raise ValueError(f"{path}: expected a header that names {', '.join(columns)}, the file is empty.")
    table = {name: flat[i :: len(names)] for i, name in enumerate(names)}
    return pd.DataFrame(table, index=pd.Index(places, dtype=object), dtype=object), unparsed


def _cells(line: str, divider: str) -> list[str]:
    if '"' in line and divider in ",;":
        # A line at a time: a quotation mark without its second must not swallow the lines that follow.
        try:
            cells = next(csv.reader([line.strip()], delimiter=divider))
        except csv.Error:
            cells = [line]
    else:
        cells = line.split(divider)
    return [cell.strip() for cell in cells]


def _header(path: Path, found: list[str], columns: Sequence[str]) -> list[str]:
    by_word = {name.casefold(): name for name in columns}
    names = [by_word.get(name.casefold(), name) for name in found]
    if set(columns) - set(names) or len(set(names)) < len(names):
        raise ValueError(f"{path}: expected a header that names {', '.join(columns)} once each, found {found}.")
    return names
