"""The pictures of an audit."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from skvoicefake._plotting import COLOURS, GREY, import_pyplot, line_style, plain, shortened
from skvoicefake.model_selection._shortcuts import FAMILIES, NOTHING, TOGETHER

if TYPE_CHECKING:
    import pandas as pd

    from skvoicefake.model_selection._audit import AuditReport

N_FEATURES = 6  # that are shown, the most telling
N_WORDS = 8  # of a feature that is no number


def draw(report: "AuditReport") -> dict[str, Any]:
    """Return the pictures that there is something to show for, by name."""
    import_pyplot("The audit")
    pictures = {}
    if len(report.shortcuts):
        pictures["shortcuts"] = _shortcuts(report.shortcuts)
    if telling := _telling(report):
        pictures["features"] = _features(report, telling)
    return pictures


def _shortcuts(table: "pd.DataFrame") -> Any:
    """Draw the area under the ROC curve of every kind of thing, with its interval, for each place it was judged on."""
    from matplotlib.figure import Figure

    families = list(dict.fromkeys(table["family"]))[::-1]
    places = list(dict.fromkeys(table["judged_on"]))
    figure = Figure(figsize=(7.0, 1.6 + 0.32 * len(families)), layout="constrained")
    ax = figure.subplots()
    ax.axvline(0.5, color=GREY, linewidth=1)
    for i, place in enumerate(places):
        rows = table[table["judged_on"] == place].set_index("family")
        heights = np.arange(len(families)) + 0.22 * ((len(places) - 1) / 2 - i)
        there = [family in rows.index for family in families]
        values = rows.reindex(families)
        style = line_style(i) | {"linestyle": "none"}
        ax.hlines(heights[there], values["low"][there], values["high"][there], color=style["color"], linewidth=1.5)
        ax.plot(values["auc"], heights, **style, label=f"on {shortened(place)}")
    ax.set(
        title="How well trivial things alone tell the classes apart", xlabel="area under the ROC curve (0.5 is chance)"
    )
    ax.set_yticks(range(len(families)), families)
    ax.set_xlim(min(0.4, float(np.nanmin(table[["auc", "low"]])) - 0.02), 1.01)
    ax.grid(axis="x", alpha=0.3)
    if len(places) > 1:
        figure.legend(loc="outside lower center", ncols=len(places), frameon=False)
    return figure


def _telling(report: "AuditReport") -> list[str]:
    """Return the features of the families that tell something, one a family, the most telling first."""
    telling = report.shortcuts[(report.shortcuts["verdict"] != NOTHING) & (report.shortcuts["family"] != TOGETHER)]
    families = telling.sort_values("auc", ascending=False, kind="stable")["family"].drop_duplicates()
    clips = report.clips
    second = np.asarray(clips["label"] == np.unique(clips["label"])[-1])
    chosen = []
    for family in families:
        names = [name for name in FAMILIES[family] if name in clips]
        chosen.append(max(names, key=lambda name: _separation(clips[name], second)))
    return chosen[:N_FEATURES]


def _separation(values: Any, second: Any) -> float:
    """Return how far from chance a feature alone orders the classes; words are ordered by their share of a class."""
    numbers = _as_numbers(values, second)
    known = ~np.isnan(numbers)
    ranks, second = rankdata(numbers[known]), second[known]
    n, m = int(second.sum()), int((~second).sum())
    return 0.0 if not n or not m else abs((ranks[second].sum() - n * (n + 1) / 2) / (n * m) - 0.5)


def _as_numbers(values: Any, second: Any) -> Any:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float)
    shares = pd.Series(second, index=values.index).groupby(values).mean()
    return values.map(shares).to_numpy(dtype=float)


def _features(report: "AuditReport", names: list[str]) -> Any:
    """Draw how the most telling features are spread in both classes."""
    import pandas as pd
    from matplotlib.figure import Figure

    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(3.6 * n_columns, 0.6 + 2.6 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    labels = np.unique(report.clips["label"]).tolist()
    for ax, name in zip(axes, names, strict=False):
        parts = [report.clips.loc[report.clips["label"] == label, name].dropna() for label in labels]
        if pd.api.types.is_numeric_dtype(report.clips[name]):
            # What lies far out is counted at the edge, lest it squeeze all else into one bar.
            low, high = np.percentile(np.concatenate(parts).astype(float), [1, 99])
            edges = np.linspace(low, high if high > low else low + 1, 31)
            for part, label, colour in zip(parts, labels, COLOURS, strict=False):
                weights = np.full(len(part), 1 / max(1, len(part)))
                ax.hist(
                    part.astype(float).clip(edges[0], edges[-1]),
                    edges,
                    weights=weights,
                    alpha=0.55,
                    color=colour,
                    label=plain(label),
                )
        else:
            words = pd.concat(parts).value_counts().index[:N_WORDS].tolist()
            for i, (part, label, colour) in enumerate(zip(parts, labels, COLOURS, strict=False)):
                shares = part.value_counts(normalize=True).reindex(words, fill_value=0)
                ax.barh(np.arange(len(words)) + 0.4 * (i - 0.5), shares, 0.4, color=colour, label=plain(label))
            ax.set_yticks(range(len(words)), [shortened(word, 16) for word in words])
        ax.set(
            title=plain(name), ylabel="share of the class" if pd.api.types.is_numeric_dtype(report.clips[name]) else ""
        )
    for ax in axes[len(names) :]:
        ax.remove()
    axes[0].legend()
    return figure
