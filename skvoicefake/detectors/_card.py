"""ModelCard: what a detector is for, what it was trained on, what it scored, and where it fails."""

import os
from collections.abc import Mapping
from typing import Any

from skvoicefake._reports import markdown_table, written

LISTS = ("use", "not_for", "limits", "reproduce")
SOURCES = ("source", "generators", "clips", "hours", "licence", "attribution")
POINTS = ("name", "threshold", "real_called_fake", "fake_called_real", "measured_on")


class ModelCard:
    """What a fitted detector is, and what to mind before its verdicts are trusted.

    Prints as Markdown, and shows so in notebooks.

    Parameters
    ----------
    content : mapping
        As it stands in the detector's file.

    Attributes
    ----------
    content : dict
        The same, to be read by programs: what it is for, training data,
        figures, operating points, limits, versions.

    Raises
    ------
    ValueError
        If something is missing, or is not what it should be.

    See Also
    --------
    skvoicefake.detectors.load_detector : Its detector's `card` is one.

    Examples
    --------
    >>> from skvoicefake.detectors import load_detector
    >>> card = load_detector().card
    >>> sorted(card.content)[:4]
    ['figures', 'limits', 'not_for', 'operating_points']
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = _checked(content)

    def __str__(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        return f"<ModelCard of {self.content['title']!r}: print it>"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the card as Markdown, and write it to a file where one is named.

        Parameters
        ----------
        path : path or None, default=None
            Where to write it.

        Returns
        -------
        text : str
        """
        import pandas as pd

        def table(rows: list[Any], columns: list[str]) -> str:
            shown = pd.DataFrame(rows, columns=columns, dtype=object).map(_cell)
            return markdown_table(shown.rename(columns=lambda name: name.replace("_", " ")))

        content = self.content
        parts = [f"# {content['title']}", content["summary"]]
        parts += ["## What it is for", _listed(content["use"])]
        parts += ["## What it is not for", _listed(content["not_for"])]
        parts += ["## Trained on", table(content["training"], list(SOURCES))]
        parts.append("## What it scored")
        for figures in content["figures"]:
            parts += [f"### {figures['title']}", table(figures["rows"], figures["columns"])]
            parts += [figures["note"]] if figures.get("note") else []
        parts += ["## Thresholds", THRESHOLDS, table(content["operating_points"], list(POINTS))]
        parts += ["## Where it fails", _listed(content["limits"])]
        versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
        parts += ["## How it was made", _listed(content["reproduce"]), f"Libraries then: {versions}."]
        return written("\n\n".join(parts) + "\n", path)


THRESHOLDS = (
    "Scores are log-likelihood ratios, natural logarithms, that rise towards the real voice: a clip is called fake"
    " below the threshold. Clips of use are others than these: choose a threshold on some of your own."
)


def _listed(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _cell(value: Any) -> str:
    """Lay out what a table holds: numbers short, intervals as "value (low to high)", nothing as "-"."""
    if isinstance(value, list):
        middle, low, high = map(_cell, value)
        return f"{middle} ({low} to {high})"
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _checked(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card holds, or raise.

    The keys, all of which must be there:

    - "title", "summary": str. The summary is a paragraph of Markdown.
    - "use", "not_for", "limits" (where it fails), "reproduce" (how to train
      it again): list of str, of Markdown each.
    - "training": list of dict, a source each, with the keys "source",
      "generators" ("-" for real speech), "clips" and "hours" (numbers),
      "licence" and "attribution".
    - "figures": list of dict, a table each: "title" and "columns" (list of
      str), "rows" (lists as long as `columns`, of str, numbers, null, or
      ``[value, low, high]`` for a value with its interval) and, if there is
      something to mind, "note".
    - "operating_points": list of dict: "name" (such as "equal error rate" or
      "1 % of real speech called fake"), "threshold" (log-likelihood ratio,
      natural logarithm, towards the real voice; fake is what lies below),
      "real_called_fake" and "fake_called_real" (rates from 0 to 1 that were
      measured with it: a number, or ``[value, low, high]``) and "measured_on".
    - "versions": dict of str to str, of the libraries it was trained with.
    """
    kinds: dict[str, type] = {"title": str, "summary": str, "versions": dict}
    kinds |= dict.fromkeys((*LISTS, "training", "figures", "operating_points"), list)
    for key, kind in kinds.items():
        if not isinstance(content.get(key), kind):
            _refuse(key, kind.__name__, content.get(key))
    for key in LISTS:
        if not all(isinstance(item, str) for item in content[key]):
            _refuse(key, "list of str", content[key])
    for key, wanted in (("training", SOURCES), ("figures", ("title", "columns", "rows")), ("operating_points", POINTS)):
        for item in content[key]:
            if not isinstance(item, dict) or not item.keys() >= set(wanted):
                _refuse(key, f"list of dict with the keys {list(wanted)}", item)
    for figures in content["figures"]:
        for row in figures["rows"]:
            if len(row) != len(figures["columns"]) or any(isinstance(cell, list) and len(cell) != 3 for cell in row):
                _refuse("figures", f"rows of {len(figures['columns'])} cells, intervals of 3 numbers", row)
    return dict(content)


def _refuse(key: str, expected: str, found: Any) -> None:
    raise ValueError(f"the model card's {key!r}: expected {expected}, got {found!r}.")
