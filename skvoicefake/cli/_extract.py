"""``skvoicefake extract``: write the features of recordings to a file."""

import argparse
import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from skvoicefake.cli import UsageError
from skvoicefake.cli._options import (
    DATA_HELP,
    add_data_arguments,
    add_settings,
    data_options,
    features_of,
    load_labelled,
    number,
    says,
    seconds,
    whole_file,
)

DESCRIPTION = f"""\
Writes mel-frequency cepstral coefficients of recordings to a file: .npz (NumPy, no pickled objects),
.parquet (needs pyarrow) or .csv.

DATA is {DATA_HELP};
or a folder without classes, or audio files. Labels, groups and attacks go into the file where DATA
has them."""
EXAMPLES = """\
examples:
  skvoicefake extract corpus -o features.npz
  skvoicefake extract clips.csv -o features.parquet --output stats
  skvoicefake extract recordings/ one.wav -o features.npz --duration 4 --deltas 2 --set top_db=None
"""
LABELS = ("target", "groups", "attack", "codec")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("data", nargs="+", type=Path, metavar="DATA")
    add("-o", dest="file", required=True, type=Path, metavar="FILE", help="a .npz, .parquet or .csv file")
    add("--force", action="store_true", help="write FILE anew if it is there")
    add(
        "--output",
        choices=["sequence", "flat", "stats"],
        default="sequence",
        help="a panel of clips, frames and coefficients (.npz alone); its rows flattened; or the mean and deviation of"
        " every coefficient (default: %(default)s)",
    )
    add("--duration", type=seconds, default=3.0, metavar="SECONDS", help="of every clip (default: %(default)g)")
    add("--n-mfcc", type=number(int, 1), default=40, metavar="N", help="coefficients (default: %(default)s)")
    add("--n-mels", type=number(int, 1), default=80, metavar="N", help="mel bands (default: %(default)s)")
    add("--deltas", type=int, choices=[0, 1, 2], default=0, help="append slopes (default: %(default)s)")
    add("--normalize", choices=["clip", "train"], help="bring every coefficient to mean 0 and deviation 1")
    add_settings(parser, "pre_emphasis=0.97")
    add("--on-error", choices=["raise", "skip"], default="raise", help="clips that cannot be used (default: raise)")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")
    add_data_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Extract."""
    from skvoicefake import MFCCTransformer

    suffix = args.file.suffix.lower()
    if suffix not in (".npz", ".parquet", ".csv"):
        raise UsageError(f"-o {args.file}: expected a name that ends in .npz, .parquet or .csv.")
    if suffix != ".npz" and args.output == "sequence":
        raise UsageError(f"{suffix} holds a table: add --output flat or --output stats, or write .npz.")
    if suffix == ".parquet":
        _require_pyarrow()
    if args.file.exists() and not args.force:
        raise FileExistsError(f"{args.file}: already there. Write it anew with --force.")
    names = ("duration", "n_mfcc", "n_mels", "deltas", "normalize", "output")
    transformer = MFCCTransformer(n_jobs=args.jobs, **{name: getattr(args, name) for name in names})
    transformer.set_params(**dict(args.settings))
    clips, columns = gather(args)
    parameters = json.dumps({key: _plain(value) for key, value in transformer.get_params().items()})
    features, good = features_of(transformer, clips, args.on_error)
    clips = [clips[i] for i in good]
    columns = {name: values[good] for name, values in columns.items()}
    with whole_file(args.file) as path:
        if suffix == ".npz":
            with path.open("wb") as file:
                np.savez(file, features=features, paths=np.array(clips, dtype=str), parameters=parameters, **columns)
        else:
            _write_table(path, features, list(transformer.get_feature_names_out()), clips, columns)
    labelled = ", ".join(columns) or "no labels"
    says(f"{args.file}: features of shape {features.shape}, paths, {labelled}.")


def gather(args: argparse.Namespace) -> tuple[list[str], dict[str, Any]]:
    """Return the clips, and what is known of each."""
    from skvoicefake.datasets import find_audio

    first = args.data[0]
    for path in args.data:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such file or folder.")
    if len(args.data) == 1 and (args.corpus is not None or _is_labelled(first, args.split)):
        args.data = first
        bunch = load_labelled(args, needs_both=False)
        return bunch.data, {name: bunch[name] for name in LABELS if bunch[name] is not None}
    if ignored := [f"--{name.replace('_', '-')}" for name in data_options(args)]:
        what = f"{len(args.data)} DATA" if len(args.data) > 1 else f"{first}, which has no labels"
        raise UsageError(f"{', '.join(ignored)}: for one DATA that is labelled, got {what}.")
    paths = [found for path in args.data for found in (find_audio(path) if path.is_dir() else [str(path)])]
    if not paths:
        raise FileNotFoundError(f"{', '.join(map(str, args.data))}: no audio below this.")
    return list(dict.fromkeys(paths)), {}


def _is_labelled(data: Path, split: list[str] | None) -> bool:
    from skvoicefake.datasets._files import AUDIO_SUFFIXES
    from skvoicefake.datasets._folder import _has_classes, _split_folders

    if not data.is_dir():
        return data.suffix.lower() not in AUDIO_SUFFIXES
    # Where a split is picked, the others may be without labels.
    is_split = any(map(_has_classes, filter(Path.is_dir, data.iterdir()))) if split else _split_folders(data, None)
    return _has_classes(data) or bool(is_split)


def _write_table(path: Path, features: Any, names: list[str], clips: list[str], columns: dict[str, Any]) -> None:
    import pandas as pd

    table = pd.DataFrame(features, columns=names)
    for i, (name, values) in enumerate([("path", clips), *columns.items()]):
        table.insert(i, name, values)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)


def _require_pyarrow() -> None:
    try:
        import_module("pyarrow")
    except ImportError as error:
        raise ImportError("parquet files need pyarrow: pip install pyarrow. Or write .csv or .npz.") from error


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
