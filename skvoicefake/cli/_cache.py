"""``skvoicefake cache``: show what a feature store holds, make it smaller, or clear it."""

import argparse
import json
import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from skvoicefake import feature_extraction
from skvoicefake.feature_extraction._store import FeatureStore, Kept

DESCRIPTION = """\
Shows what a folder of kept features holds: clips, bytes, what was computed of them, and when they
were used first and last. Makes it smaller, or clears it. Nothing is lost that cannot be computed anew.

FOLDER is the `cache` of a transformer, or the --cache of `train`."""
EXAMPLES = """\
examples:
  skvoicefake cache features
  skvoicefake cache features --max-size 2GB     what was not used for the longest time goes
  skvoicefake cache features --clear
"""
UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--clear", action="store_true", help="remove all that is kept")
    action.add_argument(
        "--max-size", type=size, metavar="SIZE", help="remove what was not used for the longest time, down to this size"
    )
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def run(args: argparse.Namespace) -> None:
    """Print, after what is to be removed is removed."""
    if not args.folder.is_dir():
        raise FileNotFoundError(f"{args.folder}: no such folder. Check the path.")
    # Of a joblib.Memory, features are kept in a folder inside.
    stores = [FeatureStore(folder) for folder in (args.folder, args.folder / "skvoicefake")]
    store = next((store for store in stores if store.exists()), None)
    if store is None:
        raise ValueError(f"{args.folder}: no features are kept here. Name the folder that was given as cache.")
    if args.clear:
        store.clear()
    elif args.max_size is not None:
        store.shrink(args.max_size)
    contents = store.contents()
    at_most = 0 if args.clear else args.max_size
    if at_most is not None and (n_bytes := sum(kept.n_bytes for kept in contents)) > at_most:
        raise PermissionError(
            f"{args.folder}: {_size(n_bytes)} are still there. Check that you may remove files from the folder, and"
            " that no program is adding to it."
        )
    print(json.dumps([_as_json(kept) for kept in contents], indent=2) if args.json else as_text(args.folder, contents))


def size(text: str) -> int:
    """Read a number of bytes, such as 500MB or 2GiB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", text.strip().lower())
    if match is None:
        raise argparse.ArgumentTypeError(f"expected a size such as 500MB or 2GiB, got {text!r}")
    number, unit, binary = match.groups()
    return int(Fraction(number) * (1024 if binary else 1000) ** UNITS[unit])


def as_text(folder: Path, contents: list[Kept]) -> str:
    """Lay out what is kept."""
    n_bytes = sum(kept.n_bytes for kept in contents)
    lines = [f"{folder}: {sum(kept.n_entries for kept in contents)} entries, {_size(n_bytes)}"]
    for kept in contents:
        lines += [
            " ".join(_what(kept.recipe).split()),
            f"  {kept.n_entries} entries, {_size(kept.n_bytes)}, used {_moment(kept.oldest)} to {_moment(kept.newest)}",
        ]
    return "\n".join(lines)


def _what(recipe: dict[str, Any]) -> str:
    """Say what was computed."""
    if not recipe:
        return "of parameters that are not known any more"
    if {"kept", "sample_rate"} <= recipe.keys():
        return f"{recipe['kept']} at {recipe['sample_rate']} Hz"
    name = str(recipe.get("transformer", "of parameters that are not known any more"))
    room, _, of_class = name.rpartition(".")
    transformer = getattr(feature_extraction, of_class, None) if room.startswith(feature_extraction.__name__) else None
    # Classes of the user's own, and those of other versions, are known by name alone.
    if transformer is None or f"{transformer.__module__}.{of_class}" != name:
        return name
    names = transformer().get_params().keys() & recipe.keys()
    given: dict[str, Any] = {key: tuple(value) if isinstance(value := recipe[key], list) else value for key in names}
    return repr(transformer(**{**given, "normalize": "clip" if recipe.get("normalize") else None}))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _size(n_bytes: int) -> str:
    value, unit = float(n_bytes), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.3g} {unit}"


def _as_json(kept: Kept) -> dict[str, Any]:
    return {**kept._asdict(), "oldest": kept.oldest.isoformat(), "newest": kept.newest.isoformat()}
