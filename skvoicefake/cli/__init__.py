"""The ``skvoicefake`` command. One file a subcommand, each over the public API; nothing imports this package."""

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

import skvoicefake

# What each does, in a line. Its file is only imported when it is asked for, so that --help is quick.
SUBCOMMANDS = {
    "audit": "tell what would fool a detector, before it is trained",
    "train": "train a detector on labelled recordings, and judge it",
    "predict": "score recordings with a detector",
    "timeline": "judge long recordings, window by window",
    "evaluate": "judge a detector on labelled recordings, or anyone's score file",
    "extract": "write the features of recordings to a file",
    "info": "say what a detector is",
    "cache": "show, shrink or clear a folder of kept features",
    "demo": "train and judge a detector on real recordings, in minutes",
}
STOPPED = 130  # what shells say of a program that Ctrl-C has ended
# What a module is installed with, where pip does not install it by its name.
EXTRAS = {"matplotlib": "plot", "onnx": "onnx", "onnxruntime": "onnx", "fsspec": "remote"} | dict.fromkeys(
    ("G722", "hibari", "pyworld"), "demo"
)
BROKEN_PIPE = 141  # what shells say of a program that SIGPIPE has ended


class UsageError(Exception):
    """Options that do not go together."""


def command() -> NoReturn:
    """Run as the command: end the process with the exit status of `main`."""
    status = main()
    if status == STOPPED:
        # Threads may still be inside of compiled code. Were they ended with the interpreter, the process would abort.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit status: 0, 1 for bad data, 2 for bad usage, 130 for Ctrl-C.

    `audit --strict` has 3 for problems it found.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    is_debug = "--debug" in argv
    try:
        with one_line_warnings():
            args, subcommand = parse(argv)
            status = subcommand.run(args) or 0
            sys.stdout.flush()  # A closed pipe shows here, or when Python ends, which is too late.
            return status
    except KeyboardInterrupt:
        print("\nskvoicefake: stopped. What was finished is kept.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Whoever read the output has had enough. Python would complain when it flushes the rest.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except UsageError as error:
        name = f"skvoicefake {args.subcommand}"
        print(f"{name}: {error} See {name} --help.", file=sys.stderr)
        return 2
    except (ValueError, OSError, ImportError) as error:
        if is_debug:
            raise
        print(f"skvoicefake: {missing(error) or one_line(error)}", file=sys.stderr)
        return 1
    except Exception as error:
        if is_debug:
            raise
        kind = type(error).__name__
        print(f"skvoicefake: unexpected {kind}: {one_line(error)} (rerun with --debug to see where)", file=sys.stderr)
        return 1


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, Any]:
    """Read the options; return them and the subcommand's module, the only one that is imported."""
    parser = argparse.ArgumentParser(prog="skvoicefake", description="Tell real voices from deepfakes.")
    parser.add_argument("--version", action="version", version=f"skvoicefake {skvoicefake.__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND")
    chosen = next((argument for argument in argv if argument in SUBCOMMANDS), None)
    subcommand: Any = import_module(f"skvoicefake.cli._{chosen}") if chosen else None
    for name, summary in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=summary,
            description=subcommand.DESCRIPTION if name == chosen else None,
            epilog=subcommand.EXAMPLES if name == chosen else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            subcommand.add_arguments(subparser)
    args, rest = parser.parse_known_args(argv)
    if args.subcommand is None:
        parser.print_help(sys.stderr)
        parser.exit(2, f"\nskvoicefake: expected one of these subcommands, got {' '.join(argv) or 'none'}.\n")
    if rest:
        # argparse takes the files before the first option behind them to be all.
        named = rest[: rest.index("--")] if "--" in rest else rest
        if not hasattr(args, "inputs") or any(argument.startswith("-") and argument != "-" for argument in named):
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        args.inputs += [*named, *rest[len(named) + 1 :]]
    return args, subcommand


def missing(error: Exception) -> str:
    """Return what to install for a package that Python did not find; nothing, if something else is wrong."""
    if not isinstance(error, ModuleNotFoundError) or not str(error).startswith("No module named"):
        return ""
    package = {"sklearn": "scikit-learn"}.get(name := (error.name or "").split(".")[0], name)
    install = f"'skvoicefake[{EXTRAS[name]}]'" if name in EXTRAS else package
    return f"this needs {package}, which is not installed: pip install {install}."


def one_line(message: object) -> str:
    """Return a message without its line breaks."""
    return " ".join(line.strip() for line in str(message).splitlines())


@contextlib.contextmanager
def one_line_warnings() -> Iterator[None]:
    """Show warnings as one line each, without the place in the code that Python adds."""

    def show(message: Warning | str, category: type[Warning], *args: Any, **options: Any) -> None:
        print(f"skvoicefake: warning: {one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
