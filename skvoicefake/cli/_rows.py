"""Rows written as they come, to a file that can be gone on with, or to the standard output."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from skvoicefake.cli._scoring import Row

COLUMNS = list(Row("").as_dict())


class Writer:
    """Writes rows as CSV or JSON lines, whole and at once."""

    def __init__(self, file: TextIO, layout: str) -> None:
        self.file, self.layout = file, layout

    def header(self) -> None:
        """Write the header that CSV has."""
        if self.layout == "csv":
            self.file.write(_csv_line(COLUMNS))
            self.file.flush()

    def rows(self, rows: Sequence[Row]) -> None:
        """Write rows, and see to it that they are out of this process' hands."""
        self.file.write("".join(self._line(row) for row in rows))
        self.file.flush()

    def _line(self, row: Row) -> str:
        values = row.as_dict()
        if self.layout == "jsonl":
            return json.dumps(values) + "\n"
        cells = [
            "; ".join(value) if isinstance(value, list) else f"{value:.9g}" if isinstance(value, float) else value
            for value in values.values()
        ]
        return _csv_line(["" if cell is None else cell for cell in cells])


@contextmanager
def open_output(
    path: Path | None, layout: str, *, resume: bool, force: bool
) -> Iterator[tuple[Writer, dict[str, bool]]]:
    """Open a file or the standard output; give also the paths already in it, and whether each has an error."""
    if path is None:
        with suppress(AttributeError):  # Names of files need not be UTF-8.
            sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
        writer = Writer(sys.stdout, layout)
        writer.header()
        yield writer, {}
        return
    exists = path.exists() and path.stat().st_size > 0
    if exists and not (resume or force):
        raise FileExistsError(f"{path}: already there. Go on with it (--resume), or write it anew (--force).")
    path.parent.mkdir(parents=True, exist_ok=True)
    done: dict[str, bool] = {}
    if exists and resume:
        content = path.read_bytes()
        done, length = read_rows(content, layout, path)
        if length < len(content):
            with path.open("r+b") as file:
                file.truncate(length)
    is_new = not (exists and resume and path.stat().st_size)
    with path.open("w" if is_new else "a", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = Writer(file, layout)
        if is_new:
            writer.header()
        yield writer, done


def read_rows(content: bytes, layout: str, path: Path) -> tuple[dict[str, bool], int]:
    """Return the paths in a file and whether each has an error, and the bytes of the file that are whole rows."""
    done: dict[str, bool] = {}
    length = 0
    for number, record in enumerate(_records(content, layout)):
        text = record.decode("utf-8", errors="surrogateescape")
        try:
            if layout == "jsonl":
                row = json.loads(text)
            else:
                row = dict(zip(COLUMNS, next(csv.reader(io.StringIO(text, newline=""))), strict=True))
            if layout == "csv" and number == 0:
                if list(row.values()) != COLUMNS:
                    raise ValueError("another header")
            else:
                done[row["path"]] = bool(row["error"])
        except (ValueError, KeyError, TypeError) as error:
            what = "JSON lines" if layout == "jsonl" else "CSV"
            raise ValueError(
                f"{path}: row {number + 1} is none of `skvoicefake predict` in {what} ({error}): nothing to go on with."
            ) from error
        length += len(record)
    return done, length


def _records(content: bytes, layout: str) -> Iterator[bytes]:
    """Split at line breaks that stand outside quotation marks; what follows the last one is half a row."""
    record = b""
    for line in content.splitlines(keepends=True):
        record += line
        if record.endswith(b"\n") and (layout == "jsonl" or record.count(b'"') % 2 == 0):
            yield record
            record = b""


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
