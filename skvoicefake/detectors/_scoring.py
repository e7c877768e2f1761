"""Clips -> rows of label, probability, score, warnings and error. A bad clip costs no other."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from skvoicefake._row import NO_VERDICT, Row, load_clip, reason
from skvoicefake.detectors._frozen_steps import Listener
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from skvoicefake.feature_extraction._transformer import ClipTransformer
from skvoicefake.metrics._responses import _past_features, inner, responses


class Scorer:
    """Scores clips, a batch at a time.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips, with two classes.
    real : hashable
        The class that is the real voice.
    n_jobs : int or None, default=None
        Threads; None leaves the estimator those it has.
    labels_all : bool, default=False
        Whether clips that it gives no verdict on have a label too.
    """

    def __init__(self, estimator: Any, real: Hashable, *, n_jobs: int | None = None, labels_all: bool = False) -> None:
        self.estimator, self.n_jobs, self.labels_all = estimator, n_jobs, labels_all
        self.real_is_greater = np.asarray(estimator.classes_).tolist().index(real) == 1
        pipeline = self.estimator
        while (inside := inner(pipeline)) is not None:
            pipeline = inside
        steps = getattr(pipeline, "steps", [("", None)])
        self.transformer: Any = None
        if isinstance(steps[0][1], ClipTransformer | CepstralStatisticsTransformer | Listener):
            self.transformer = steps[0][1]
            if n_jobs is not None:
                self.transformer.set_params(n_jobs=n_jobs)

    def rows(self, paths: Sequence[str]) -> list[Row]:
        """Return a row a path."""
        rows = [Row(path) for path in paths]
        # Where the features are ours, clips are decoded here, once, which finds the bad ones and what is odd about
        # the good ones. Other pipelines get the paths.
        clips: list[Any] = list(paths)
        if self.transformer is not None:
            load = delayed(_load)
            clips = Parallel(n_jobs=self.n_jobs, require="sharedmem")(load(row, self.transformer) for row in rows)
        good = [i for i, row in enumerate(rows) if row.error is None]
        try:
            self._fill([rows[i] for i in good], [clips[i] for i in good])
        except (ValueError, OSError, ArithmeticError):
            for i in good:
                try:
                    self._fill([rows[i]], [clips[i]])
                except (ValueError, OSError, ArithmeticError) as error:
                    rows[i].error = reason(error, rows[i].path)
        return rows

    def _fill(self, rows: list[Row], clips: list[Any]) -> None:
        if not rows:
            return
        # A guard may stand inside a calibrator, a search or augmentation. What comes last has it, or is it.
        answering, X, last = _past_features(self.estimator, clips)
        labels, scores, limit, probabilities, _ = responses(answering, X)
        if scores is None:
            raise ValueError(
                f"{type(self.estimator).__name__} has neither predict_proba nor decision_function, so it gives no"
                " score. Take a classifier that has one of them."
            )
        if limit is not None:  # A score that is written has no second rule for its use as a log-likelihood ratio.
            scores = np.clip(scores, -limit, limit)
        greater = self.estimator.classes_[1]
        # A remark makes a guard's own score 0, and hardly anything else does. What is around it may move the score.
        remarks = _remarks(last, X, np.flatnonzero(scores == 0) if answering is last else np.arange(len(rows)))
        for i, row in enumerate(rows):
            if not np.isfinite(scores[i]):
                row.error = f"the detector gave the score {scores[i]}."
                continue
            row.label, row.error = str(labels[i]), None
            row.score = float(scores[i] if self.real_is_greater else -scores[i]) + 0.0  # no "-0"
            if probabilities is not None:
                row.probability = float(probabilities[i] if labels[i] == greater else 1 - probabilities[i])
            if i in remarks:
                row.warnings = [f"{NO_VERDICT}{remarks[i]}", *row.warnings]
                row.label = row.label if self.labels_all else None
                row.score, row.probability = 0.0, None if probabilities is None else 0.5


def _remarks(guard: Any, X: Any, asked: NDArray[np.intp]) -> dict[int, str]:
    """Return why clips have no verdict, by position, if it is a guard."""
    if not len(asked) or not hasattr(guard, "remarks"):
        return {}
    remarks = guard.remarks(_safe_indexing(X, asked))
    return {i: str(remark) for i, remark in zip(asked.tolist(), remarks, strict=True) if remark}


def _load(row: Row, transformer: Any) -> NDArray[np.float32] | None:
    """Load a clip just as the transformer would; note in the row what is wrong with it."""
    is_panel = isinstance(transformer, ClipTransformer)
    duration = None if is_panel and transformer.crop != "start" else transformer.duration
    seconds = transformer.duration if is_panel else None
    return load_clip(row, transformer.sample_rate, duration, is_panel=is_panel, panel_seconds=seconds)
