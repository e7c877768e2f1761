"""What does a clip cost that is kept already, and how much of a grid search goes into features?

The goal is stated for 12 candidates by 5 folds on 1,000 clips, which ``--full`` runs (some ten minutes a search on two
cores). Else there are as many clips, and 2 candidates by 2 folds: of every fit's time features take as much or more.
"""

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from benchmarks._harness import interleave, main, rows_of
from skvoicefake import MFCCTransformer
from skvoicefake.feature_extraction import _identity
from skvoicefake.feature_extraction._clips import Clips
from skvoicefake.feature_extraction._store import FeatureStore

RATE = 16_000
N_HITS = 64  # clips


def add_arguments(parser):
    parser.add_argument("--full", action="store_true", help="12 candidates by 5 folds")
    parser.add_argument("--n-clips", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=5, help="of every fit (the network's default is 30)")
    parser.add_argument("--only", choices=["hits", "search"], help="one of the two parts")


def measure(results, args):
    """Measure hits, then a search and the same search again."""
    with tempfile.TemporaryDirectory() as folder:
        if args.only != "search":
            hits(results, Path(folder))
        if args.only != "hits":
            n_candidates, n_folds = (12, 5) if args.full else (2, 2)
            search(results, Path(folder), args.n_clips, n_candidates, n_folds, args.epochs)


# Hits


def hits(results, folder):
    """Compare clips that are kept with clips that are computed, in one thread."""
    for kind, rate in (("wav", RATE), ("flac", RATE), ("mp3", 44_100)):
        seconds = hits_of(folder / kind, kind, rate)
        title = f"A clip of 3 s, {kind} at {rate / 1e3:g} kHz"
        results.table(title, rows_of(seconds, per=N_HITS, unit="us", reference="decode + MFCC"))
        for key in ("content", "stat"):
            results.ratio(f"{kind}: computed / kept, by {key}", seconds["decode + MFCC"], seconds[f"hit, by {key}"])
        first = seconds["first hit in a process, by content"]
        results.ratio(f"{kind}: computed / kept, first in a process", seconds["decode + MFCC"], first)
        if kind == "wav":
            first, again = single_hits(folder / kind)
            for name, found in (("first hit in a process", first), ("hit", again)):
                low, middle, high = np.quantile(found, [0.1, 0.5, 0.9]) * 1e6
                results.figure(f"wav: {name}, by content", middle, low=low, high=high, unit="us", at_most=150)


def single_hits(folder):
    """Return the seconds of single hits, the first in a process and later ones, without what a call of many costs."""
    paths = sorted(str(path) for path in folder.glob("*.wav"))
    shelf = MFCCTransformer(cache=FeatureStore(folder / "content"))._store(Clips(paths))
    first, again = [], []
    for _ in range(20):
        for path in paths:
            _identity._known.clear()
            for seconds in (first, again):
                start = time.perf_counter()
                shelf.get(path, None)
                seconds.append(time.perf_counter() - start)
    return first, again


def hits_of(folder, kind, rate):
    """Return the seconds of ways to the features of some clips."""
    paths = clips(folder, N_HITS, rate, kind)
    by_content, by_stat = (
        MFCCTransformer(cache=FeatureStore(folder / key, key=key), n_jobs=1) for key in ("content", "stat")
    )
    by_stat.transform(paths)
    entries = [path for path in (folder / "stat").rglob("*-*") if path.is_file()]
    ways = {
        "decode + MFCC": lambda: MFCCTransformer(n_jobs=1).transform(paths),
        "first hit in a process, by content": lambda: (_identity._known.clear(), by_content.transform(paths)),
        "hit, by content": lambda: by_content.transform(paths),
        "hit, by stat": lambda: by_stat.transform(paths),
        "limit: read and hash the file": lambda: [digest(path) for path in paths],
        "limit: read and hash the entry": lambda: [digest(path) for path in entries],
    }
    return interleave(ways, repeats=25)


def digest(path):
    with open(path, "rb", buffering=0) as file:
        return hashlib.sha256(file.read()).digest()


def clips(folder, n_clips, rate=RATE, kind="wav"):
    """Write clips of 3 s, the second half of them smoother; a minute old."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    paths = []
    for i in range(n_clips):
        noise = 0.1 * rng.normal(size=3 * rate + 1)
        path = folder / f"{i:04}.{kind}"
        soundfile.write(path, noise[1:] + (0.5 * noise[:-1] if i >= n_clips // 2 else 0), rate)
        os.utime(path, (time.time() - 60, time.time() - 60))
        paths.append(str(path))
    return paths


# A search


class Timed(MFCCTransformer):
    """Notes how long its calls take."""

    seconds: ClassVar[list] = []

    def fit_transform(self, X, y=None, **fit_params):
        start = time.perf_counter()
        try:
            return super().fit_transform(X, y, **fit_params)
        finally:
            self.seconds.append((start, time.perf_counter() - start))

    def transform(self, X):
        start = time.perf_counter()
        try:
            return super().transform(X)
        finally:
            self.seconds.append((start, time.perf_counter() - start))


class CountingFile(soundfile.SoundFile):
    """libsndfile's decoder, which counts the files it opens."""

    n_opened = 0

    def __init__(self, *args, **options):
        type(self).n_opened += 1
        super().__init__(*args, **options)


def search(results, folder, n_clips, n_candidates, n_folds, epochs):
    """Search a network's parameters, twice with one store."""
    from skvoicefake import CNNLSTMClassifier

    X, y = clips(folder / "clips", n_clips), np.repeat(["real", "fake"], n_clips // 2)
    store = FeatureStore(folder / "features")
    pipeline = Pipeline([("mfcc", Timed(cache=store)), ("clf", CNNLSTMClassifier(epochs=epochs, random_state=0))])
    grid = {"clf__learning_rate": np.geomspace(1e-4, 1e-2, n_candidates).tolist()}
    rows, opened = [], soundfile.SoundFile
    soundfile.SoundFile = CountingFile
    try:
        for name in ("first search", "again"):
            Timed.seconds.clear()
            CountingFile.n_opened = 0
            start = time.perf_counter()
            GridSearchCV(pipeline, grid, cv=n_folds, refit=False).fit(X, y)
            total = time.perf_counter() - start
            # The first fit and its score read every clip once.
            after = Timed.seconds[2:] if name == "first search" else Timed.seconds
            rest = start + total - after[0][0]
            share = sum(seconds for _, seconds in after) / rest
            rows.append(
                {
                    "": name,
                    "s": f"{total:.1f}",
                    "files decoded": CountingFile.n_opened,
                    "s in features": f"{sum(seconds for _, seconds in Timed.seconds):.2f}",
                    "after the first pass": f"{sum(seconds for _, seconds in after):.2f}",
                    "share": f"{share:.2%}",
                }
            )
            if name == "first search":
                results.figure("share of a search in features after the first pass", share, unit="", at_most=0.03)
    finally:
        soundfile.SoundFile = opened
    results.figure("files decoded by the search again", CountingFile.n_opened, unit="", at_most=0)
    size = f"{n_candidates} candidates x {n_folds} folds on {n_clips} clips, {epochs} epochs a fit"
    results.table(f"GridSearchCV of a network: {size}, n_jobs=1", rows)


if __name__ == "__main__":
    main(__name__)
