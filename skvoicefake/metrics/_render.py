"""A report as Markdown and as one page of HTML."""

import math
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from skvoicefake._reports import PAGE, embedded, html_table, markdown_table

if TYPE_CHECKING:
    from skvoicefake.metrics._report import Report

# What figures are called in print, and what they say.
TITLES = {
    "accuracy": ("Accuracy", "share of right verdicts; depends on how many clips of each class there are"),
    "balanced_accuracy": ("Balanced accuracy", "mean of both recalls; 0.5 is chance"),
    "precision": ("Precision", "share of the clips called so that are so; depends on how common the class is"),
    "recall": ("Recall", "share of the clips that are so that were called so"),
    "f1": ("F1", "harmonic mean of precision and recall"),
    "roc_auc": (
        "Area under the ROC curve",
        "chance that of two clips, one a class, the right one scores higher; no threshold",
    ),
    "equal_error_rate": ("Equal error rate (EER)", "both error rates at the threshold that makes them equal"),
    "min_detection_cost": ("minDCF", "cost of errors at the best threshold, as in ASVspoof 5; 1 is no detector"),
    "actual_detection_cost": ("actDCF", "the same at the threshold that the costs prescribe: pays for bad calibration"),
    "min_tandem_cost": ("min t-DCF", "cost of both behind a speaker verification system; 1 is no detector"),
    "cllr": ("Cllr (bits)", "loss of the scores as log-likelihood ratios; 1 is no information"),
    "min_cllr": ("min Cllr (bits)", "the part of it that no calibration can mend"),
    "calibration_loss": ("Calibration loss (bits)", "the part of it that calibration would mend"),
}
BREAKDOWN_TITLES = {"equal_error_rate": "EER", "low": "from", "high": "to", "roc_auc": "AUC"}
PERCENT = {"equal_error_rate", "low", "high"}
MEANING = "What it says"
LONGEST = 40  # rows of a breakdown that are shown


def to_markdown(report: "Report") -> str:
    """Return the report as Markdown."""
    parts = [f"# {report.title}", _summary(report)]
    if report.notes:
        parts.append("\n".join(f"- **Mind:** {note}" for note in report.notes))
    if report.confusion_matrix is not None:
        parts += ["## Confusion matrix", markdown_table(report.confusion_matrix.reset_index(names=""))]
        parts += ["## By class", markdown_table(by_class(report))]
    parts += ["## All figures", markdown_table(figures_for_print(report))]
    for name, table in report.breakdowns.items():
        shown, left_out = breakdown_for_print(table)
        parts += [f"## By {name}", markdown_table(shown), *left_out]
    return "\n\n".join(parts) + "\n"


def to_html(report: "Report") -> str:
    """Return the report as one page of HTML with its pictures inside."""
    try:
        pictures = {name: embedded(figure, name) for name, figure in report.figures().items()}
        without = ""
    except ImportError as error:
        pictures, without = {}, f"<p class=note>The pictures are left out: {escape(str(error))}</p>"
    parts = [f"<h1>{escape(report.title)}</h1>", f"<p>{escape(_summary(report))}</p>", _cards(report)]
    if report.notes:
        parts.append("".join(f"<p class=note><b>Mind:</b> {escape(note)}</p>" for note in report.notes))
    if report.confusion_matrix is not None:
        matrix = html_table(report.confusion_matrix.reset_index(names=""))
        parts.append(f"<h2>Verdicts</h2>{matrix}{html_table(by_class(report))}")
    parts.append(f"<h2>All figures</h2>{html_table(figures_for_print(report), [MEANING])}")
    general = [picture for name, picture in pictures.items() if name not in report.breakdowns]
    parts.append(f"<h2>Pictures</h2>{without}<div class=pictures>{''.join(general)}</div>")
    for name, table in report.breakdowns.items():
        shown, left_out = breakdown_for_print(table)
        more = "".join(f"<p>{escape(line)}</p>" for line in left_out)
        parts.append(f"<h2>By {escape(name)}</h2>{pictures.get(name, '')}{html_table(shown)}{more}")
    parts.append(f"<h2>How it was made</h2>{html_table(_settings(report))}")
    return PAGE.format(title=escape(report.title), body="\n".join(parts))


def figures_for_print(report: "Report") -> pd.DataFrame:
    """Return the table of figures with titles, intervals as text and explanations."""
    level = f"{report.settings['confidence_level']:.0%} interval"
    rows = []
    for name, (value, low, high) in zip(report.table.index, report.table.to_numpy().tolist(), strict=True):
        kind, _, of = name.partition("[")
        title, meaning = TITLES[kind]
        shown = f"{title} ({of.removesuffix(']')})" if of else title
        rows.append((shown, _number(kind, value), _interval(kind, low, high), meaning))
    table = pd.DataFrame(rows, columns=["Figure", "Value", level, MEANING])
    return table.drop(columns=level) if not report.settings["n_resamples"] else table


def by_class(report: "Report") -> pd.DataFrame:
    """Return precision, recall, F1 and clips of each class and both averages, as a classification report."""
    matrix = report.confusion_matrix
    if matrix is None:
        return pd.DataFrame()
    values = report.table["value"]
    rows = []
    supports = [*matrix.sum(axis=1).tolist(), *[int(matrix.to_numpy().sum())] * 2]
    names = [*[str(label) for label in report.judged.classes], "macro", "weighted"]
    for name, support in zip(names, supports, strict=True):
        figures = [f"{values[f'{kind}[{name}]']:.4f}" for kind in ("precision", "recall", "f1")]
        rows.append((name if name not in ("macro", "weighted") else f"{name} average", *figures, str(support)))
    return pd.DataFrame(rows, columns=["", "Precision", "Recall", "F1", "Clips"])


def breakdown_for_print(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the first rows of a breakdown as text, and a line on what is left out."""
    shown = table.head(LONGEST).dropna(axis="columns", how="all")
    for column in shown:
        if column in PERCENT:
            shown[column] = [_number("equal_error_rate", value) for value in shown[column]]
        elif pd.api.types.is_float_dtype(shown[column]):
            shown[column] = [_number(str(column), value) for value in shown[column]]
    shown = shown.rename(columns=BREAKDOWN_TITLES).reset_index()
    n_more = len(table) - len(shown)
    return shown, [f"{n_more} more are in the JSON."] if n_more else []


def _number(kind: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.2%}" if kind == "equal_error_rate" else f"{value:.4f}"


def _interval(kind: str, low: float, high: float) -> str:
    return "" if math.isnan(low) else f"{_number(kind, low)} to {_number(kind, high)}"


def _summary(report: "Report") -> str:
    settings = report.settings
    clips = ", ".join(f"{n} {label}" for label, n in settings["classes"].items())
    parts = [f"{settings['n_clips']} clips: {clips}."]
    if settings["scores_rise_towards"] is not None:
        parts.append(f"Scores rise towards {settings['scores_rise_towards']!r}.")
    if settings["n_resamples"]:
        parts.append(
            f"Intervals: {settings['confidence_level']:.0%}, bootstrap over {settings['resampled']},"
            f" {settings['n_resamples']} resamples."
        )
    return " ".join(parts)


def _settings(report: "Report") -> pd.DataFrame:
    settings = dict(report.settings)
    versions = settings.pop("versions")
    settings["classes"] = ", ".join(f"{label}: {n}" for label, n in settings["classes"].items())
    settings["versions"] = ", ".join(f"{name} {number}" for name, number in versions.items())
    rows = [(name.replace("_", " "), "-" if value is None else str(value)) for name, value in settings.items()]
    return pd.DataFrame(rows, columns=["Setting", "Value"])


def _cards(report: "Report") -> str:
    cards = []
    for kind in ("equal_error_rate", "roc_auc", "accuracy", "min_detection_cost"):
        if kind not in report.table.index:
            continue
        value, low, high = (float(report.table[column][kind]) for column in ("value", "low", "high"))
        shown = f"<b>{_number(kind, value)}</b><small>{_interval(kind, low, high)}</small>"
        cards.append(f"<div class=card>{TITLES[kind][0]}{shown}</div>")
    return f"<div class=cards>{''.join(cards)}</div>"
