"""``skvoicefake predict``: score recordings with a detector."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from skvoicefake.cli import _detector
from skvoicefake.cli._options import number, says, shows_bars

DESCRIPTION = f"""\
Scores recordings, and writes a row for each as soon as it is there: path; label; probability of that
label; score (log-odds of the real voice: higher is more bona fide); warnings; error. A file that
cannot be read is a row with its error, and the exit status is 1 then.

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
  find . -name '*.flac' | skvoicefake predict detector - --format jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    parser.usage = "%(prog)s [options] [DETECTOR] FILE [FILE ...]"
    add("inputs", nargs="+", metavar="FILE", help="audio files; folders, searched for them; - reads paths from stdin")
    add("-o", "--output", type=Path, metavar="FILE", help="write to a file (default: the standard output)")
    add("--format", choices=["csv", "jsonl"], default="csv", help="CSV or JSON lines (default: %(default)s)")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--resume", action="store_true", help="go on with FILE: score what is not in it yet")
    existing.add_argument("--force", action="store_true", help="write FILE anew")
    add("--real-label", metavar="LABEL", help="the detector's class of real voices, where its classes are 0 and 1")
    add("--batch-size", type=number(int, 1), default=32, metavar="N", help="clips at a time (default: %(default)s)")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Score; return 1 if there was a bad file."""
    from tqdm.auto import tqdm

    from skvoicefake.cli import UsageError
    from skvoicefake.cli._rows import open_output
    from skvoicefake.cli._scoring import Scorer

    if args.output is None and (args.resume or args.force):
        raise UsageError("--resume and --force go with -o FILE.")
    is_named = names_detector(args.inputs)
    inputs = args.inputs[is_named:]
    if not inputs:
        raise UsageError(f"expected files to score with the detector {args.inputs[0]}.")
    detector = _detector.load_detector(Path(args.inputs[0]) if is_named else None, args.real_label)
    scorer = Scorer(detector, n_jobs=args.jobs)
    with open_output(args.output, args.format, resume=args.resume, force=args.force) as (writer, done):
        if done:
            says(f"{len(done)} clips are in {args.output} already.")
        n_bad, n_clips = sum(done.values()), len(done)
        paths: Iterable[str] = unique_paths(inputs, done)
        total = None
        if "-" not in inputs:  # whose end is not known
            paths = list(paths)
            total = len(paths)
        # Rows on the same terminal would run into the bar.
        shown = shows_bars() and (args.output is not None or not sys.stdout.isatty())
        with tqdm(total=total, desc="Scoring", unit="clip", disable=not shown) as bar:
            for batch in in_batches(paths, args.batch_size):
                rows = scorer.rows(batch)
                for row in rows:
                    if os.path.isdir(row.path):  # noqa: PTH112
                        row.error = "no audio below this folder."
                writer.rows(rows)
                n_bad += sum(row.error is not None for row in rows)
                n_clips += len(rows)
                bar.update(len(rows))
    if n_bad:
        says(f"{n_bad} of {n_clips} clips could not be scored; their rows say why.")
    return int(n_bad > 0)


def names_detector(inputs: list[str]) -> bool:
    """Tell whether the first input is meant as a detector, be it there or not."""
    first = inputs[0]
    if _detector.is_detector(first):
        return True
    if len(inputs) == 1 or first == "-" or os.path.exists(first):  # noqa: PTH110
        return False
    from skvoicefake.datasets._files import AUDIO_SUFFIXES

    # Nothing is there. Were a detector's misspelt name taken for a clip, another detector would score the clips.
    return os.path.splitext(first)[1].lower() not in AUDIO_SUFFIXES  # noqa: PTH122


def unique_paths(inputs: Iterable[str], done: Iterable[str] = ()) -> Iterator[str]:
    """Give every file once, in the order of the inputs, but those done; and folders without audio themselves."""
    from skvoicefake.datasets import find_audio

    # os.path, as a Path of Python 3.11 raises on names that are too long.
    seen = {os.path.abspath(path) for path in done}  # noqa: PTH100
    for name in inputs:
        for given in lines_of_stdin() if name == "-" else [name]:
            for path in (find_audio(given) or [given]) if os.path.isdir(given) else [given]:  # noqa: PTH112
                if (key := os.path.abspath(path)) not in seen:  # noqa: PTH100
                    seen.add(key)
                    yield path


def in_batches(paths: Iterable[str], size: int) -> Iterator[list[str]]:
    """Give as many paths at a time."""
    rest = iter(paths)
    while batch := list(islice(rest, size)):
        yield batch


def lines_of_stdin() -> Iterator[str]:
    """Give the lines of the standard input as they come."""
    with suppress(AttributeError):  # Names of files need not be UTF-8.
        sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    for line in sys.stdin:
        if path := line.rstrip("\r\n"):
            yield path
