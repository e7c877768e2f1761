"""Figures and pictures of the demo's detector on clips it was not trained on."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import RocCurveDisplay, classification_report
from sklearn.pipeline import Pipeline

from skvoicefake.metrics import DETDisplay, Report, TrainingHistoryDisplay, evaluate


def judge(pipeline: Pipeline, clips: pd.DataFrame, title: str, folder: Path) -> tuple[dict[str, Any], Report]:
    """Judge clips; print the figures, save the report and the confusion matrix, and return the figures and the report.

    Copies of a sentence are no independent clips, so intervals are drawn from sentences.
    """
    report = evaluate(
        pipeline,
        clips["path"].tolist(),
        clips["target"],
        attack=clips["generator"],
        groups=clips["sentence"],
        title=title,
    )
    values, matrix = report.table["value"], report.confusion_matrix
    by_generator = report.breakdowns["attack"]["equal_error_rate"].sort_index()
    print(f"\n{title} ({len(clips)} clips)\n\n{matrix.to_string() if matrix is not None else ''}\n")
    called = np.array(report.judged.classes)[np.asarray(report.judged.called_positive, dtype=int)]
    print(classification_report(clips["target"], called, digits=3, zero_division=0))
    for name, figure in {"AUC": "roc_auc", "EER": "equal_error_rate", "Accuracy": "accuracy"}.items():
        row = report.table.loc[figure]
        interval = "" if np.isnan(row["low"]) else f"   (95% interval {row['low']:.1%} to {row['high']:.1%})"
        print(f"{name:9}{row['value']:6.1%}{interval}")
    print("EER against the fakes of one generator: " + "   ".join(f"{k} {v:.1%}" for k, v in by_generator.items()))

    name = title.split()[0].lower()
    report.to_html(folder / f"report-{name}.html")
    picture = report.figures()["confusion matrix"]
    picture.axes[0].set_title(title)
    picture.savefig(folder / f"confusion-{name}.png", dpi=120)
    figures = {
        "title": title,
        "n_clips": len(clips),
        "confusion_matrix": None if matrix is None else matrix.to_numpy().tolist(),
        "accuracy": float(values["accuracy"]),
        "auc": float(values["roc_auc"]),
        "eer": float(values["equal_error_rate"]),
        "eer_by_generator": {str(name): float(eer) for name, eer in by_generator.items()},
    }
    return figures, report


def draw_curves(reports: dict[str, Report], pipeline: Pipeline, folder: Path) -> None:
    """Save the ROC and DET curves of some sets of clips, and the training history, as pictures."""
    (roc, roc_axes), (det, det_axes), (history, history_axes) = (new_figure() for _ in range(3))
    for (title, report), style in zip(reports.items(), ["-", "--"], strict=False):
        judged = report.judged
        is_positive = judged.is_positive.astype(int)
        RocCurveDisplay.from_predictions(
            is_positive, judged.scores, name=title, ax=roc_axes, **curve_style(linestyle=style)
        )
        words = np.array(judged.classes)[is_positive]
        DETDisplay.from_predictions(words, judged.scores, pos_label=judged.classes[1], name=title, ax=det_axes)
    roc_axes.plot([0, 1], [1, 0], ":", color="grey", label="equal error rate")
    title = "Receiver operating characteristic"
    roc_axes.set(title=title, xlabel="fakes called real", ylabel="real clips called real")
    roc_axes.legend(loc="lower right")
    TrainingHistoryDisplay.from_estimator(pipeline, ax=history_axes)
    for figure, name in ((roc, "roc"), (det, "det"), (history, "history")):
        figure.savefig(folder / f"{name}.png", dpi=120)


def curve_style(**style: Any) -> dict[str, Any]:
    """Return how to pass line styles to a curve: scikit-learn 1.7 gave them a parameter of their own."""
    parameters = inspect.signature(RocCurveDisplay.from_predictions).parameters
    return {"curve_kwargs": style} if "curve_kwargs" in parameters else style


def require_matplotlib() -> None:
    """Say what to install where there is no matplotlib, before anything has taken time."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f"the demo draws with matplotlib: pip install 'skvoicefake[demo]' ({error}).") from error


def new_figure() -> tuple[Any, Any]:
    """Return a figure that needs no screen, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 4.5), layout="constrained")
    return figure, figure.subplots()
