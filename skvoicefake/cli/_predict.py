"""``skvoicefake predict``: score recordings with a detector."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from skvoicefake.audio import is_address
from skvoicefake.cli import _detector
from skvoicefake.cli._inputs import key_of, named, unique_paths, why_empty
from skvoicefake.cli._options import number, says, shows_bars
from skvoicefake.cli._progress import Remaining
from skvoicefake.cli._rows import Done, drop_rows, open_output, rows_in

DESCRIPTION = f"""\
Scores recordings, and writes a row for each as soon as it is there: path; label; probability of that
label; score (log-odds of the real voice: higher is more bona fide); warnings; error; detector. A file
that cannot be read is a row with its error, and the exit status is 1 then.

DETECTOR is {_detector.HELP}.
{_detector.CAUTION}
Without DETECTOR, the one in the package scores: `skvoicefake info` prints what it is good for. It looks
at the first 10 s of a recording. Where it has not heard enough speech, or nothing like what it knows, it
gives no label, and the warnings say why. What comes first of several, is not there and does not end like
audio (.wav, ...) is taken for the name of a detector, and an error."""
EXAMPLES = """\
examples:
  skvoicefake predict suspicious.wav
  skvoicefake predict detector suspicious.wav
  skvoicefake predict detector recordings/ more/*.mp3 -o scores.csv
  skvoicefake predict detector recordings/ -o scores.csv --resume     go on after a stop
  skvoicefake predict s3://bucket/recordings/ -o scores.csv           what fsspec reads
  find . -name '*.flac' | skvoicefake predict detector - --format jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    parser.usage = "%(prog)s [options] [DETECTOR] FILE [FILE ...]"
    add(
        "inputs",
        nargs="+",
        metavar="FILE",
        help="audio files or addresses; folders (addresses that end in /), searched; - reads paths from stdin",
    )
    add("-o", "--output", type=Path, metavar="FILE", help="write to a file (default: the standard output)")
    add("--format", choices=["csv", "jsonl"], default="csv", help="CSV or JSON lines (default: %(default)s)")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--resume", action="store_true", help="go on with FILE: score what is not in it yet")
    existing.add_argument("--force", action="store_true", help="write FILE anew")
    add("--retry-errors", action="store_true", help="with --resume: score those once more that have an error in FILE")
    add("--real-label", metavar="LABEL", help="the detector's class of real voices, where its classes are 0 and 1")
    add("--batch-size", type=number(int, 1), default=32, metavar="N", help="clips at a time (default: %(default)s)")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Score; return 1 if there was a bad file."""
    from skvoicefake.cli import UsageError

    if args.output is None and (args.resume or args.force):
        raise UsageError("--resume and --force go with -o FILE.")
    if args.retry_errors and not args.resume:
        raise UsageError("--retry-errors goes with --resume.")
    name, inputs = named(args.inputs)
    detector = _detector.load_detector(name, args.real_label)
    mark = _detector.mark(detector)
    scorer = scorer_of(detector, args.jobs)
    done = done_before(args, mark)
    n_bad, n_clips = len(done.failed), len(done.paths)
    paths: Iterable[str] = unique_paths(inputs, done.scored if args.retry_errors else done.paths)
    left = total = None
    if "-" not in inputs or args.retry_errors:  # else the end is not known
        paths = list(paths)
        total, left = len(paths), Remaining(paths)
    keys = {key_of(path) for path in paths} if args.retry_errors else set()
    if again := [path for path in done.failed if key_of(path) in keys]:
        drop_rows(args.output, args.format, set(again))
        n_bad, n_clips = n_bad - len(again), n_clips - len(again)
        says(f"{len(again)} clips with an error are scored once more.")
    with (
        open_output(args.output, args.format, mark, anew=args.force) as writer,
        # Rows on the same terminal would run into the bar.
        bar_of(total, is_seen=args.output is not None or not sys.stdout.isatty()) as bar,
    ):
        for batch in in_batches(paths, args.batch_size):
            start = time.monotonic()
            rows = scorer.rows(batch)
            for row in rows:
                row.error = why_empty(row.path) or row.error
            writer.rows(rows)
            n_bad += sum(row.error is not None for row in rows)
            n_clips += len(rows)
            if left is not None:
                left.add(batch, time.monotonic() - start)
                bar.set_postfix_str(str(left), refresh=False)
            bar.update(len(rows))
    if n_bad:
        says(f"{n_bad} of {n_clips} clips could not be scored; their rows say why.")
    return int(n_bad > 0)


def scorer_of(detector: _detector.Detector, n_jobs: int) -> Any:
    """Return what gives rows. What an exported detector does not need is not loaded: it need not be there."""
    from skvoicefake.persistence import OnnxDetector

    if isinstance(detector.estimator, OnnxDetector):
        from skvoicefake.cli._exported import ExportedScorer

        return ExportedScorer(detector.estimator, detector.real, n_jobs)
    from skvoicefake.detectors._scoring import Scorer

    return Scorer(detector.estimator, detector.real, n_jobs=n_jobs)


def done_before(args: argparse.Namespace, mark: str) -> Done:
    """Return what is in the output already and is to stay; raise if nothing may be written behind it."""
    path = args.output
    if path is not None and path.is_dir():
        raise IsADirectoryError(f"{path}: a folder. Name a file to write rows to, such as {path / 'scores.csv'}.")
    if path is None or args.force or not path.exists() or not path.stat().st_size:
        return Done([], [], {})
    if not args.resume:
        raise FileExistsError(f"{path}: already there. Go on with it (--resume), or write it anew (--force).")
    done = rows_in(path, args.format)
    if others := [name for name in done.detectors if _detector.digest_of(name) != _detector.digest_of(mark)]:
        raise ValueError(
            f"{path}: another detector wrote rows in it, {others[0]}, and this is {mark}. Write to another file, or"
            " write it anew (--force)."
        )
    if done.paths:
        says(f"{len(done.paths)} clips are in {path} already.")
    if absent := sum(not (is_address(clip) or os.path.isabs(clip) or os.path.exists(clip)) for clip in done.scored):  # noqa: PTH110, PTH117
        says(
            f"{absent} of them are not in this folder, {Path.cwd().name!r}. If it was another one that {path} was begun"
            " in, go on from there: files here of the same names are left out as scored."
        )
    return done


def bar_of(total: int | None, *, is_seen: bool) -> Any:
    """Return a progress bar. What is left is told by `Remaining`, as clips differ."""
    if not (is_seen and shows_bars()):
        return NoBar()  # quicker to make than one that is not shown
    from tqdm.auto import tqdm

    layout = (
        None if total is None else "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} clips [{elapsed}{postfix}]"
    )
    return tqdm(total=total, desc="Scoring", unit="clip", bar_format=layout)


class NoBar:
    """A progress bar that nobody sees."""

    def __enter__(self) -> "NoBar":
        return self

    def __exit__(self, *reason: object) -> None:
        pass

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Show nothing."""

    def update(self, n: int) -> None:
        """Count nothing."""


def in_batches(paths: Iterable[str], size: int) -> Iterator[list[str]]:
    """Give as many paths at a time."""
    rest = iter(paths)
    while batch := list(islice(rest, size)):
        yield batch
