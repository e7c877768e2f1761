"""Figures and pictures of a detector on clips it was not trained on."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    RocCurveDisplay,
    classification_report,
    confusion_matrix,
    roc_auc_score,
)
from sklearn.pipeline import Pipeline

from skvoicefake.metrics import equal_error_rate


def judge(pipeline: Pipeline, clips: pd.DataFrame, title: str, folder: Path) -> dict[str, Any]:
    """Score clips; print and return the figures, and save the confusion matrix as a picture."""
    scores = pipeline.decision_function(clips["path"].tolist())
    labels = np.where(scores > 0, pipeline.classes_[1], pipeline.classes_[0])
    figures = {
        "title": title,
        "n_clips": len(clips),
        "confusion_matrix": confusion_matrix(clips["target"], labels, labels=pipeline.classes_).tolist(),
        "accuracy": float(np.mean(labels == clips["target"])),
        "auc": float(roc_auc_score(clips["target"] == pipeline.classes_[1], scores)),
        "eer": equal_error_rate(clips["target"], scores),
        "eer_by_generator": {
            generator: equal_error_rate(clips["target"][chosen], scores[chosen])
            for generator in sorted(set(clips["generator"]) - {"-"})
            if (chosen := ((clips["generator"] == generator) | (clips["target"] == "real")).to_numpy()).any()
        },
    }
    rows = [f"is {label}" for label in pipeline.classes_]
    columns = [f"called {label}" for label in pipeline.classes_]
    print(f"\n{title} ({len(clips)} clips)\n")
    print(pd.DataFrame(figures["confusion_matrix"], index=rows, columns=columns).to_string())
    print(f"\n{classification_report(clips['target'], labels, digits=3, zero_division=0)}")
    print(f"AUC {figures['auc']:.3f}   EER {figures['eer']:.1%}   accuracy {figures['accuracy']:.1%}")
    by_generator = "   ".join(f"{name} {eer:.1%}" for name, eer in figures["eer_by_generator"].items())
    print(f"EER against the fakes of one generator: {by_generator}")

    figure, axes = new_figure()
    ConfusionMatrixDisplay.from_predictions(clips["target"], labels, ax=axes, cmap="Blues", colorbar=False)
    verdict = f"EER {figures['eer']:.1%}, accuracy {figures['accuracy']:.1%}"
    axes.set(title=f"{title}\n{verdict}", xlabel="called", ylabel="is")
    figure.savefig(folder / f"confusion-{title.split()[0].lower()}.png", dpi=120)
    return {**figures, "scores": scores}


def draw_curves(judged: dict[str, tuple[pd.DataFrame, Any]], pipeline: Pipeline, folder: Path) -> None:
    """Save the ROC curves of some sets of clips, and the training history, as pictures."""
    figure, axes = new_figure()
    for (title, (clips, scores)), style in zip(judged.items(), ["-", "--"], strict=False):
        RocCurveDisplay.from_predictions(
            clips["target"], scores, pos_label=pipeline.classes_[1], name=title, ax=axes, **curve_style(linestyle=style)
        )
    axes.plot([0, 1], [1, 0], ":", color="grey", label="equal error rate")
    axes.set(title="Receiver operating characteristic", xlabel="fakes called real", ylabel="real clips called real")
    axes.legend(loc="lower right")
    figure.savefig(folder / "roc.png", dpi=120)

    figure, axes = new_figure()
    history = pipeline[-1].history_
    epochs = np.arange(1, len(history["loss"]) + 1)
    axes.plot(epochs, history["loss"], "o-", label="training clips")
    if "val_loss" in history:
        axes.plot(epochs, history["val_loss"], "s--", label="clips held back")
    axes.set(title="Training history", xlabel="epoch", ylabel="loss (cross entropy)")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    figure.savefig(folder / "history.png", dpi=120)


def curve_style(**style: Any) -> dict[str, Any]:
    """Return how to pass line styles to a curve: scikit-learn 1.7 gave them a parameter of their own."""
    import inspect

    parameters = inspect.signature(RocCurveDisplay.from_predictions).parameters
    return {"curve_kwargs": style} if "curve_kwargs" in parameters else style


def require_matplotlib() -> None:
    """Say what to install where there is no matplotlib, before anything has taken time."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f"the demo draws with matplotlib: pip install 'skvoicefake[demo]' ({error}).") from error


def new_figure() -> tuple[Any, Any]:
    """Return a figure that needs no screen."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(5.5, 4.5), layout="constrained")
