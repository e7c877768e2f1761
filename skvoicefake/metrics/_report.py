"""A detector judged: every figure with its interval, by attack, codec and speaker, and what to mind about it."""

import json
import os
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skvoicefake._reports import plain, written
from skvoicefake.metrics._inputs import check_clips, check_numbers
from skvoicefake.metrics._judge import Judged, judge
from skvoicefake.metrics._responses import responses


@dataclass(frozen=True)
class Report:
    """What `evaluate` found.

    Attributes
    ----------
    title : str
        What was judged.
    table : DataFrame of shape (n_figures, 3)
        "value", "low" and "high" (the ends of its interval) of every figure.
        Rows are named after the functions; ``precision[real]`` is of a class,
        ``precision[macro]`` and ``precision[weighted]`` are averages.
    confusion_matrix : DataFrame of shape (2, 2) or None
        Rows are what is, columns what was called. None without verdicts.
    breakdowns : dict of str to DataFrame
        For "attack", "codec" and "speaker", where they were given, a row for
        each: its clips, equal error rate with interval, area under the ROC
        curve, and share of right verdicts. Fakes of one attack are set
        against all real clips; a codec or speaker has both classes of its own.
        There is no interval where fewer than five clips (or groups) hold a
        class; a speaker's is drawn from its clips.
    notes : list of str
        What to mind when reading the figures.
    settings : dict
        How they came about: clips, labels, intervals, versions.
    """

    title: str
    table: pd.DataFrame
    confusion_matrix: pd.DataFrame | None
    breakdowns: dict[str, pd.DataFrame]
    notes: list[str]
    settings: dict[str, Any]
    judged: Judged = field(repr=False)

    def __str__(self) -> str:
        return self.to_markdown()

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as Markdown, and write it to a file where one is named."""
        from skvoicefake.metrics._render import to_markdown

        return written(to_markdown(self), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as one HTML page that holds its pictures, and write it to a file where one is named.

        The pictures need matplotlib (``pip install 'skvoicefake[plot]'``);
        without it the page says that they are left out.
        """
        from skvoicefake.metrics._render import to_html

        return written(to_html(self), path)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return all figures as JSON (what is not defined is null), and write them to a file where one is named."""
        matrix = self.confusion_matrix
        content = {
            "title": self.title,
            "settings": plain(self.settings),
            "notes": self.notes,
            "figures": {name: plain(row) for name, row in self.table.to_dict(orient="index").items()},
            "confusion_matrix": None if matrix is None else matrix.to_numpy().tolist(),
            "breakdowns": {
                name: {str(level): plain(row) for level, row in table.to_dict(orient="index").items()}
                for name, table in self.breakdowns.items()
            },
        }
        return written(json.dumps(content, indent=2, allow_nan=False) + "\n", path)

    def figures(self) -> dict[str, Any]:
        """Draw the pictures of the report, as :class:`matplotlib.figure.Figure` by name."""
        from skvoicefake.metrics._pictures import draw

        return draw(self)


def evaluate(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    attack: ArrayLike | None = None,
    codec: ArrayLike | None = None,
    speaker: ArrayLike | None = None,
    real_label: Any = None,
    prior: float | None = None,
    asv_rates: tuple[float, float, float] | None = None,
    tandem_version: int = 2019,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
    title: str | None = None,
) -> Report:
    """Judge a fitted detector on clips it was not trained on.

    Parameters
    ----------
    estimator : classifier
        Fitted, of two classes: anything with `predict`. Figures that need
        scores are left out if it has neither `decision_function` nor
        `predict_proba`.
    X : sequence of clips, or whatever `estimator` takes
        The clips. A pipeline computes their features once, also inside a
        search, an `LLRCalibrator` or a threshold classifier.
    y : array-like of shape (n_clips,)
        True labels.
    groups : array-like of shape (n_clips,), default=None
        Speakers, recordings or sources. Intervals are then drawn from whole
        groups: clips of one voice tell less than as many clips of many
        voices. None is `speaker`, and without that single clips.
    attack, codec, speaker : array-like of shape (n_clips,), default=None
        What made the fakes, the channel, and who speaks: each gets a table.
        The attack of a real clip is not looked at.
    real_label : label, default=None
        The label of the real voice. None reads the field's words; labels like
        0 and 1 must name it, or figures that depend on it are left out.
    prior : float, default=None
        Share of the greater label that `estimator` takes for granted, such as
        its share of the training clips. It is taken out of the scores before
        they are judged as log-likelihood ratios. None takes out nothing, which
        is right for a :class:`~skvoicefake.calibration.LLRCalibrator` and
        where classes weighed the same in training.
    asv_rates : tuple of three floats, default=None
        Error rates of a speaker verification system, of `asv_error_rates`:
        with them, the report has the minimum tandem cost.
    tandem_version : {2019, 2021}, default=2019
        Of `min_tandem_cost`.
    n_resamples : int, default=1000
        Bootstrap resamples for the intervals; 0 for none.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState or None, default=0
        Seed of the resamples.
    title : str, default=None
        Heading of the report. None names the estimator.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If y holds not two classes, or classes the estimator does not know, or
        arrays differ in length.

    See Also
    --------
    evaluate_scores : The same for scores or verdicts that are there already.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skvoicefake.metrics import evaluate
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["fake", "real"], 200)
    >>> X = rng.normal(size=(400, 2)) + 2 * (y == "real")[:, np.newaxis]
    >>> report = evaluate(LogisticRegression().fit(X[::2], y[::2]), X[1::2], y[1::2])
    >>> report.table.loc[["accuracy", "equal_error_rate"], "value"].round(3).to_dict()
    {'accuracy': 0.895, 'equal_error_rate': 0.1}
    """
    classes = getattr(estimator, "classes_", None)
    if classes is None or len(classes) != 2:
        raise ValueError(
            f"evaluate needs a fitted classifier of two classes, got {type(estimator).__name__} with"
            f" {'no classes_' if classes is None else f'classes {list(classes)}'}. Fit it first."
        )
    labels = column_or_1d(y)
    if unknown := sorted(set(labels.tolist()) - set(np.asarray(classes).tolist()), key=str):
        raise ValueError(f"y holds {unknown[0]!r}, which the estimator does not know: it tells {list(classes)} apart.")
    is_positive = check_clips(y, np.zeros(len(labels)), classes[1], None).is_positive
    said = responses(estimator, X)
    check_consistent_length(said.called, labels)
    return _report(
        Judged(
            classes=np.asarray(classes).tolist(),
            is_positive=is_positive,
            scores=said.scores,
            limit=said.limit,
            called_positive=said.called == classes[1],
            probabilities=None if said.probabilities is None else said.probabilities[:, 1],
            history=said.history,
        ),
        units={"attack": attack, "codec": codec, "speaker": speaker},
        groups=groups,
        real_label=real_label,
        prior=prior,
        tandem=_tandem(asv_rates, tandem_version),
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
        title=title or _name(estimator),
    )


def evaluate_scores(
    y_true: ArrayLike,
    y_score: ArrayLike | None = None,
    *,
    y_pred: ArrayLike | None = None,
    y_prob: ArrayLike | None = None,
    threshold: float | None = None,
    groups: ArrayLike | None = None,
    attack: ArrayLike | None = None,
    codec: ArrayLike | None = None,
    speaker: ArrayLike | None = None,
    pos_label: Any = None,
    real_label: Any = None,
    prior: float | None = None,
    asv_rates: tuple[float, float, float] | None = None,
    tandem_version: int = 2019,
    n_resamples: int = 1000,
    confidence_level: float = 0.95,
    random_state: Any = 0,
    title: str = "Scores",
) -> Report:
    """Judge scores or verdicts, whoever gave them.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,)
        True labels, of two classes.
    y_score : array-like of shape (n_clips,), default=None
        Scores that rise towards `pos_label`. None judges verdicts alone.
    y_pred : array-like of shape (n_clips,), default=None
        Verdicts: labels as in `y_true`.
    y_prob : array-like of shape (n_clips,), default=None
        Probabilities of `pos_label`, for the picture of their reliability.
    threshold : float, default=None
        Makes verdicts of scores: from it up is `pos_label`. Without it and
        `y_pred`, there are no figures of verdicts.
    groups, attack, codec, speaker : array-like of shape (n_clips,), default=None
        As in `evaluate`.
    pos_label : label, default=None
        The class that scores rise towards; None is the greater label.
    real_label, prior, asv_rates, tandem_version, n_resamples, confidence_level, random_state, title
        As in `evaluate`; `prior` is the share of `pos_label`.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If there are neither scores nor verdicts, or y_true holds not two classes,
        or arrays differ in length, or scores are not finite.

    Examples
    --------
    The table of a confusion matrix alone:

    >>> import numpy as np
    >>> from skvoicefake.metrics import evaluate_scores
    >>> y_true = np.repeat(["fake", "real"], [1794, 1740])
    >>> y_pred = np.repeat(["fake", "real", "fake", "real"], [1780, 14, 9, 1731])
    >>> report = evaluate_scores(y_true, y_pred=y_pred, n_resamples=0)
    >>> report.table["value"].round(4).loc[["accuracy", "precision[fake]", "recall[real]", "f1[macro]"]].tolist()
    [0.9935, 0.995, 0.9948, 0.9935]
    """
    if y_score is None and y_pred is None:
        raise ValueError("evaluate_scores needs y_score, y_pred or both.")
    if y_pred is not None and threshold is not None:
        raise ValueError("evaluate_scores takes verdicts from y_pred or from threshold, not from both.")
    constraints: dict[str, list[Any]] = {"threshold": [Interval(Real, None, None, closed="both"), None]}
    validate_parameter_constraints(constraints, {"threshold": threshold}, "evaluate_scores")
    clips = check_clips(y_true, np.zeros(len(column_or_1d(y_true))) if y_score is None else y_score, pos_label, None)
    negative, positive = clips.classes
    called = None
    if y_pred is not None:
        verdicts = column_or_1d(y_pred)
        check_consistent_length(column_or_1d(y_true), verdicts)
        if unknown := sorted(set(verdicts.tolist()) - {negative, positive}, key=str):
            raise ValueError(f"y_pred holds {unknown[0]!r}, which is none of the labels in y_true, {clips.classes}.")
        called = verdicts == positive
    elif threshold is not None:
        called = clips.scores >= threshold
    return _report(
        Judged(
            classes=[negative, positive],
            is_positive=clips.is_positive,
            scores=None if y_score is None else clips.scores,
            called_positive=called,
            threshold=threshold,
            probabilities=None if y_prob is None else _probabilities(y_prob, len(clips.scores)),
        ),
        units={"attack": attack, "codec": codec, "speaker": speaker},
        groups=groups,
        real_label=real_label,
        prior=prior,
        tandem=_tandem(asv_rates, tandem_version),
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
        title=title,
    )


def _report(judged: Judged, *, title: str, **options: Any) -> Report:
    table, matrix, breakdowns, notes, settings = judge(judged, **options)
    return Report(title, table, matrix, breakdowns, notes, settings, judged)


def _tandem(asv_rates: Any, version: int) -> dict[str, Any] | None:
    if asv_rates is None:
        return None
    rates = np.atleast_1d(np.asarray(asv_rates, dtype=np.float64)).ravel().tolist()
    if len(rates) != 3:
        raise ValueError(f"asv_rates: expected three rates (p_fa, p_miss, p_fa_spoof), got {len(rates)}.")
    return {"asv_rates": tuple(rates), "version": version}


def _probabilities(y_prob: ArrayLike, n_clips: int) -> NDArray[np.float64]:
    probabilities = check_numbers(y_prob, "y_prob")
    n_outside = np.count_nonzero(~((probabilities >= 0) & (probabilities <= 1)))
    if len(probabilities) != n_clips or n_outside:
        raise ValueError(
            f"y_prob: expected {n_clips} probabilities from 0 to 1, one a clip, got {len(probabilities)} numbers,"
            f" {n_outside} of them outside or NaN. Pass predict_proba(X)[:, 1]."
        )
    return probabilities


def _name(estimator: Any) -> str:
    steps = [step for _, step in estimator.steps] if hasattr(estimator, "steps") else [estimator]
    return " → ".join(type(step).__name__ for step in steps)
