"""Clips -> rows of label, probability, score, warnings and error. A bad clip costs no other."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from skvoicefake._row import NO_VERDICT, Row, load_clip, reason
from skvoicefake.detectors._frozen_steps import Listener
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from skvoicefake.feature_extraction._transformer import ClipTransformer
from skvoicefake.metrics._responses import inner, is_guard, responses


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
        if not (hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")):
            raise ValueError(
                f"{type(estimator).__name__} has neither predict_proba nor decision_function, so it gives no score."
                " Take a classifier that has one of them."
            )
        self.estimator, self.n_jobs, self.labels_all = estimator, n_jobs, labels_all
        self.classes = np.asarray(estimator.classes_).tolist()
        self.sign = 1 if self.classes.index(real) == 1 else -1
        self.transformer, self.guards = front_end(estimator)
        if n_jobs is not None:
            set_n_jobs(estimator, n_jobs)

    def rows(self, paths: Sequence[str]) -> list[Row]:
        """Return a row a path."""
        rows = [Row(path) for path in paths]
        # Where the features are ours, clips are decoded here, once, which finds the bad ones and what is odd about
        # the good ones. Other pipelines get the paths.
        clips: list[Any] = list(paths)
        if self.transformer is not None:
            clips = Parallel(n_jobs=self.n_jobs, require="sharedmem")(delayed(self._load)(row) for row in rows)
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

    def _load(self, row: Row) -> NDArray[np.float32] | None:
        """Load a clip just as the transformer and the guards would; note in the row what is wrong with it."""
        is_panel = isinstance(self.transformer, ClipTransformer)
        heard = None if is_panel and self.transformer.crop != "start" else self.transformer.duration
        durations: list[Any] = [heard, *(guard.duration for guard in self.guards)]
        return load_clip(
            row,
            self.transformer.sample_rate,
            None if None in durations else max(durations),
            is_panel=is_panel,
            panel_seconds=self.transformer.duration if is_panel else None,
            heard=heard,
        )

    def _fill(self, rows: list[Row], clips: list[Any]) -> None:
        if not rows:
            return
        said = responses(self.estimator, clips)
        assert said.scores is not None
        # A score that is written has no second rule for its use as a log-likelihood ratio.
        scores = said.scores if said.limit is None else np.clip(said.scores, -said.limit, said.limit)
        for i, (row, score, label, remark) in enumerate(zip(rows, scores, said.called, said.remarks, strict=True)):
            if not np.isfinite(score):
                row.error = f"the detector gave the score {score}."
                continue
            row.label, row.error = str(label), None
            row.score = float(self.sign * score) + 0.0  # no "-0"
            if said.probabilities is not None:
                row.probability = float(said.probabilities[i, self.classes.index(label)])
            if remark:
                row.warnings = [f"{NO_VERDICT}{remark}", *row.warnings]
                row.label = row.label if self.labels_all else None
                row.score, row.probability = 0.0, None if said.probabilities is None else 0.5


def front_end(estimator: Any) -> tuple[Any, list[Any]]:
    """Return the transformer that a detector hears clips with, and its guards; None where one of them is not ours."""
    guards: list[Any] = []
    while (inside := inner(estimator)) is not None or is_guard(estimator):
        if inside is None:
            guards.append(getattr(estimator, "guard_", None))
            inside = estimator.estimator_
        estimator = inside
    transformer = getattr(estimator, "steps", [("", None)])[0][1]
    is_ours = isinstance(transformer, ClipTransformer | CepstralStatisticsTransformer | Listener)
    is_ours = is_ours and all(isinstance(guard, DomainGuard) for guard in guards)
    return (transformer, guards) if is_ours else (None, [])


def set_n_jobs(estimator: Any, n_jobs: int) -> None:
    """Tell a detector how many threads to hear clips with."""
    transformer, guards = front_end(estimator)
    for part in [*guards, *([] if transformer is None else [transformer])]:
        part.set_params(n_jobs=n_jobs)
