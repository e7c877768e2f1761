"""Tables with a header: their cells as text, which column is which, and what labels mean."""

import csv
from pathlib import Path

import pandas as pd

from skvoicefake.labels import label_kind

# What columns are called, the likelier names first.
USUAL_NAMES = {
    "path": ("path", "filepath", "file_path", "audio_path", "file", "filename", "file_name", "audio", "wav"),
    "label": ("label", "target", "class", "key"),
    "split": ("split", "subset", "partition", "set"),
    "group": ("group", "speaker", "speaker_id", "source", "recording"),
    "speaker": ("speaker", "speaker_id"),
    "attack": ("attack", "attack_id", "generator", "system", "method"),
    "codec": ("codec",),
    "source": ("source",),
    "language": ("language", "lang"),
    "recording": ("recording",),
    "sentence": ("sentence",),
}


def read_table(path: Path) -> pd.DataFrame:
    """Read all columns as strings, without blanks around them; rows are numbered as the lines of the file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file.")
    try:
        text = path.read_text(encoding="utf-8-sig").split("\n")
        separator = max("\t;,", key=text[0].count)
        width = len(_cells(text[0], separator, None))
        cells = ((number, _cells(line, separator, width)) for number, line in enumerate(text, 1))
        lines = [(number, row) for number, row in cells if any(row)]
        quoted = [] if separator == "\t" else [number for number, line in enumerate(text, 1) if '"' in line]
        still_open = [number for number in quoted if _is_open(text[number - 1], separator)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected a CSV or TSV file in UTF-8, which this is not ({error}).") from error
    if still_open:
        raise ValueError(
            f"{path}: a quotation mark in line {still_open[0]} begins a cell that does not end there. Write marks"
            ' inside a cell twice (""), and end a cell in the line where it begins.'
        )
    if len(lines) < 2:
        raise ValueError(f"{path}: expected a header and a row a clip, found {len(lines)} lines.")
    numbers, (names, *rows) = [number for number, _ in lines], [row for _, row in lines]
    odd = [i for i, row in enumerate(rows) if len(row) != len(names)]
    if odd:
        raise ValueError(
            f"{path}: expected {len(names)} cells a row, as in the header, found {len(rows[odd[0]])} in line"
            f" {numbers[odd[0] + 1]}. Put cells that hold the separator in quotation marks, and"
            " end a cell in the line where it begins."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{path}: expected every name once in the header, found {twice} more than once.")
    return pd.DataFrame(rows, columns=names, index=numbers[1:], dtype=object)


def _cells(line: str, separator: str, width: int | None) -> list[str]:
    plain = [cell.strip() for cell in line.split(separator)]
    if '"' not in line:
        return plain
    # A line at a time: a quotation mark without its second must not swallow the lines that follow.
    quoted = [cell.strip() for cell in next(csv.reader([line], delimiter=separator), plain)]
    # Nor the cells that follow, where text may well hold such a mark but never the separator.
    is_stray = separator == "\t" and len(quoted) != width == len(plain)
    return plain if is_stray else quoted


def _is_open(line: str, separator: str) -> bool:
    try:
        next(csv.reader([line], delimiter=separator, strict=True), None)
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def find_column(table: pd.DataFrame, role: str, name: str | None, path: Path) -> str | None:
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


def targets(labels: "pd.Series[str]", real_label: object, path: Path) -> "pd.Series[str]":
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
