"""``skvoicefake demo``: train, search and judge a detector on real recordings."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from skvoicefake.cli import _recordings
from skvoicefake.persistence import save

DESCRIPTION = """\
Trains a detector on human telephone prompts (or on your own recordings) and on fakes made from them,
by a grid search over the whole pipeline; judges it on sentences and on a speaker it never met; saves
the pictures and the pipeline; and scores a file with it in a new process."""
EXAMPLES = """\
Folders need 8 recordings or more; the first 3 seconds of each are used.

examples:
  skvoicefake demo                          the packaged telephone prompts
  skvoicefake demo --real ~/podcasts        real speech of your own (sub-folders are speakers)
  skvoicefake demo --data corpus            a folder with real/ and fake/ inside
"""
GRID = {"mfcc__pre_emphasis": [0.0, 0.97], "clf__learning_rate": [1e-3, 3e-3]}
N_FOLDS = 3
HELD_OUT = 4  # a quarter of the sentences
SCORE_ONE = """\
import sys, skvoicefake
pipeline = skvoicefake.load(sys.argv[1])
print(float(pipeline.predict_proba([sys.argv[2]])[0, 1]))
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--real", type=Path, metavar="FOLDER", help="real speech; fakes are made from it")
    source.add_argument("--data", type=Path, metavar="FOLDER", help="a folder with real/ and fake/ inside")
    add = parser.add_argument
    add("--output", type=Path, metavar="FOLDER", default=Path("skvoicefake-demo"), help="default: %(default)s")
    add("--sentences", type=int, metavar="N", default=70, help="prompts of every voice to use (default: %(default)s)")
    add("--unseen-speaker", metavar="NAME", help="who is kept out of training (default: Carlo, or the last)")
    add("--epochs", type=int, metavar="N", default=20, help="at most (default: %(default)s)")
    add("--seed", type=int, metavar="N", default=0, help="default: %(default)s")
    add("--jobs", type=int, metavar="N", default=os.cpu_count() or 1, help="processes (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Run the demo."""
    from skvoicefake.cli import _judge

    _judge.require_matplotlib()
    start = time.perf_counter()
    if args.sentences < 8 or args.epochs < 1:
        raise ValueError(
            "--sentences must be 8 or more, so that every split has some, and --epochs 1 or more, got"
            f" {args.sentences} and {args.epochs}."
        )
    clips = gather(args)
    args.output.mkdir(parents=True, exist_ok=True)
    train, held_out, unseen = split(clips, args.unseen_speaker, args.seed)
    describe(train, "Training")
    describe(held_out, "Held out: other sentences")
    if unseen is not None:
        describe(unseen, f"Held out: speaker {unseen['speaker'].iloc[0]}")

    search = search_pipeline(train, args)
    pipeline = search.best_estimator_
    results: dict[str, Any] = {"best_params": search.best_params_, "cv_auc": float(search.best_score_)}
    reports = {}
    sets = {"Sentences never heard": held_out}
    if unseen is not None:
        sets[f"Unseen speaker {unseen['speaker'].iloc[0]}"] = unseen
    for title, chosen in sets.items():
        results[title], reports[title] = _judge.judge(pipeline, chosen, title, args.output)
    results["reloaded"] = save_and_reload(pipeline, held_out["path"].iloc[0], args.output)
    _judge.draw_curves(reports, pipeline, args.output)
    results["seconds"] = time.perf_counter() - start
    (args.output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    versions = [f"{name} {version(name)}" for name in ("scikit-learn", "keras", "tensorflow", "librosa", "numpy")]
    print(
        f"\n{results['seconds']:.0f} s on {os.cpu_count()} cores ({platform.machine()}),"
        f" Python {platform.python_version()}, {', '.join(versions)}"
    )
    print(f"Reports, pictures, pipeline and figures are in {args.output}{os.sep}")


def gather(args: argparse.Namespace) -> pd.DataFrame:
    """Return the clips, a row each: path, target, speaker, sentence, generator."""
    if args.data is not None:
        return _recordings.labelled_folder(args.data)
    if args.real is not None:
        return _recordings.speech_folder(args.real, args.output / "clips", n_jobs=args.jobs)
    return _recordings.telephone_prompts(args.output / "clips", args.sentences, seed=args.seed, n_jobs=args.jobs)


def split(
    clips: pd.DataFrame, unseen_speaker: str | None, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Return training clips, clips of other sentences, and all clips of a speaker who is in neither."""
    speakers = sorted(clips.groupby("speaker").filter(lambda group: group["target"].nunique() == 2)["speaker"].unique())
    if unseen_speaker is not None and unseen_speaker not in speakers:
        raise ValueError(f"--unseen-speaker {unseen_speaker}: expected one with real and fake clips, of {speakers}.")
    unseen = None
    if len(speakers) > 1:
        name = unseen_speaker or ("Carlo" if "Carlo" in speakers else speakers[-1])
        unseen = clips[clips["speaker"] == name]
        clips = clips[clips["speaker"] != name]
    else:
        print("All clips are of one speaker, or of nobody knows whom: no speaker can be held out.")
    n_sentences = clips.groupby("target")["sentence"].nunique().min()
    if n_sentences < 2 * HELD_OUT:
        raise ValueError(f"too little speech: a class has {n_sentences} sentences to train and test on, 8 are needed.")
    folds = StratifiedGroupKFold(HELD_OUT, shuffle=True, random_state=seed)
    train, test = next(folds.split(clips, clips["target"], clips["sentence"]))
    return clips.iloc[train], clips.iloc[test], unseen


def describe(clips: pd.DataFrame, title: str) -> None:
    """Print what a set of clips holds."""
    counts = clips["target"].value_counts()
    generators = clips.loc[clips["target"] == "fake", "generator"].value_counts()
    fakes = ", ".join(f"{n} {name}" for name, n in generators.items())
    print(f"{title}: {counts.get('real', 0)} real, {counts.get('fake', 0)} fake ({fakes})")


def search_pipeline(clips: pd.DataFrame, args: argparse.Namespace) -> GridSearchCV:
    """Search the pipeline's parameters; copies of a sentence stay on one side of every split, early stopping's too."""
    from tqdm.auto import tqdm

    from skvoicefake import CNNLSTMClassifier, MFCCTransformer

    network = CNNLSTMClassifier(lstm_units=32, class_weight="balanced", epochs=args.epochs, random_state=args.seed)
    pipe = Pipeline([("mfcc", MFCCTransformer(duration=_recordings.SECONDS, n_jobs=args.jobs)), ("clf", network)])
    n_candidates = int(np.prod([len(values) for values in GRID.values()]))
    bar = tqdm(total=n_candidates * N_FOLDS, desc="Grid search", unit="fit")
    auc = get_scorer("roc_auc")

    def counted_auc(estimator: Pipeline, X: list[str], y: Any) -> float:
        bar.update()
        return float(auc(estimator, X, y))

    search = GridSearchCV(
        pipe,
        GRID,
        scoring=counted_auc,
        cv=StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=args.seed),
        error_score="raise",
    )
    sentences = clips["sentence"].to_numpy()
    # Candidates that differ in the network alone share the features of a fold.
    with tempfile.TemporaryDirectory() as cache, bar:
        pipe.set_params(memory=cache)
        search.fit(clips["path"].tolist(), clips["target"].to_numpy(), groups=sentences, clf__groups=sentences)
    search.best_estimator_.set_params(memory=None)
    table = pd.DataFrame(search.cv_results_["params"])
    table["AUC"] = search.cv_results_["mean_test_score"].round(4)
    table["±"] = search.cv_results_["std_test_score"].round(4)
    print(f"\nGrid search over {N_FOLDS} folds of sentences\n\n{table.to_string(index=False)}")
    return search


def save_and_reload(pipeline: Pipeline, path: str, folder: Path) -> dict[str, Any]:
    """Save the pipeline, load it in a new process and score one file there."""
    saved = folder / "pipeline.skvf"
    save(pipeline, saved)
    here = float(pipeline.predict_proba([path])[0, 1])
    command = [sys.executable, "-c", SCORE_ONE, str(saved), path]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        reason = answer.stderr.strip().splitlines()[-1:]
        raise ValueError(f"the saved pipeline could not be loaded in a new process: {reason}")
    there = float(answer.stdout)
    name = pipeline.classes_[1]
    print(f"\nSaved {saved} ({saved.stat().st_size / 1e3:.0f} kB). Loaded in a new process, it gives")
    print(f"{path}: P({name}) = {there:.6f}; the one in memory gives {here:.6f}")
    if abs(here - there) > 1e-6:
        raise ValueError("the reloaded pipeline does not give the probability of the one that was saved.")
    return {"file": path, "probability": there}
