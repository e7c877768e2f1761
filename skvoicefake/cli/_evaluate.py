"""``skvoicefake evaluate``: judge a detector on labelled recordings, or anyone's score file."""

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skvoicefake.cli import _detector
from skvoicefake.cli._options import DATA_HELP, add_data_arguments, load_labelled, number, says, shows_bars, whole_file

if TYPE_CHECKING:
    from skvoicefake.metrics import Report

DESCRIPTION = f"""\
Judges a detector on labelled recordings that it was not trained on, or the score file of any detector:
every figure with its interval, by attack and codec, and what to mind about it. Prints the report, or
writes it as a page with pictures, as Markdown or as JSON.

DETECTOR is {_detector.HELP}.
Without it, the detector in the package is judged.
{_detector.CAUTION}
DATA is {DATA_HELP}."""
EXAMPLES = """\
Keys of ASVspoof 2017, 2019, 2021 and 5 are read as they are, and so are score files in their layouts.

examples:
  skvoicefake evaluate detector test/ -o report.html
  skvoicefake evaluate detector test.csv -o report.html -o report.json --score-file scores.txt
  skvoicefake evaluate --scores scores.txt --key trial_metadata.txt --subset eval
  skvoicefake evaluate --scores scores.txt --key key.txt --rises-towards fake     scores the other way round
"""
SLOW = 30_000_000  # clips times resamples that take some seconds
FORMATS = {".html": "to_html", ".htm": "to_html", ".md": "to_markdown", ".json": "to_json"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("detector", type=Path, nargs="?", metavar="DETECTOR")
    add("data", type=Path, nargs="?", metavar="DATA")
    add(
        "-o", "--output", type=Path, action="append", default=[], metavar="FILE", help=".html, .md or .json; repeatable"
    )
    add("--detector-real-label", metavar="LABEL", help="the detector's class of real voices, where they are 0 and 1")
    add("--title", help="heading of the report")
    add("--score-file", type=Path, metavar="FILE", help="write the scores too; higher is more bona fide")
    layouts = ["asvspoof2019", "asvspoof2021", "asvspoof5"]
    add("--layout", choices=layouts, default="asvspoof2021", help="of --score-file (default: %(default)s)")
    add("--force", action="store_true", help="write over files that are there")
    add("--on-error", choices=["raise", "skip"], default="raise", help="clips that cannot be scored (default: raise)")
    add("--resamples", type=number(int, 0), default=1000, metavar="N", help="for intervals (default: %(default)s)")
    add("--seed", type=number(int, 0), default=0, metavar="N", help="of the resamples (default: %(default)s)")
    add("--prior", type=number(float, 0, 1), metavar="P", help="share of real clips that the scores take for granted")
    add("--asv-rates", type=number(float, 0, 1), nargs=3, metavar=("FA", "MISS", "SPOOF"),
        help="of a speaker verification system: false accepts, misses, spoofs accepted; for min t-DCF")  # fmt: skip
    add("--tandem-version", type=int, choices=[2019, 2021], default=2019, help="of min t-DCF (default: %(default)s)")
    add("--batch-size", type=number(int, 1), default=32, metavar="N", help="clips at a time (default: %(default)s)")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")
    add_data_arguments(parser)
    group = parser.add_argument_group("for score files")
    group.add_argument("--scores", type=Path, metavar="FILE", help="a score a clip, instead of DETECTOR and DATA")
    group.add_argument("--key", type=Path, metavar="FILE", help="what is true of every clip")
    group.add_argument("--subset", metavar="NAME", help="judge this subset of the key alone, such as eval")
    group.add_argument("--rises-towards", choices=["real", "fake"], default="real", help="(default: %(default)s)")
    group.add_argument("--threshold", type=float, metavar="T", help="scores from T up are verdicts for that side")


def run(args: argparse.Namespace) -> None:
    """Judge."""
    from skvoicefake.cli import UsageError

    if (args.scores is None) != (args.key is None):
        raise UsageError("--scores and --key go together.")
    if args.scores is not None and args.detector is not None:
        raise UsageError("DETECTOR and DATA, or --scores and --key, not both.")
    if args.data is None and args.detector is not None and not _detector.is_detector(args.detector):
        args.detector, args.data = None, args.detector
    if args.scores is None and args.data is None:
        raise UsageError("expected DATA, or DETECTOR and DATA, or --scores and --key.")
    if unknown := [path for path in args.output if path.suffix.lower() not in FORMATS]:
        raise UsageError(f"-o {unknown[0]}: expected a name that ends in .html, .md or .json.")
    if args.prior in (0.0, 1.0):
        raise UsageError(f"--prior: expected a share above 0 and below 1, got {args.prior:g}.")
    if args.scores is not None and args.score_file is not None:
        raise UsageError("--score-file goes with DETECTOR and DATA.")
    if args.scores is None and (args.threshold is not None or args.subset is not None):
        raise UsageError("--threshold and --subset go with --scores and --key.")
    for path in [*args.output, *([args.score_file] if args.score_file else [])]:
        if path.exists() and not args.force:
            raise FileExistsError(f"{path}: already there. Write over it with --force.")
    report, write_scores = judge_detector(args) if args.scores is None else (judge_scores(args), None)
    # The library speaks of parameters, the command line of options.
    report.notes[:] = [note.replace("(pos_label)", "(--rises-towards)") for note in report.notes]
    for path in args.output:
        with whole_file(path) as unfinished:
            getattr(report, FORMATS[path.suffix.lower()])(unfinished)
        says(f"wrote {path}")
    if not args.output:
        print(report, end="")
    if args.score_file is not None and write_scores is not None:
        # Last: a name that the layout cannot hold costs no report.
        with whole_file(args.score_file) as unfinished:
            write_scores(unfinished)
        says(f"wrote {args.score_file}")


def judge_scores(args: argparse.Namespace) -> "Report":
    """Judge a score file by a key."""
    from skvoicefake.datasets import join_scores, load_key, load_scores
    from skvoicefake.metrics import evaluate_scores
    from skvoicefake.metrics._judge import nobody_else

    table = join_scores(load_scores(args.scores), load_key(args.key, subset=args.subset))
    names = [name for name in ("attack", "codec", "speaker") if name in table and table[name].nunique() > 1]
    units: dict[str, Any] = {name: table[name].to_numpy() for name in names}
    speakers = units.pop("speaker", None)
    # A table a speaker would be as long as the key; speakers are what intervals are drawn from.
    return evaluate_scores(
        table["label"],
        table["score"],
        threshold=args.threshold,
        pos_label=args.rises_towards,
        groups=None if speakers is None else nobody_else(speakers),
        **units,
        **options(args, args.title or args.scores.name, len(table), rises_towards_real=args.rises_towards == "real"),
    )


def judge_detector(args: argparse.Namespace) -> tuple["Report", Callable[[Path], None]]:
    """Judge a detector by labelled recordings; return the report, and what writes the scores to a file."""
    import numpy as np

    from skvoicefake._row import NO_VERDICT
    from skvoicefake.cli import UsageError
    from skvoicefake.datasets import save_scores
    from skvoicefake.metrics import evaluate_scores

    if args.detector is not None and args.detector.suffix.lower() in (".csv", ".tsv", ".txt"):
        raise UsageError(f"{args.detector} is a table: DETECTOR comes first, then DATA.")
    clips = load_labelled(args)
    detector = _detector.load_detector(args.detector, args.detector_real_label)
    rows = score(detector, clips.data, args)
    bad = [row for row in rows if row.error is not None]
    good = np.array([row.error is None for row in rows])
    if bad and (args.on_error == "raise" or len(bad) == len(rows)):
        shown = " ".join(f"{row.path}: {row.error}" for row in bad[:3]) + (" ..." if len(bad) > 3 else "")
        raise ValueError(
            f"{len(bad)} of {len(rows)} clips cannot be scored: {shown} Mend them, or leave them out with"
            " --on-error skip."
        )
    for row in bad:
        says(f"left out: {row.path}: {row.error}")
    scored = [row for row in rows if row.error is None]
    scores = [row.score for row in scored]
    is_called_real = np.array([row.label == str(detector.real) for row in scored])
    probabilities: Any = None
    if all(row.probability is not None for row in scored):
        certainty = np.array([row.probability for row in scored], dtype=float)
        probabilities = np.where(is_called_real, certainty, 1 - certainty)
    units: dict[str, Any] = {name: clips[name][good] for name in ("attack", "codec") if clips[name] is not None}
    report = evaluate_scores(
        clips.target[good],
        scores,
        y_pred=np.where(is_called_real, "real", "fake"),
        y_prob=probabilities,
        pos_label="real",
        groups=None if clips.groups is None else clips.groups[good],
        **units,
        **options(args, args.title or f"{detector.path} on {args.data}", len(scored), rises_towards_real=True),
    )
    if bad:
        report.notes.insert(0, f"{len(bad)} clips could not be scored and are left out.")
    if refused := sum(any(warning.startswith(NO_VERDICT) for warning in row.warnings) for row in scored):
        report.notes.insert(
            0, f"The detector gives no verdict on {refused} of these {len(scored)} clips: their score is 0."
        )
    known = set(detector.about.get("training", {}).get("clips", []))
    if n_known := sum(mark in known for mark in _detector.marks([row.path for row in scored])):
        report.notes.insert(0, f"{n_known} of these {len(scored)} clips were in training: the figures flatter.")
    key = {"label": clips.target[good].tolist()}
    if "attack" in units:
        key["attack"] = units["attack"].tolist()
    return report, partial(save_scores, clips=[row.path for row in scored], scores=scores, layout=args.layout, key=key)


def score(detector: _detector.Detector, paths: list[str], args: argparse.Namespace) -> list[Any]:
    """Return a row a clip."""
    from tqdm.auto import tqdm

    from skvoicefake.detectors._scoring import Scorer

    scorer = Scorer(detector.estimator, detector.real, n_jobs=args.jobs, labels_all=True)
    rows: list[Any] = []
    with tqdm(total=len(paths), desc="Scoring", unit="clip", disable=not shows_bars()) as bar:
        for start in range(0, len(paths), args.batch_size):
            rows += scorer.rows(paths[start : start + args.batch_size])
            bar.update(len(rows) - bar.n)
    return rows


def options(args: argparse.Namespace, title: str, n_clips: int, *, rises_towards_real: bool) -> dict[str, Any]:
    """Return what both ways to judge have in common."""
    if n_clips * args.resamples > SLOW:
        says(f"drawing {args.resamples} resamples of {n_clips} clips takes a while; fewer are quicker: --resamples 100")
    prior = args.prior if args.prior is None or rises_towards_real else 1 - args.prior
    return {
        "prior": prior,
        "asv_rates": None if args.asv_rates is None else tuple(args.asv_rates),
        "tandem_version": args.tandem_version,
        "n_resamples": args.resamples,
        "random_state": args.seed,
        "title": title,
    }
