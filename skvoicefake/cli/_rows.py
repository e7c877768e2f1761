"""Rows written as they come, to a file that can be gone on with, or to the standard output."""

import csv
import io
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple, TextIO

from skvoicefake._row import Row
from skvoicefake.cli._options import whole_file

COLUMNS = [*Row("").as_dict(), "detector"]
LONGEST = 2**17  # bytes of a row: two paths of the greatest length, each byte escaped, and some words


class Done(NamedTuple):
    """What the rows of a file say of their clips."""

    scored: list[str]
    failed: list[str]
    detectors: dict[str, None]  # what wrote them, in the order of the rows

    @property
    def paths(self) -> list[str]:
        """The clips of all rows."""
        return [*self.scored, *self.failed]


class Writer:
    """Writes rows as CSV or JSON lines, whole and at once."""

    def __init__(self, file: TextIO, layout: str, detector: str) -> None:
        self.file, self.layout, self.detector = file, layout, detector

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
        values = {**row.as_dict(), "detector": self.detector}
        if self.layout == "jsonl":
            return json.dumps(values) + "\n"
        cells = [
            "; ".join(value) if isinstance(value, list) else f"{value:.9g}" if isinstance(value, float) else value
            for value in values.values()
        ]
        return _csv_line(["" if cell is None else cell for cell in cells])


@contextmanager
def open_output(path: Path | None, layout: str, detector: str, *, anew: bool = False) -> Iterator[Writer]:
    """Open a file, to write behind what is in it or in its place, or the standard output."""
    if path is None:
        with suppress(AttributeError):  # Names of files need not be UTF-8.
            sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
        writer = Writer(sys.stdout, layout, detector)
        writer.header()
        yield writer
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w" if anew else "a", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = Writer(file, layout, detector)
        if not path.stat().st_size:
            writer.header()
        yield writer


def rows_in(path: Path, layout: str) -> Done:
    """Return what is in a file, if it is there, and cut off a row that is half written."""
    done = Done([], [], {})
    if not path.exists():
        return done
    length = 0
    with path.open("rb") as file:
        for record, row in _rows(file, layout, path):
            length += len(record)
            if row is not None:
                (done.failed if row["error"] else done.scored).append(row["path"])
                done.detectors[row["detector"]] = None
    if length < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(length)
    return done


def drop_rows(path: Path, layout: str, clips: Collection[str]) -> None:
    """Take the rows of some clips out of a file; a kill leaves the file as it was, or as it is to be."""
    with whole_file(path) as unfinished, path.open("rb") as file, unfinished.open("wb") as kept:
        kept.writelines(record for record, row in _rows(file, layout, path) if row is None or row["path"] not in clips)


def _rows(file: IO[bytes], layout: str, path: Path) -> Iterator[tuple[bytes, dict[str, str] | None]]:
    """Give the whole rows of a file, as they stand there and by column; the header has no columns."""
    for number, record in enumerate(_records(file, layout, path)):
        text = record.decode("utf-8", errors="surrogateescape")
        try:
            if layout == "jsonl":
                row = json.loads(text)
            else:
                cells = next(csv.reader(io.StringIO(text, newline="")))
                if len(cells) != len(COLUMNS):
                    raise ValueError(f"{len(cells)} columns, not {len(COLUMNS)}")
                row = dict(zip(COLUMNS, cells, strict=True))
            if layout == "csv" and number == 0:
                if list(row.values()) != COLUMNS:
                    raise ValueError("another header")
                yield record, None
            elif isinstance(row["path"], str) and isinstance(row["detector"], str) and "error" in row:
                yield record, row
            else:
                raise ValueError("something is missing")
        except (ValueError, KeyError, TypeError, StopIteration, RecursionError, csv.Error) as error:
            what = "JSON lines" if layout == "jsonl" else "CSV"
            raise ValueError(
                f"{path}: row {number + 1} is none of `skvoicefake predict` in {what} ({error}): nothing to go on with."
            ) from error


def _records(file: IO[bytes], layout: str, path: Path) -> Iterator[bytes]:
    """Split at line breaks that stand outside quotation marks; what follows the last one is half a row."""
    record = b""
    for line in file:
        record += line
        if record.endswith(b"\n") and (layout == "jsonl" or record.count(b'"') % 2 == 0):
            yield record
            record = b""
        elif len(record) > LONGEST:  # to be cut off, were it half a row
            raise ValueError(f"{path}: a row that begins {record[:40]!r} does not end: nothing to go on with.")


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    # Python 3.11 quotes of the line breaks in a cell those alone that end lines.
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"
