"""``skvoicefake train``: train a detector on labelled recordings, and judge it."""

import argparse
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.cli import _detector
from skvoicefake.cli._options import (
    DATA_HELP,
    add_data_arguments,
    add_settings,
    features_of,
    load_labelled,
    number,
    says,
    seconds,
    shows_bars,
    whole_file,
)
from skvoicefake.cli._splits import hold_out, search_folds
from skvoicefake.persistence._fingerprint import fingerprint

DESCRIPTION = f"""\
Trains a detector: cepstra, convolutions and an LSTM. A part of the recordings is held out of training
and the detector judged on it. Speakers (sub-folders of the class folders, or a group column) stay on
one side of every split.

DATA is {DATA_HELP}.

Features are stored as they are computed: a training that was stopped goes on where it was."""
EXAMPLES = """\
examples:
  skvoicefake train corpus -o detector                  corpus/real/..., corpus/fake/...
  skvoicefake train clips.csv -o detector --search      the best of a small grid
  skvoicefake train meta.tsv -o detector --path-column clip --real-label 1 --group-column speaker
  skvoicefake train corpus -o detector --epochs 60 --set clf__filters="(64, 64)" --set mfcc__deltas=2
"""
GRID = {"mfcc__pre_emphasis": [0.0, 0.97], "clf__learning_rate": [1e-3, 3e-3]}
N_FOLDS = 3
FEATURES = "features"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("data", type=Path, metavar="DATA")
    add("-o", "--output", required=True, type=Path, metavar="FOLDER", help="for the detector and its report")
    add("--force", action="store_true", help="write FOLDER anew if there is a detector in it")
    add("--duration", type=seconds, default=3.0, metavar="SECONDS", help="of every clip (default: %(default)g)")
    add("--epochs", type=number(int, 1), default=30, metavar="N", help="at most (default: %(default)s)")
    add("--search", action="store_true", help="try pre-emphasis and learning rates; keep the best by AUC over 3 folds")
    add_settings(parser, "clf__lstm_units=32")
    add(
        "--test-size",
        type=number(float, 0, 0.5),
        default=0.2,
        metavar="SHARE",
        help="of the clips, held out to judge by; 0 for none (default: %(default)g)",
    )
    add("--no-groups", action="store_true", help="split clips at random, even where speakers are known")
    add("--on-error", choices=["raise", "skip"], default="raise", help="clips that cannot be used (default: raise)")
    add("--cache", type=Path, metavar="FOLDER", help="keep features here (default: in the output, until it is done)")
    add("--seed", type=number(int, 0, 2**32 - 1), default=0, metavar="N", help="default: %(default)s")
    add("--jobs", type=number(int, 1), default=os.cpu_count() or 1, metavar="N", help="threads (default: %(default)s)")
    add_data_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Train, judge and save."""
    start = time.perf_counter()
    check_output(args.output, force=args.force)
    clips = load_labelled(args)
    says(clips.DESCR.replace("\n", "\nskvoicefake: "))
    if clips.split is not None and len(set(clips.split.tolist())) > 1:
        says("clips of all these splits are used; --split NAME picks one.")
    groups = None if args.no_groups else clips.groups
    if groups is None:
        says(
            "no speakers or recordings are told apart, so clips are split at random: the same voice may be in training"
            " and in the part held out, and the figures will flatter the detector."
        )
    cache = args.cache or args.output / FEATURES
    pipeline = build(args, cache)
    for folder in (args.output, cache):  # before anything has taken time
        folder.mkdir(parents=True, exist_ok=True)
    good = features_of(pipeline[0], clips.data, args.on_error)[1]
    pipeline[0].set_params(on_error="raise", verbose=0)
    frame = clips.frame.iloc[good].reset_index(drop=True)
    paths, y = frame["path"].to_numpy(), frame["target"].to_numpy(dtype=str)
    groups = None if groups is None else groups[good]
    train, test = hold_out(y, groups, args.test_size, seed=args.seed)
    found = search(pipeline, paths[train], y[train], part(groups, train), args) if args.search else None
    says(
        f"training on {len(train)} clips, at most {pipeline[-1].epochs} epochs; {len(test)} clips"
        f" ({len(test) / len(y):.0%}) are held out."
    )
    pipeline.set_params(clf__verbose=int(shows_bars()))
    pipeline.fit(list(paths[train]), y[train], **fit_parameters(part(groups, train)))
    about = {
        "classes": pipeline.classes_.tolist(),
        "real": "real",
        "threshold": 0.0,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "duration": pipeline[0].duration,
        "training": {
            "source": str(args.data),
            "n_real": int(np.sum(y[train] == "real")),
            "n_fake": int(np.sum(y[train] == "fake")),
            "n_left_out": len(clips.data) - len(good),
            "groups": "none: clips were split at random" if groups is None else clips.report["groups"],
            "fingerprint": fingerprint(paths[train], y[train]),
            "clips": sorted(_detector.marks(paths[train])),
            "epochs": pipeline[-1].n_iter_,
            "seed": args.seed,
        },
        "search": found,
    }
    if len(test):
        frame = frame.iloc[test]
        about["held_out"] = judge(pipeline, frame, y[test], part(groups, test), y[train], args.output)
        about["held_out"]["fingerprint"] = fingerprint(paths[test], y[test])
    pipeline.set_params(clf__verbose=0, mfcc__n_jobs=None, mfcc__cache=None)
    _detector.save_detector(args.output, pipeline, about)
    if args.cache is None:
        shutil.rmtree(cache, ignore_errors=True)
    says("what other than the voice may give the classes away, skvoicefake audit tells of the same recordings.")
    says(f"{args.output}{os.sep} holds the detector, after {time.perf_counter() - start:.0f} s.")


def check_output(folder: Path, *, force: bool) -> None:
    """Refuse to write over what is there."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder}: expected a folder for the detector, there is a file of that name.")
    there = sorted(path.name for path in folder.iterdir() if path.name != FEATURES) if folder.exists() else []
    if there and not force:
        what = "a detector" if _detector.ABOUT in there else f"something else ({', '.join(there[:3])})"
        raise FileExistsError(f"{folder}: there is {what} already. Choose another folder, or write into it: --force.")


def build(args: argparse.Namespace, cache: Path) -> Any:
    """Return the pipeline to fit."""
    from sklearn.pipeline import Pipeline

    from skvoicefake import CNNLSTMClassifier, MFCCTransformer
    from skvoicefake.cli import UsageError
    from skvoicefake.feature_extraction import FeatureStore

    # Every clip is needed again, so none may go to make room.
    store = FeatureStore(cache, max_bytes=None)
    transformer = MFCCTransformer(duration=args.duration, n_jobs=args.jobs, cache=store)
    network = CNNLSTMClassifier(class_weight="balanced", epochs=args.epochs, random_state=args.seed)
    for name, _ in args.settings:
        if not name.startswith(("mfcc__", "clf__")):
            raise UsageError(f"--set {name}: names of parameters begin with mfcc__ or clf__.")
    pipeline = Pipeline([("mfcc", transformer), ("clf", network)]).set_params(**dict(args.settings))
    for step in pipeline:
        step._validate_params()  # now, and not when the features are there
    return pipeline


def search(
    pipeline: Any, paths: NDArray[Any], y: NDArray[np.str_], groups: NDArray[np.str_] | None, args: argparse.Namespace
) -> list[dict[str, Any]]:
    """Set the pipeline to the best of the grid; return how all of it did."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GridSearchCV
    from tqdm.auto import tqdm

    from skvoicefake.metrics import equal_error_rate

    folds = search_folds(y, groups, N_FOLDS, seed=args.seed)
    grid = {name: values for name, values in GRID.items() if name not in dict(args.settings)}
    n_candidates = int(np.prod([len(values) for values in grid.values()]))
    bar = tqdm(total=n_candidates * N_FOLDS, desc="Search", unit="fit", disable=not shows_bars())

    def scores(estimator: Any, X: Any, labels: Any) -> dict[str, float]:
        bar.update()
        towards_real = estimator.decision_function(X)
        return {
            "AUC": float(roc_auc_score(labels == "real", towards_real)),
            "EER": float(equal_error_rate(labels, towards_real)),
        }

    says(f"searching {n_candidates} settings over {N_FOLDS} folds.")
    trials = GridSearchCV(pipeline, grid, scoring=scores, refit=False, cv=folds, error_score="raise")
    with bar:
        trials.fit(list(paths), y, **fit_parameters(groups))
    results = trials.cv_results_
    table = [
        {**params, "AUC": float(auc), "EER": float(eer)}
        for params, auc, eer in zip(results["params"], results["mean_test_AUC"], results["mean_test_EER"], strict=True)
    ]
    for row in table:
        says(", ".join(f"{key} {value:.4g}" for key, value in row.items()))
    pipeline.set_params(**results["params"][int(np.argmax(results["mean_test_AUC"]))])
    return table


def judge(
    pipeline: Any,
    frame: Any,
    y: NDArray[np.str_],
    groups: NDArray[np.str_] | None,
    y_train: NDArray[np.str_],
    folder: Path,
) -> dict[str, Any]:
    """Judge the pipeline on what was held out; write the report, print it, and return its figures."""
    import json

    from skvoicefake.metrics import evaluate

    is_balanced = pipeline[-1].class_weight == "balanced"
    report = evaluate(
        pipeline,
        frame["path"].tolist(),
        y,
        groups=groups,
        attack=frame["attack"].to_numpy() if "attack" in frame else None,
        codec=frame["codec"].to_numpy() if "codec" in frame else None,
        prior=None if is_balanced else float(np.mean(y_train == pipeline.classes_[1])),
        title=f"{folder.name}, on the clips that were held out",
    )
    for name, write in (("html", report.to_html), ("md", report.to_markdown), ("json", report.to_json)):
        with whole_file(folder / f"report.{name}") as path:
            write(path)
    print(report.to_markdown())
    return {
        "n_real": int(np.sum(y == "real")),
        "n_fake": int(np.sum(y == "fake")),
        **json.loads(report.to_json()),
    }


def part(values: NDArray[np.str_] | None, rows: NDArray[np.intp]) -> NDArray[np.str_] | None:
    """Return some of the values, if there are any."""
    return None if values is None else values[rows]


def fit_parameters(groups: NDArray[np.str_] | None) -> dict[str, Any]:
    """Return what fit takes beside clips and labels: early stopping splits too."""
    return {} if groups is None else {"clf__groups": groups}
