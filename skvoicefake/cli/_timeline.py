"""``skvoicefake timeline``: judge long recordings, window by window."""

import argparse
import csv
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from skvoicefake._plotting import import_pyplot
from skvoicefake.cli import _detector
from skvoicefake.cli._inputs import named, unique_paths, why_empty
from skvoicefake.cli._options import number, says, seconds, shows_bars, whole_file

if TYPE_CHECKING:
    from skvoicefake.inspection import Row, Timeline

DESCRIPTION = f"""\
Judges recordings of any length, window by window, and writes a row for each window as it goes: path;
start and end in seconds; score (log-odds of the real voice: higher is more bona fide); probability of a
fake; level in dB of full scale, and whether it is silent; remark, why the window is not judged; error. A
recording that cannot be read, or breaks off, has a row with the error behind what was heard of it, and
the exit status is 1 then. What a recording is as a whole is said on the standard error stream.

DETECTOR is {_detector.HELP}.
{_detector.CAUTION}
Without DETECTOR, the one in the package judges: `skvoicefake info` prints what it is good for."""
EXAMPLES = """\
examples:
  skvoicefake timeline call.wav
  skvoicefake timeline call.m4a -o call.csv --plot call.png
  skvoicefake timeline detector recordings/ --window 2 --hop 0.5 --format jsonl
"""
WINDOW = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    parser.usage = "%(prog)s [options] [DETECTOR] FILE [FILE ...]"
    add("inputs", nargs="+", metavar="FILE", help="audio files; folders, searched for them; - reads paths from stdin")
    add("-o", "--output", type=Path, metavar="FILE", help="write to a file (default: the standard output)")
    add("--format", choices=["csv", "jsonl"], default="csv", help="CSV or JSON lines (default: %(default)s)")
    add("--force", action="store_true", help="write files anew that are there")
    add("--plot", type=Path, metavar="FILE", help="draw the recording to a picture (.png, .pdf, .svg); for one only")
    add(
        "--window",
        type=seconds,
        metavar="S",
        help=f"seconds judged at a time (default: {WINDOW:g}, or what the detector hears of a clip, if that is less)",
    )
    add("--hop", type=seconds, metavar="S", help="seconds between windows (default: a third of a window)")
    add(
        "--aggregation",
        choices=["mean", "lowest"],
        default="mean",
        help="what of the windows' scores makes the verdict (default: %(default)s)",
    )
    add("--real-label", metavar="LABEL", help="the detector's class of real voices, where its classes are 0 and 1")
    add("--batch-size", type=number(int, 1), default=32, metavar="N", help="windows at a time (default: %(default)s)")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Judge; return 1 if there was a bad file."""
    from skvoicefake.cli import UsageError
    from skvoicefake.detectors._scoring import set_n_jobs
    from skvoicefake.inspection._answers import duration_of
    from skvoicefake.inspection._timeline import Listening

    if args.output is None and args.plot is None and args.force:
        raise UsageError("--force goes with -o FILE or --plot FILE.")
    name, inputs = named(args.inputs)
    paths = unique_paths(inputs)
    if args.plot is not None:
        paths = iter(listed := list(paths))
        if len(listed) > 1:
            raise UsageError(f"--plot is for one recording, got {len(listed)}.")
        check_picture(args.plot, force=args.force)
    detector = _detector.load_detector(name, args.real_label)
    set_n_jobs(detector.estimator, args.jobs)
    window = args.window if args.window is not None else min(WINDOW, duration_of(detector.estimator) or WINDOW)
    options = {
        "window": window,
        "hop": window / 3 if args.hop is None else args.hop,
        "batch_size": args.batch_size,
        "real_label": detector.real,
    }
    # What is wrong with the options leaves no empty table behind.
    Listening(detector.estimator, "", sample_rate=None, on_error="keep", **options)
    n_bad = n_files = 0
    with _output(args.output, args.format, force=args.force) as write:
        for path in paths:
            n_files += 1
            found, error = _judged(detector.estimator, path, args.aggregation, options, write)
            n_bad += error is not None
            says(f"{path}: {error if found is None else found}")
            if found is not None and args.plot is not None:
                _draw(found, args.plot)
    if n_bad and n_files > 1:
        says(f"{n_bad} of {n_files} recordings could not be judged to their end; their rows say why.")
    return int(n_bad > 0)


def _judged(
    estimator: Any, path: str, aggregation: str, options: dict[str, Any], write: Any
) -> tuple["Timeline | None", str | None]:
    """Write the rows of a recording as they come; return what they say, and what is wrong with it."""
    from tqdm.auto import tqdm

    from skvoicefake._row import reason as reason_of
    from skvoicefake.audio import AudioError
    from skvoicefake.inspection._timeline import Listening

    if why := why_empty(path):
        write([{"path": path, "error": why}])
        return None, why
    heard = Listening(estimator, path, sample_rate=None, on_error="keep", **options)
    rows: list[Row] = []
    # Rows on the same terminal would run into the bar.
    shown = shows_bars() and not (write.to_stdout and sys.stdout.isatty())
    with tqdm(desc="Judging", unit="window", disable=not shown) as bar:
        try:
            for new in heard.rows():
                write([{"path": path, **row._asdict(), "error": None} for row in new])
                rows += new
                bar.update(len(new))
            error = heard.error
        except AudioError as unreadable:
            error = unreadable
    reason = None if error is None else reason_of(error, path)
    if reason is not None:
        write([{"path": path, "error": reason}])
    return (heard.timeline(rows, aggregation) if rows else None), reason


class _Writer:
    """Writes rows as CSV or JSON lines."""

    def __init__(self, file: TextIO, layout: str) -> None:
        from skvoicefake.inspection import Row

        self.file, self.layout, self.to_stdout = file, layout, file is sys.stdout
        self.columns = ["path", *Row._fields, "error"]
        self.csv = csv.writer(file, lineterminator="\n")
        if layout == "csv":
            self.csv.writerow(self.columns)
            file.flush()

    def __call__(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            cells = {column: _plain(row.get(column)) for column in self.columns}
            if self.layout == "jsonl":
                self.file.write(json.dumps(cells) + "\n")
            else:
                self.csv.writerow([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in cells.values()])
        self.file.flush()


def _plain(value: Any) -> Any:
    """Make None of what says nothing."""
    return None if value == "" or (isinstance(value, float) and not math.isfinite(value)) else value


@contextmanager
def _output(path: Path | None, layout: str, *, force: bool) -> Iterator[_Writer]:
    if path is None:
        with suppress(AttributeError):  # Names of files need not be UTF-8.
            sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
        yield _Writer(sys.stdout, layout)
        return
    if path.is_dir():
        raise IsADirectoryError(f"{path}: a folder. Name a file to write rows to, such as {path / 'timeline.csv'}.")
    if path.exists() and path.stat().st_size > 0 and not force:
        raise FileExistsError(f"{path}: already there. Write it anew (--force).")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield _Writer(file, layout)


def check_picture(path: Path, *, force: bool) -> None:
    """Raise if no picture can be written, before hours of judging are lost."""
    formats = import_pyplot("--plot").matplotlib.backend_bases.FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().removeprefix(".") not in formats:
        raise ValueError(f"{path}: no picture format that is known. Name it {path.stem}.png, .pdf or .svg.")
    if path.exists() and not force:
        raise FileExistsError(f"{path}: already there. Draw it anew (--force).")


def _draw(found: "Timeline", path: Path) -> None:
    figure = found.plot().figure_
    with whole_file(path) as unfinished:
        figure.savefig(unfinished, dpi=130)
    import_pyplot("--plot").close(figure)
