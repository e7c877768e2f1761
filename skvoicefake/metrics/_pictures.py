"""The pictures of a report."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay

from skvoicefake._plotting import import_pyplot, plain
from skvoicefake.metrics._displays import (
    BreakdownDisplay,
    DETDisplay,
    ReliabilityDisplay,
    ScoreDistributionDisplay,
    TrainingHistoryDisplay,
)
from skvoicefake.metrics._inputs import UpsideDownWarning

if TYPE_CHECKING:
    import pandas as pd

    from skvoicefake.metrics._report import Report

MOST_ROWS = 30  # of a breakdown, the worst


def draw(report: "Report") -> dict[str, Any]:
    """Return the pictures that a report has the clips for, by name."""
    import_pyplot("The report")
    judged = report.judged
    labels = np.where(judged.is_positive, 1, 0)
    names = [str(label) for label in judged.classes]
    pictures: dict[str, Callable[[Any], Any]] = {}
    if judged.called_positive is not None:
        counts = np.asarray(report.confusion_matrix)
        pictures["confusion matrix"] = lambda ax: _confusion_matrix(counts, names, ax)
    if judged.scores is not None:
        scores = judged.scores
        words = np.array(names, dtype=object)[labels]
        threshold = judged.threshold if judged.threshold is not None and np.isfinite(judged.threshold) else None
        pictures["detection error tradeoff"] = lambda ax: DETDisplay.from_predictions(
            words, scores, pos_label=names[1], ax=ax
        )
        pictures["receiver operating characteristic"] = lambda ax: _roc(labels, scores, names, ax)
        pictures["scores"] = lambda ax: ScoreDistributionDisplay.from_predictions(
            words, scores, threshold=threshold, pos_label=names[1], ax=ax
        )
        if judged.probabilities is not None:
            probabilities = judged.probabilities
            pictures["reliability"] = lambda ax: ReliabilityDisplay.from_predictions(
                words, probabilities, pos_label=names[1], ax=ax
            )
    with warnings.catch_warnings():
        # The report has a note instead.
        warnings.simplefilter("ignore", UpsideDownWarning)
        drawn = {name: _drawn(picture) for name, picture in pictures.items()}
    if judged.history is not None:
        display = TrainingHistoryDisplay(judged.history)
        n_axes = 2 if "accuracy" in judged.history else 1
        drawn["training history"] = _drawn(display.plot, nrows=n_axes, sharex=True)
    for name, table in report.breakdowns.items():
        if "equal_error_rate" in table and table["equal_error_rate"].notna().any():
            drawn[name] = _breakdown(name, table, report)
    return drawn


def _drawn(picture: Callable[[Any], Any], size: tuple[float, float] = (5.6, 4.6), **grid: Any) -> Any:
    # Not through pyplot: nobody else's current figure changes, and nothing has to be closed.
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    picture(figure.subplots(**grid))
    return figure


def _confusion_matrix(counts: Any, names: list[str], ax: Any) -> None:
    ConfusionMatrixDisplay(counts, display_labels=[plain(name) for name in names]).plot(
        ax=ax, cmap="Blues", colorbar=False
    )
    ax.set(title="Confusion matrix", xlabel="called", ylabel="is")


def _roc(labels: Any, scores: Any, names: list[str], ax: Any) -> None:
    RocCurveDisplay.from_predictions(labels, scores, ax=ax)
    ax.get_legend().remove()
    ax.plot([0, 1], [1, 0], ":", color="grey")
    negative, positive = map(plain, names)
    ax.set(
        title="Receiver operating characteristic",
        xlabel=f"share of {negative} called {positive}",
        ylabel=f"share of {positive} called {positive}",
    )


def _breakdown(name: str, table: "pd.DataFrame", report: "Report") -> Any:
    shown = table.rename_axis("name").reset_index().head(MOST_ROWS)
    # The real clips that an attack is set against are not its own.
    labels = [
        label for label in report.settings["classes"] if name != "attack" or label != report.settings["real_label"]
    ]
    rows = shown.assign(n=shown[[f"n {label}" for label in labels]].sum(axis=1), value=shown["equal_error_rate"])
    title = f"Equal error rate by {name}" + (f", the worst {MOST_ROWS}" if len(table) > MOST_ROWS else "")
    overall = float(report.table["value"]["equal_error_rate"])
    display = BreakdownDisplay(rows[["name", "n", "value", "low", "high"]], overall=overall, title=title)
    return _drawn(display.plot, (6.4, 1.5 + 0.28 * len(rows)))
