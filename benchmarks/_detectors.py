"""Detectors by name, fitted and scored on splits of a corpus; scores are kept, so that nothing is done twice."""

import hashlib
import importlib
import inspect
import json
import time

import numpy as np
from scipy.special import logit

from benchmarks._conditions import written
from skvoicefake import __version__, detectors

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

    A file knows how the detector was made; if that changes, it is made anew.
    """

    def __init__(self, table, folder, *, n_jobs):
        self.table, self.folder, self.n_jobs = table, folder, n_jobs
        self.cache = folder / "features"

    def get(self, name, seed, train, wanted):
        """Return the scores of a detector, {condition: {row: score}}, and the seconds that its training took.

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
        known = [detector.get_params(), sorted(self.table["path"].iloc[train]), __version__]
        digest = hashlib.sha256(_plain(known).encode()).hexdigest()[:16]
        file = self.folder / "scores" / f"{name.replace(' ', '-').replace(':', '-')}-{seed}-{digest}.json"
        found = json.loads(file.read_text()) if file.exists() else {"seconds": None, "scores": {}}
        paths = {condition: self.table["path"].iloc[rows] for condition, rows in wanted.items()}
        lacking = {c: [p for p in some if p not in found["scores"].get(c, {})] for c, some in paths.items()}
        if any(lacking.values()):
            self._score(detector, train, lacking, found)
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".part")
            partial.write_text(json.dumps(found))
            partial.replace(file)
        scores = {c: np.array([found["scores"][c][path] for path in some]) for c, some in paths.items()}
        return scores, found["seconds"]

    def _score(self, detector, train, lacking, found):
        clips = self.table.iloc[train]
        start = time.perf_counter()
        detector.fit(clips["file"].tolist(), clips["label"].to_numpy())
        found["seconds"] = time.perf_counter() - start
        files = dict(zip(self.table["path"], self.table["file"], strict=True))
        for condition, some in lacking.items():
            if not some:
                continue
            clean = [files[path] for path in some]
            heard = clean
            if condition != CLEAN:
                heard = written(clean, condition, self.folder / "conditions", n_jobs=self.n_jobs)
            scores = _log_odds(detector, heard)
            found["scores"].setdefault(condition, {}).update(zip(some, scores.tolist(), strict=True))


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
