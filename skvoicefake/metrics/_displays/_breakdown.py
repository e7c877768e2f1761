"""A figure for every attack, codec or speaker."""

import math
import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skvoicefake._plotting import COLOURS, GREY, import_pyplot, new_axes, plain, shortened
from skvoicefake.metrics._bootstrap import FEWEST, confidence_interval
from skvoicefake.metrics._inputs import Clips, UpsideDownWarning, check_clips, real_is_positive, warn_if_upside_down
from skvoicefake.metrics._ranking import equal_error_rate

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["name", "n", "value", "low", "high"]


class BreakdownDisplay:
    """A figure for every attack, codec or speaker, with its interval, the highest on top.

    Make one from a table, or by `from_predictions`.

    Parameters
    ----------
    table : DataFrame
        A row for each, with the columns "name", "n" (clips), "value", "low" and
        "high" (the ends of the interval; NaN for none). A value of NaN is
        drawn as "not defined".
    figure_name : str, default="EER"
        What the values are.
    is_rate : bool, default=True
        Write values as percentages.
    overall : float, default=None
        The figure over all clips: a line, and a row of its own. None draws none.
    title : str, default=None
        Title; None is "EER by group", or so.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the figures.
    figure_ : matplotlib Figure
        Figure with the axes.
    points_ : matplotlib Line2D
        The values, from the top down.
    intervals_ : matplotlib LineCollection
        Their intervals.
    line_ : matplotlib Line2D or None
        The figure over all clips.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.metrics import BreakdownDisplay
    >>> table = pd.DataFrame(
    ...     [["world", 200, 0.02, 0.01, 0.04], ["griffin", 180, 0.11, 0.08, 0.15]],
    ...     columns=["name", "n", "value", "low", "high"],
    ... )
    >>> display = BreakdownDisplay(table, overall=0.06).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['griffin (180 clips)', 'world (200 clips)', 'all clips']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        table: "pd.DataFrame",
        *,
        figure_name: str = "EER",
        is_rate: bool = True,
        overall: float | None = None,
        title: str | None = None,
    ) -> None:
        self.table = table
        self.figure_name = figure_name
        self.is_rate = is_rate
        self.overall = overall
        self.title = title

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        groups: ArrayLike,
        *,
        against_all_real: bool = True,
        real_label: Any = None,
        pos_label: Any = None,
        n_resamples: int = 1000,
        confidence_level: float = 0.95,
        random_state: Any = None,
        title: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the equal error rate of every group.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            Labels of two classes.
        y_score : array-like of shape (n_clips,)
            Scores that rise towards `pos_label`.
        groups : array-like of shape (n_clips,)
            What made the fakes, the codec, or the speaker, of every clip.
        against_all_real : bool, default=True
            Set the fakes of every group against all real clips, as is the
            custom for attacks; groups of real clips are not looked at. False
            takes clips of both classes from the group, as for codecs and
            speakers.
        real_label : label, default=None
            The label of the real voice; None reads it from the field's words.
        pos_label : label, default=None
            The class that scores rise towards; None is the greater label.
        n_resamples : int, default=1000
            Bootstrap resamples for the intervals; 0 for none. There is none
            either where a class has fewer than five clips.
        confidence_level : float, default=0.95
            Of the intervals.
        random_state : int, RandomState or None, default=None
            Seed of the resamples.
        title : str, default=None
            Title; None is "EER by group".
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : BreakdownDisplay

        Raises
        ------
        ValueError
            If labels and scores are not as `equal_error_rate` wants them,
            `groups` is of another length or misses the group of a clip, or the
            labels do not tell which is the real voice.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        import pandas as pd

        clips = check_clips(y_true, y_score, pos_label, None)
        names = pd.Series(np.asarray(groups, dtype=object).ravel())
        if len(names) != len(clips.scores):
            raise ValueError(
                f"y_true and groups have inconsistent numbers of samples: {len(clips.scores)} and {len(names)}."
            )
        is_set_against_all = np.full(len(names), False)
        if against_all_real:
            is_set_against_all = clips.is_positive == real_is_positive(clips.sample(), real_label)
        names = names[~is_set_against_all]
        if n_missing := int(names.isna().sum()):
            raise ValueError(f"groups holds {n_missing} names that are NaN or None. Drop these clips, or name a group.")
        rows = []
        for name, members in names.groupby(names.astype(str)):
            chosen = is_set_against_all.copy()
            chosen[members.index] = True
            part = clips._replace(is_positive=clips.is_positive[chosen], scores=clips.scores[chosen])
            figures = _error_rate(part, n_resamples, confidence_level, random_state)
            rows.append((name, len(members), *figures))
        sample = clips.sample()
        warn_if_upside_down(sample)
        return cls(pd.DataFrame(rows, columns=COLUMNS), overall=sample.crossing[0], title=title).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the figures.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure, higher the more rows there are.

        Returns
        -------
        self : BreakdownDisplay

        Raises
        ------
        ValueError
            If the table misses a column, or has no row.
        """
        if missing := [column for column in COLUMNS if column not in self.table.columns]:
            raise ValueError(
                f"{type(self).__name__} expected a table with the columns {COLUMNS}; {missing} is missing."
            )
        if not len(self.table):
            raise ValueError(f"{type(self).__name__} expected a table of one row or more, got none.")
        # What too few clips say comes last, whatever they say.
        rows = self.table.assign(is_rough=self.table["low"].isna()).sort_values(
            ["is_rough", "value", "name"], ascending=[True, False, True], na_position="last"
        )
        scale, unit = (100, "%") if self.is_rate else (1, "")
        value, low, high = (scale * rows[column].to_numpy(dtype=float) for column in COLUMNS[2:])
        overall = np.nan if self.overall is None else scale * self.overall
        ends = np.array([*value, *low, *high, overall, 0.0])
        least, most = np.min(ends[np.isfinite(ends)]), np.max(ends[np.isfinite(ends)])
        n_digits = max(0, 2 - math.floor(math.log10(max(abs(least), most) or 1)))
        names = [f"{shortened(name, 28)} ({int(n):,} clips)" for name, n in zip(rows["name"], rows["n"], strict=True)]
        texts = [_written(*figures, n_digits, unit) for figures in zip(value, low, high, strict=True)]
        if self.overall is not None:
            names.append("all clips")
            texts.append(_written(overall, np.nan, np.nan, n_digits, unit))
        places = np.arange(len(names))
        width = 4.5 + 0.07 * max(map(len, names)) + 0.07 * max(map(len, texts))
        self.figure_, self.ax_ = new_axes(type(self).__name__, ax, size=(width, 1.2 + 0.27 * len(names)))
        ax = self.ax_
        self.line_ = None
        if self.overall is not None:
            self.line_ = ax.axvline(overall, color=GREY, ls="--", lw=1.2, zorder=1)
            ax.plot(overall, places[-1], "D", color=GREY, markersize=6, clip_on=False)
        self.intervals_ = ax.hlines(places[: len(rows)], low, high, color=COLOURS[0], lw=1.6, clip_on=False)
        (self.points_,) = ax.plot(value, places[: len(rows)], "o", color=COLOURS[0], markersize=6, clip_on=False)
        for place, text in zip(places, texts, strict=True):
            # A column beside the axes, where no interval can run into it.
            ax.text(1.02, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
        ax.set(
            title=plain(f"{self.figure_name} by group" if self.title is None else self.title),
            xlabel=plain(f"{self.figure_name} (%)" if self.is_rate else self.figure_name),
            yticks=places,
            yticklabels=names,
            xlim=(1.05 * least, 1.05 * most if most > least else 1.0),
            ylim=(len(names) - 0.5, -0.5),
        )
        ax.grid(visible=True, axis="x", color="0.9", lw=0.6)
        ax.set_axisbelow(True)
        return self


def _written(value: float, low: float, high: float, n_digits: int, unit: str) -> str:
    """Return a figure with its interval as text."""
    if np.isnan(value):
        return "not defined"
    text = f"{value:.{n_digits}f}{unit}"
    return text if np.isnan(low) or np.isnan(high) else f"{text} ({low:.{n_digits}f} to {high:.{n_digits}f})"


def _error_rate(
    clips: Clips, n_resamples: int, confidence_level: float, random_state: Any
) -> tuple[float, float, float]:
    """Return the equal error rate and its interval; NaN where a class is missing."""
    n_positive = np.count_nonzero(clips.is_positive)
    n_fewer = min(n_positive, len(clips.is_positive) - n_positive)
    if not n_fewer:
        return np.nan, np.nan, np.nan
    eer = clips.sample().crossing[0]
    if not n_resamples or n_fewer < FEWEST:
        return eer, np.nan, np.nan
    with warnings.catch_warnings():
        # One for all clips is enough.
        warnings.simplefilter("ignore", UpsideDownWarning)
        low, high = confidence_interval(
            equal_error_rate,
            clips.is_positive,
            clips.scores,
            n_resamples=n_resamples,
            confidence_level=confidence_level,
            random_state=random_state,
        )
    return eer, low, high
