"""An audit as Markdown and as one page of HTML."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skvoicefake._reports import PAGE, embedded, html_table, markdown_table

if TYPE_CHECKING:
    from skvoicefake.model_selection._audit import AuditReport

LONGEST = 30  # rows of a table that are shown
LONG = ("Found", "What to do", "Why")


def to_markdown(report: "AuditReport") -> str:
    """Return the audit as Markdown."""
    parts = [f"# {report.title}", summary(report), markdown_table(findings(report))]
    for title, table, left_out in _tables(report):
        parts += [f"## {title}", markdown_table(table), *left_out]
    return "\n\n".join(parts) + "\n"


def to_html(report: "AuditReport") -> str:
    """Return the audit as one page of HTML with its pictures inside."""
    try:
        pictures, without = [embedded(figure, name) for name, figure in report.figures().items()], ""
    except ImportError as error:
        pictures, without = [], f"<p class=note>The pictures are left out: {escape(str(error))}</p>"
    parts = [f"<h1>{escape(report.title)}</h1>", f"<p>{escape(summary(report))}</p>"]
    parts += [html_table(findings(report), LONG), f"<h2>Pictures</h2>{without}{''.join(pictures)}"]
    for title, table, left_out in _tables(report):
        more = "".join(f"<p>{escape(line)}</p>" for line in left_out)
        parts.append(f"<h2>{escape(title)}</h2>{html_table(table, LONG)}{more}")
    settings = [
        (name.replace("_", " "), "-" if value is None else str(value)) for name, value in report.settings.items()
    ]
    parts.append(f"<h2>How it was made</h2>{html_table(pd.DataFrame(settings, columns=['Setting', 'Value']))}")
    return PAGE.format(title=escape(report.title), body="\n".join(parts))


def summary(report: "AuditReport") -> str:
    """Say how many clips there are, and how many problems."""
    settings = report.settings
    labels = ", ".join(f"{n} {label}" for label, n in report.clips["label"].value_counts().sort_index().items())
    counts = report.table["verdict"].value_counts()
    n_problems, n_mind = int(counts.get("problem", 0)), int(counts.get("mind", 0))
    groups = "" if settings["n_groups"] is None else f" in {settings['n_groups']} groups"
    outcome = f"{_several(n_problems, 'problem') if n_problems else 'No problems'}"
    mind = f", {_several(n_mind, 'thing')} to mind" if n_mind else ""
    return f"{settings['n_clips']} clips{groups}: {labels}. {outcome}{mind}."


def findings(report: "AuditReport") -> pd.DataFrame:
    """Return the findings with titles."""
    return report.table.rename(
        columns={"check": "Check", "verdict": "Verdict", "found": "Found", "advice": "What to do"}
    )


def _tables(report: "AuditReport") -> list[tuple[str, pd.DataFrame, list[str]]]:
    """Return the other tables for print, each with its title and what is left out."""
    tables: list[tuple[str, pd.DataFrame, list[str]]] = []
    if len(report.shortcuts):
        rows = [
            (
                row["family"],
                row["judged_on"],
                f"{row['auc']:.2f}",
                _interval(row),
                f"{row['p_value']:.3f}",
                row["verdict"],
            )
            for row in report.shortcuts.to_dict("records")
        ]
        columns = ["What alone", "Judged on", "AUC", "95% interval", "p", "Verdict"]
        tables.append(("Shortcuts", pd.DataFrame(rows, columns=columns), []))
    if len(report.copies):
        torn = report.copies[[name for name in report.copies if str(name).startswith("across_")]]
        # Those that tear something first.
        order = np.argsort(-torn.sum(axis=1).to_numpy(), kind="stable")
        names = report.clips["clip"].to_numpy()
        rows = [
            (
                names[row["first"]],
                names[row["second"]],
                row["kind"],
                f"{row['offset_s']:.2f}",
                "-" if np.isnan(row["overlap_s"]) else f"{row['overlap_s']:.2f}",
                ", ".join(str(name).removeprefix("across_") for name in torn if row[name]) or "-",
            )
            for row in report.copies.iloc[order[:LONGEST]].to_dict("records")
        ]
        columns = ["Clip", "Shares sound with", "Kind", "From, s", "For, s", "Across"]
        tables.append(("Copies", pd.DataFrame(rows, columns=columns), _more(len(report.copies))))
    bad = report.clips[report.clips["problem"].notna()]
    if len(bad):
        table = bad[["clip", "label", "problem"]].head(LONGEST)
        tables.append(("Clips of no use", table.set_axis(["Clip", "Label", "Why"], axis=1), _more(len(bad))))
    for name, table in report.balance.items():
        tables.append((f"Clips by {name}", table.head(LONGEST).reset_index(), _more(len(table))))
    return tables


def _more(n_rows: int) -> list[str]:
    return [f"{n_rows - LONGEST} more are in the JSON."] if n_rows > LONGEST else []


def _interval(row: Mapping[Any, Any]) -> str:
    return "" if np.isnan(row["low"]) else f"{row['low']:.2f} to {row['high']:.2f}"


def _several(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
