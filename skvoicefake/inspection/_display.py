"""The picture of a timeline."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from skvoicefake._plotting import COLOURS, GREY, new_axes, plain, shortened

if TYPE_CHECKING:
    from skvoicefake.inspection._timeline import Timeline

REAL, FAKE = COLOURS[0], COLOURS[1]
Floats = NDArray[np.float64]
N_POINTS = 2000  # windows that are drawn one by one; of more, the mean of every few, and the lowest
MOST = 3.0  # log-odds that the axis reaches at least


class TimelineDisplay:
    """The waveform of a recording, and below it what a detector says of every window.

    Make one by :meth:`Timeline.plot`.

    Parameters
    ----------
    timeline : Timeline
        What to draw.

    Attributes
    ----------
    axes_ : list of two matplotlib Axes
        Axes with the waveform and with the scores.
    ax_ : matplotlib Axes
        That of the scores.
    figure_ : matplotlib Figure
        Figure with the axes.
    outline_ : matplotlib PolyCollection
        The waveform: the lowest and highest sample of every stretch.
    line_ : matplotlib Line2D
        The scores, each in the middle of its window; gaps where there is none.
        Of more than 2000 windows, the mean of every few.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake import load_detector
    >>> from skvoicefake.inspection import timeline
    >>> display = timeline(load_detector(), np.zeros(5 * 16000)).plot()
    >>> display.axes_[0].get_title()
    'not enough speech'
    >>> plt.close(display.figure_)
    """

    def __init__(self, timeline: "Timeline") -> None:
        self.timeline = timeline

    def plot(self, ax: Any = None) -> Self:
        """Draw waveform and scores.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Where to draw the waveform and the scores; None makes a new figure.

        Returns
        -------
        self : TimelineDisplay

        Raises
        ------
        ValueError
            If `ax` is not two axes.
        ImportError
            If matplotlib is missing.
        """
        if ax is not None and np.shape(ax) != (2,):
            raise ValueError(f"{type(self).__name__} needs ax to be two axes, for the waveform and the scores.")
        self.figure_, new = new_axes(
            type(self).__name__,
            None if ax is None else ax[1],
            size=(9.0, 4.8),
            **({"nrows": 2, "sharex": True, "height_ratios": [1, 1.6]} if ax is None else {}),
        )
        self.axes_ = list(new if ax is None else ax)
        above, self.ax_ = self.axes_
        unit, per = _unit(self.timeline.duration)
        self._draw_waveform(above, per)
        self._draw_scores(self.ax_, per)
        stretch = self.timeline.stretch
        if stretch is not None:
            for axes, label in [(above, "least real"), (self.ax_, None)]:
                axes.axvspan(
                    stretch.start / per,
                    stretch.end / per,
                    color=FAKE,
                    alpha=0.2,
                    lw=0,
                    hatch="//",
                    label=label,
                    zorder=0,
                )
            above.legend(loc="upper right", fontsize="small")
        self.ax_.set(xlabel=f"time ({unit})", xlim=(0, max(self.timeline.duration, 1e-3) / per))
        return self

    def _draw_waveform(self, axes: Any, per: float) -> None:
        found = self.timeline
        times = np.arange(len(found.envelope)) * found.column_seconds / per
        self.outline_ = axes.fill_between(times, *found.envelope.T, color=GREY, lw=0.5, step="post")
        peak = max(float(np.abs(found.envelope).max(initial=0)), 1e-3)
        judged = f" ({found.aggregation} of scores {found.score:.2f})" if found.is_judged.any() else ""
        axes.set(
            title=f"{file_title(found.name)}{plain(found.verdict)}{judged}",
            ylabel="amplitude\n(full scale is 1)",
            ylim=(-peak, peak),
        )

    def _draw_scores(self, axes: Any, per: float) -> None:
        found = self.timeline
        middles = np.array([(row.start + row.end) / 2 for row in found.rows]) / per
        scores, unknown = np.where(found.is_judged, found.scores, np.nan), middles[~found.is_judged]
        fake, real = (plain(label) for label in found.labels)
        if len(scores) > N_POINTS:
            middles, scores, lowest = _thinned(middles, scores)
            axes.plot(middles, lowest, color=GREY, lw=0.6, label="lowest window")
        (self.line_,) = axes.plot(middles, scores, color="black", lw=1, marker="." if len(scores) <= 200 else None)
        for colour, part, towards in [(REAL, np.maximum(scores, 0), real), (FAKE, np.minimum(scores, 0), fake)]:
            axes.fill_between(middles, part, color=colour, alpha=0.5, lw=0, label=f"towards {towards}")
        axes.axhline(0, color="black", lw=0.8)
        if len(unknown):
            # Beneath the scores, so that what is not judged is not taken for what is even.
            axes.plot(
                unknown,
                np.full(len(unknown), 0.02),
                color=GREY,
                ls="",
                marker="|",
                transform=axes.get_xaxis_transform(),
                label="not judged",
            )
        most = max(MOST, 1.1 * float(np.max(np.abs(found.scores[found.is_judged]), initial=0)))
        axes.set(ylabel=f"score\n(log-odds of {real})", ylim=(-most, 1.4 * most))
        axes.legend(loc="upper right", fontsize="small", ncols=4)


def file_title(name: str) -> str:
    """Return how a title begins, such as "call.wav: ", where `clip_name` calls the clip by its path; else nothing."""
    # Python quotes what holds an apostrophe by the other sign.
    return f"{shortened(PurePath(name[1:-1]).name, 50)}: " if name.startswith(("'", '"')) else ""


def _thinned(middles: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the middle of every few windows, their mean score and their lowest; NaN where none is judged."""
    starts = np.arange(0, len(scores), -(-len(scores) // N_POINTS))
    n_all, n_known = np.diff(starts, append=len(scores)), np.add.reduceat(np.isfinite(scores).astype(int), starts)
    known = np.where(n_known > 0, n_known, np.nan)
    lowest = np.minimum.reduceat(np.nan_to_num(scores, nan=np.inf), starts)
    means = np.add.reduceat(np.nan_to_num(scores), starts) / known
    return np.add.reduceat(middles, starts) / n_all, means, np.where(n_known > 0, lowest, np.nan)


def _unit(seconds: float) -> tuple[str, float]:
    """Return the unit for an axis of so many seconds, and its seconds."""
    return ("s", 1) if seconds < 600 else ("min", 60) if seconds < 3 * 3600 else ("h", 3600)
