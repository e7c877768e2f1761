"""Detectors by name, fitted and scored on splits of a corpus; scores are kept, so that nothing is done twice."""

import hashlib
import importlib
import inspect
import json
import time
from pathlib import Path

import numpy as np
from scipy.special import logit

from benchmarks._conditions import code_digest, written
from skvoicefake import detectors

CLEAN = "clean"
UNIMPORTANT = ("cache", "n_jobs", "verbose")  # ends of parameters that no score depends on


def names():
    """Return the detectors that the package has."""
    return [*detectors.baselines(), *(["recommended"] if hasattr(detectors, "recommended_detector") else [])]


def build(name, *, seed, cache, n_jobs):
    """Return an unfitted detector: one of the package's, or what ``module:function`` makes."""
    options = {"random_state": seed, "cache": cache, "n_jobs": n_jobs}
    if ":" in name:
        module, function = name.split(":")
        make = getattr(importlib.import_module(module), function)
    elif name == "recommended":
        make = detectors.recommended_detector
    elif name in (known := detectors.baselines(**options)):
        return known[name]
    else:
        raise SystemExit(f"No detector {name!r}. There are {names()}, and module:function of your own.")
    taken = inspect.signature(make).parameters
    return make(**{key: value for key, value in options.items() if key in taken})


def is_network(detector):
    """Tell whether a detector's training depends on chance enough to be done several times."""
    return any(type(value).__name__ == "CNNLSTMClassifier" for value in detector.get_params().values())


class Scores:
    """The scores of detectors for clips that they were not trained on, in files: one a detector, training set and seed.

    A file knows how the detector was made and by which code, and names, content and labels of what it was trained on;
    if any of that changes, or the clip that was scored, it is made anew. Versions of other libraries are no part of it.
    """

    def __init__(self, table, folder, *, n_jobs):
        self.table, self.folder, self.n_jobs = table, folder, n_jobs
        self.code = code_digest()
        self.cache = folder / "features" / self.code
        pairs = zip(table["path"], table["file"], strict=True)
        self.clips = [f"{path} {hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]}" for path, file in pairs]

    def get(self, name, seed, train, wanted):
        """Return the scores of a detector, {condition: scores}, and the seconds of its training when it was done first.

        Parameters
        ----------
        name : str
        seed : int
        train : ndarray of int
            Rows of the table to train on.
        wanted : dict of str to ndarray of int
            Rows to score, by condition.
        """
        detector = build(name, seed=seed, cache=self.cache, n_jobs=self.n_jobs)
        learned = [(self.clips[row], self.table["label"].iloc[row]) for row in train]
        known = [detector.get_params(), learned, self.table["home"].iloc[train].tolist(), self.code, _code_of(name)]
        digest = hashlib.sha256(_plain(known).encode()).hexdigest()[:16]
        file = self.folder / "scores" / f"{name.replace(' ', '-').replace(':', '-')}-{seed}-{digest}.json"
        found = json.loads(file.read_text()) if file.exists() else {"seconds": None, "scores": {}}
        lacking = {
            condition: [row for row in rows if self.clips[row] not in found["scores"].get(condition, {})]
            for condition, rows in wanted.items()
        }
        if any(lacking.values()):
            self._score(name, detector, train, lacking, found)
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".part")
            partial.write_text(json.dumps(found))
            partial.replace(file)
        scores = {c: np.array([found["scores"][c][self.clips[row]] for row in rows]) for c, rows in wanted.items()}
        return scores, found["seconds"]

    def _score(self, name, detector, train, lacking, found):
        clips = self.table.iloc[train]
        start = time.perf_counter()
        # It weighs sources, and is calibrated by them, where it is told of them.
        groups = {"clf__groups": clips["home"].to_numpy()} if name == "recommended" else {}
        detector.fit(clips["file"].tolist(), clips["label"].to_numpy(), **groups)
        if found["seconds"] is None:  # Later ones find features that this one made.
            found["seconds"] = time.perf_counter() - start
        for condition, rows in lacking.items():
            if not rows:
                continue
            heard, paths = (self.table[column].iloc[rows].tolist() for column in ("file", "path"))
            if condition != CLEAN:
                heard = written(heard, paths, condition, self.folder / "conditions", n_jobs=self.n_jobs)
            # Error rates count every clip, also those that a guard would leave out.
            judge = detector.estimator_ if hasattr(detector, "remarks") else detector
            scores = _log_odds(judge, heard).tolist()
            found["scores"].setdefault(condition, {}).update(
                zip([self.clips[row] for row in rows], scores, strict=True)
            )


def _code_of(name):
    """Return the bytes of the module of ``module:function``, as text."""
    if ":" not in name:
        return ""
    return Path(importlib.import_module(name.split(":")[0]).__file__).read_text(encoding="utf-8")


def _log_odds(detector, files):
    """Return scores that rise towards real speech, as log-likelihood ratios where a detector has them."""
    if hasattr(detector, "decision_function"):
        return detector.decision_function(files)
    return logit(np.clip(detector.predict_proba(files)[:, 1], 1e-6, 1 - 1e-6))


def _plain(known):
    """Return what a detector is made of as text, but for where it keeps features and how many threads it takes."""

    def text(value):
        if isinstance(value, dict):
            return {str(key): text(item) for key, item in sorted(value.items()) if not str(key).endswith(UNIMPORTANT)}
        if isinstance(value, list | tuple):
            return [text(item) for item in value]
        # Estimators come with all of their parameters, beside them.
        return type(value).__name__ if hasattr(value, "get_params") else repr(value)

    return json.dumps(text(known))
