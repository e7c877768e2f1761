"""``skvoicefake audit``: what would fool a detector, told before it is trained."""

import argparse
import os
from pathlib import Path

from skvoicefake.cli._options import DATA_HELP, add_data_arguments, load_labelled, number, says, shows_bars, whole_file

DESCRIPTION = f"""\
Audits labelled recordings: which cannot be used, which are copies of one another and torn apart by
splits or labels, and how well trivial things (duration, level, silence, noise floor, bandwidth, codec, ...)
give real and fake away. Prints the report, or writes it as a page with pictures, as Markdown or as JSON.

DATA is {DATA_HELP}."""
EXAMPLES = """\
examples:
  skvoicefake audit corpus                                  corpus/real/..., corpus/fake/...
  skvoicefake audit clips.csv -o audit.html -o measured.csv
  skvoicefake audit LA --corpus asvspoof2019-la --split train --split dev -o audit.html
"""
PROBLEMS = 3  # the exit status of --strict; 1 says that the audit itself failed
FORMATS = {".html": "to_html", ".htm": "to_html", ".md": "to_markdown", ".json": "to_json"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("data", type=Path, metavar="DATA")
    add("-o", "--output", type=Path, action="append", default=[], metavar="FILE",
        help=".html, .md or .json, or .csv for a row a clip with all that was measured; repeatable")  # fmt: skip
    add("--force", action="store_true", help="write over files that are there")
    add("--strict", action="store_true", help="exit with status 3 if there are problems")
    add("--title", help="heading of the report")
    add("--resamples", type=number(int, 0), default=500, metavar="N", help="for intervals (default: %(default)s)")
    add("--seed", type=number(int, 0, 2**32 - 1), default=0, metavar="N", help="default: %(default)s")
    add(
        "--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="processes (default: %(default)s)"
    )
    add_data_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Audit."""
    from skvoicefake.cli import UsageError
    from skvoicefake.model_selection import audit

    if unknown := [path for path in args.output if path.suffix.lower() not in (*FORMATS, ".csv")]:
        raise UsageError(f"-o {unknown[0]}: expected a name that ends in .html, .md, .json or .csv.")
    for path in args.output:
        if path.exists() and args.data.exists() and path.samefile(args.data):
            raise UsageError(f"-o {path}: that is DATA itself.")
        if path.exists() and not args.force:
            raise FileExistsError(f"{path}: already there. Write over it with --force.")
        path.parent.mkdir(parents=True, exist_ok=True)  # before anything has taken time
    clips = load_labelled(args)
    says(clips.DESCR.replace("\n", "\nskvoicefake: "))
    report = audit(
        clips,
        n_resamples=args.resamples,
        random_state=args.seed,
        n_jobs=args.jobs,
        verbose=int(shows_bars()),
        title=args.title,
    )
    for path in args.output:
        with whole_file(path) as unfinished:
            if path.suffix.lower() == ".csv":
                # A table that `load_table` reads, wherever it is moved to.
                paths = [os.path.abspath(name) for name in report.clips["clip"]]  # noqa: PTH100
                report.clips.rename(columns={"clip": "path"}).assign(path=paths).to_csv(unfinished, index=False)
            else:
                getattr(report, FORMATS[path.suffix.lower()])(unfinished)
        says(f"wrote {path}")
    if args.output:
        says(report.to_markdown().split("\n\n")[1])
    else:
        print(report, end="")
    return PROBLEMS if args.strict and report.n_problems else 0
