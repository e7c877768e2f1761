"""The ``skvoicefake`` command. One file a subcommand, each over the public API; nothing imports this package."""

import argparse
import sys
from collections.abc import Sequence

import skvoicefake
from skvoicefake.cli import _demo

SUBCOMMANDS = {"demo": _demo}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit status: 0, 1 for bad data, 2 for bad usage, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="skvoicefake", description="Tell real voices from deepfakes.")
    parser.add_argument("--version", action="version", version=f"skvoicefake {skvoicefake.__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    for name, module in SUBCOMMANDS.items():
        module.add_arguments(
            subparsers.add_parser(
                name,
                help=module.HELP,
                description=module.DESCRIPTION,
                epilog=module.EXAMPLES,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    args = parser.parse_args(argv)
    try:
        SUBCOMMANDS[args.subcommand].run(args)
    except KeyboardInterrupt:
        print("\nskvoicefake: stopped. What was finished is kept.", file=sys.stderr)
        return 130
    except (ValueError, OSError, ImportError) as error:
        if args.debug:
            raise
        print(f"skvoicefake: {error}", file=sys.stderr)
        return 1
    return 0
