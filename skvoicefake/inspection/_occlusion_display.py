"""The picture of an occlusion."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skvoicefake._plotting import COLOURS, GREY, new_axes, plain
from skvoicefake.inspection._display import file_title
from skvoicefake.inspection._windows import Envelope

if TYPE_CHECKING:
    from skvoicefake.inspection._occlusion import Effect, Occlusion

REAL, FAKE = COLOURS[0], COLOURS[1]


class OcclusionDisplay:
    """The waveform of a clip, and what its stretches, bands and coefficients add to its score.

    Make one by :meth:`Occlusion.plot`.

    Parameters
    ----------
    occlusion : Occlusion
        What to draw.

    Attributes
    ----------
    axes_ : list of three or four matplotlib Axes
        Axes with the waveform, and the effects of stretches, of bands, and of
        coefficients if there are any.
    ax_ : matplotlib Axes
        That of the stretches.
    figure_ : matplotlib Figure
        Figure with the axes.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake import load_detector
    >>> from skvoicefake.inspection import occlusion
    >>> rng = np.random.default_rng(0)
    >>> display = occlusion(load_detector(), 0.1 * rng.normal(size=24000)).plot()
    >>> len(display.axes_)
    3
    >>> plt.close(display.figure_)
    """

    def __init__(self, occlusion: "Occlusion") -> None:
        self.occlusion = occlusion

    def plot(self, ax: Any = None) -> Self:
        """Draw waveform and effects.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Three, or four if there are coefficients; None makes a new figure.

        Returns
        -------
        self : OcclusionDisplay

        Raises
        ------
        ValueError
            If `ax` is another number of axes.
        ImportError
            If matplotlib is missing.
        """
        found = self.occlusion
        n_rows = 4 if found.coefficients else 3
        if ax is not None and np.shape(ax) != (n_rows,):
            raise ValueError(
                f"{type(self).__name__} needs ax to be {n_rows} axes: the waveform and {n_rows - 1} effects."
            )
        self.figure_, new = new_axes(
            type(self).__name__, None if ax is None else ax[0], size=(8.0, 2.0 * n_rows), nrows=n_rows
        )
        self.axes_ = list(new if ax is None else ax)
        self.ax_ = self.axes_[1]
        self._draw_waveform(self.axes_[0])
        numbers = found.coefficients
        kinds = [
            (found.times, "time (s)", 1.0),
            (found.bands, "frequency (kHz)", 1000.0),
            (numbers, "coefficient", 1.0),
        ]
        for axes, (parts, label, unit) in zip(self.axes_[1:], kinds, strict=False):
            _draw_effects(axes, parts, unit)
            axes.set(xlabel=label, ylabel="effect on\nthe score")
        seconds = len(found.waveform) / found.sample_rate
        for axes in self.axes_[:2]:
            axes.set_xlim(0, seconds)
        if numbers:
            self.axes_[3].set_xlim(-0.5, len(numbers) - 0.5)
        fake, real = (plain(label) for label in found.labels)
        handles = [bar[0] for bar in self.ax_.containers if len(bar)]
        names = [
            f"speaks for {label}" for label, bar in zip([real, fake], self.ax_.containers, strict=True) if len(bar)
        ]
        self.ax_.legend(handles, names, loc="best", fontsize="small", ncols=2)
        return self

    def _draw_waveform(self, axes: Any) -> None:
        found = self.occlusion
        envelope = Envelope()
        envelope.push(found.waveform)
        columns = envelope.columns()
        times = np.arange(len(columns)) * envelope.step / found.sample_rate
        axes.fill_between(times, *columns.T, color=GREY, lw=0.5, step="post")
        axes.set(
            title=f"{file_title(found.name)}score {found.score:.2f}, and what parts add to it",
            ylabel="amplitude\n(full scale is 1)",
        )


def _draw_effects(axes: Any, parts: "list[Effect]", unit: float) -> None:
    """Draw a bar a part, no wider than from one to the next; coefficients stand on their numbers."""
    starts = np.array([part.start for part in parts]) / unit
    ends = np.array([part.end for part in parts]) / unit
    effects = np.nan_to_num(np.array([part.effect for part in parts]))
    is_number = unit == 1 and np.array_equal(ends - starts, np.ones(len(parts))) and (starts == starts.round()).all()
    widths = np.minimum(ends - starts, float(np.max(np.diff(starts))) if len(parts) > 1 else np.inf)
    middles = starts if is_number else (starts + ends) / 2
    for colour, is_shown, hatch in [(REAL, effects >= 0, None), (FAKE, effects < 0, "//")]:
        axes.bar(middles[is_shown], effects[is_shown], widths[is_shown], color=colour, hatch=hatch, edgecolor="white")
    axes.axhline(0, color="black", lw=0.8)
