"""Options that subcommands share, and what they stand for."""

import argparse
import ast
import inspect
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COLUMNS = ("path_column", "label_column", "split_column", "group_column", "attack_column", "codec_column")
# What is for `load_data`, and not for the subcommand.
DATA_OPTIONS = ("corpus", "split", "real", *COLUMNS, "real_label", "on_missing")
DATA_HELP = (
    "a folder with one sub-folder a class (real/, fake/, ...), a CSV or TSV file with a header, or the folder of"
    " --corpus"
)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say how to read DATA; see :func:`skvoicefake.datasets.load_data`."""
    group = parser.add_argument_group("for CSV and TSV files, and published corpora")
    group.add_argument("--corpus", metavar="NAME", help="DATA is this corpus as unpacked, such as asvspoof2019-la")
    group.add_argument(
        "--split", metavar="NAME", action="append", help="use this split of it, such as train; may be repeated"
    )
    group.add_argument(
        "--real",
        metavar="FOLDER",
        action="append",
        help="the real recordings that go with a corpus of fakes alone, such as wavefake; may be repeated",
    )
    for name in COLUMNS:
        option, several = name.replace("_", "-"), name == "group_column"
        group.add_argument(
            f"--{option}",
            metavar="NAME",
            action="append" if several else "store",
            help=f"the {name.split('_')[0]} column, if not a usual name" + ("; may be repeated" if several else ""),
        )
    group.add_argument("--real-label", metavar="LABEL", help="the label of real clips, where labels are 0 and 1")
    group.add_argument(
        "--on-missing",
        choices=["raise", "skip"],
        help="rows whose file is missing or label unknown: stop, or leave them out (default: raise; of a corpus: skip)",
    )


def data_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return which options of `add_data_arguments` are given, by the names of parameters."""
    return {name: getattr(args, name) for name in DATA_OPTIONS if getattr(args, name) is not None}


def load_labelled(args: argparse.Namespace, *, needs_both: bool = True) -> Any:
    """Load DATA as the options of `add_data_arguments` say; with `needs_both`, fakes alone are an error."""
    from skvoicefake.cli import UsageError
    from skvoicefake.datasets import CORPORA, load_data

    given = data_options(args)
    if args.corpus is not None and "group_column" in given:
        given["groups"] = given.pop("group_column")
    of_fakes = sorted(name for name, reader in CORPORA.items() if "real" in inspect.signature(reader).parameters)
    if args.real is not None and args.corpus not in of_fakes and (args.corpus is None or args.corpus in CORPORA):
        raise UsageError(f"--real goes with corpora of fakes alone: --corpus {' or --corpus '.join(of_fakes)}.")
    try:
        clips = load_data(args.data, **given)
    except (ValueError, FileNotFoundError) as error:
        message = str(error).replace("on_missing='skip'", "--on-missing skip").replace("split=...", "--split NAME")
        for name in (*COLUMNS, "real_label", "on_missing"):  # The library speaks of parameters, which are options here.
            message = message.replace(f" {name}", f" --{name.replace('_', '-')}")
        raise type(error)(message) from error
    if needs_both and "real" not in clips.target:  # Other readers have said so.
        raise ValueError(
            f"{args.data} holds {len(clips.data)} fake clips and none that is real. Name folders of the real"
            " recordings: --real FOLDER."
        )
    return clips


def add_settings(parser: argparse.ArgumentParser, example: str) -> None:
    """Declare --set, for all parameters without an option of their own."""
    parser.add_argument(
        "--set",
        dest="settings",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"any other parameter, such as {example}; may be repeated",
    )


def setting(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE; a value that is no Python literal is a string."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def number(kind: Callable[[str], Any], low: float, high: float = float("inf")) -> Callable[[str], Any]:
    """Return an argparse type: a number from low to high."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            limits = f"from {low:g} up" if high == float("inf") else f"from {low:g} to {high:g}"
            raise argparse.ArgumentTypeError(f"expected a number {limits}, got {text!r}")
        return value

    return read


def seconds(text: str) -> float:
    """Read a duration."""
    return float(number(float, 0.01, 86_400)(text))


def says(message: str) -> None:
    """Tell the user how it goes; the standard output is for results."""
    print(f"skvoicefake: {message}", file=sys.stderr)


def shows_bars() -> bool:
    """Tell whether progress bars would be seen, and not fill a log file."""
    return sys.stderr.isatty()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside a file, which takes the file's place if all goes well and is removed if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        # A temporary file is its owner's alone; the finished one is as any other.
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o666 & ~umask)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def features_of(transformer: Any, clips: list[str], on_error: str) -> tuple[Any, list[int]]:
    """Compute the features of all clips that can be used; return them and the positions of these clips.

    All bad clips are told, and not only the first. The transformer is fitted
    then, and if it has a cache, the features are at hand.
    """
    from skvoicefake.audio import AudioError, clip_name

    transformer.set_params(on_error="zeros", verbose=int(shows_bars()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\d+ clips could not be read")  # They are told below.
        features = transformer.fit_transform(clips)
    bad = {i: message.replace(clip_name(clips[i], i), clip_name(clips[i]), 1) for i, message in transformer.bad_clips_}
    good = [i for i in range(len(clips)) if i not in bad]
    if bad and (on_error == "raise" or not good):
        shown = " ".join(message.removesuffix(" Drop it, or set on_error.") for message in list(bad.values())[:3]) + (
            " ..." if len(bad) > 3 else ""
        )
        hint = " Mend them, or leave them out with --on-error skip." if good else ""
        raise AudioError(f"{len(bad)} of {len(clips)} clips cannot be used: {shown}{hint}")
    for message in bad.values():
        says(f"left out: {message}")
    return (features[good] if bad else features), good
