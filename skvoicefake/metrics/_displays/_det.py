"""The DET curve: both errors against one another, over all thresholds, on axes of normal deviates."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from skvoicefake._plotting import GREY, import_pyplot, line_style, new_axes, percent, plain, shortened
from skvoicefake.metrics._displays._responses import response
from skvoicefake.metrics._inputs import check_clips, warn_if_upside_down

TICKS = np.array([0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 90, 95, 99]) / 100
# Where the axes may begin: at the first of these that lies below the smallest rate drawn.
EDGES = np.array([1, 0.1, 0.01, 0.001]) / 100
# Curves end at 60 %, as is the custom, unless a system is so poor that there would be little left of its curve.
USUAL_END, POOR, POOR_END = 0.6, 0.2, 0.99


class DETDisplay:
    """Detection error tradeoff (DET) curve.

    The share of one class that passes as the other (false alarms) against the
    share of the other that is missed, a point a threshold, on axes that are
    linear in normal deviates [1]_: where the scores of both classes are
    normally distributed, the curve is a straight line. The nearer to the lower
    left corner, the better. The point of equal errors is marked.

    Make one by `from_estimator` or `from_predictions`. Several systems go on
    one axis by passing the `ax_` of the first to the others.

    Parameters
    ----------
    false_alarm_rates, miss_rates : ndarray of shape (n_thresholds,)
        As returned by :func:`~skvoicefake.metrics.det_curve`.
    eer : float, default=None
        Equal error rate; None marks none.
    name : str, default=None
        What to call the system in the legend.
    pos_label, neg_label : label, default=None
        The class that scores rise towards, and the other one.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curve.
    figure_ : matplotlib Figure
        Figure with the axes.
    line_ : matplotlib Line2D
        The curve, in normal deviates.
    eer_point_ : matplotlib Line2D or None
        The point of equal errors.

    References
    ----------
    .. [1] Martin et al., "The DET curve in assessment of detection task
       performance", Eurospeech 1997.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.metrics import DETDisplay
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["fake", "real"], 500)
    >>> scores = rng.normal(size=1000) + 3 * (y == "real")
    >>> display = DETDisplay.from_predictions(y, scores, name="first system")
    >>> second = DETDisplay.from_predictions(y, scores + rng.normal(size=1000), name="second", ax=display.ax_)
    >>> display.ax_.get_xlabel()
    'False alarms: fake called real (%)'
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        false_alarm_rates: NDArray[np.float64],
        miss_rates: NDArray[np.float64],
        eer: float | None = None,
        name: str | None = None,
        pos_label: Any = None,
        neg_label: Any = None,
    ) -> None:
        self.false_alarm_rates = false_alarm_rates
        self.miss_rates = miss_rates
        self.eer = eer
        self.name = name
        self.pos_label = pos_label
        self.neg_label = neg_label

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        response_method: str = "auto",
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the DET curve of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes, or a pipeline or search that ends
            with one.
        X : sequence of clips, or array-like
            What the estimator takes.
        y : array-like of shape (n_clips,)
            True labels.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the clips.
        response_method : {"auto", "decision_function", "predict_proba"}, default="auto"
            Where scores come from; "auto" takes the first that there is.
        pos_label : label, default=None
            The class that scores are to rise towards; None is ``classes_[1]``.
        name : str, default=None
            What to call the system in the legend; None is the estimator's class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to the `plot` method of the axes.

        Returns
        -------
        display : DETDisplay

        Raises
        ------
        ValueError
            If the estimator is no classifier of two classes, or labels and
            scores are not as `equal_error_rate` wants them.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        scores, pos_label = response(estimator, X, response_method, pos_label)
        return cls.from_predictions(
            y,
            scores,
            sample_weight=sample_weight,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the DET curve of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            Labels of two classes.
        y_score : array-like of shape (n_clips,)
            Scores that rise towards `pos_label`.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the clips.
        pos_label : label, default=None
            The class that scores rise towards; None is the greater label.
        name : str, default=None
            What to call the system in the legend.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to the `plot` method of the axes.

        Returns
        -------
        display : DETDisplay

        Raises
        ------
        ValueError
            If labels and scores are not as `equal_error_rate` wants them.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        sample = check_clips(y_true, y_score, pos_label, sample_weight).sample()
        warn_if_upside_down(sample)
        false_alarms, misses = sample.rates
        negative, positive = sample.classes
        display = cls(
            false_alarm_rates=false_alarms,
            miss_rates=misses,
            eer=sample.crossing[0],
            name=name,
            pos_label=positive,
            neg_label=negative,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw the curve.

        Rates of zero have no normal deviate. They are drawn on the edge of the
        axes, whose tick says so by "≤".

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, also beside other systems; None makes a new figure.
        name : str, default=None
            What to call the system in the legend; None is `name`.
        **kwargs : dict
            Passed to the `plot` method of the axes.

        Returns
        -------
        self : DETDisplay

        Raises
        ------
        ValueError
            If the axes show systems whose scores rise towards another class.
        """
        self.figure_, self.ax_ = new_axes(type(self).__name__, ax, size=(5.2, 5.2))
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        curves = [line for line in self.ax_.lines if line.get_gid() == "det curve"]
        xlabel = self._axis_label("False alarms", self.neg_label, self.pos_label)
        if curves and self.ax_.get_xlabel() != xlabel:
            raise ValueError(
                f"The axes show {self.ax_.get_xlabel()!r}, this curve {xlabel!r}. Give all systems the same pos_label."
            )
        # The legend shows the marker, though the curve has it at its point of equal errors alone.
        style = {**line_style(len(curves)), "markevery": [], "markersize": 8, "markeredgecolor": "white"}
        label = shortened((self.name if name is None else name) or "")
        if self.eer is not None:
            label = f"{label} (EER {percent(self.eer)})" if label else f"EER {percent(self.eer)}"
        style |= {"linewidth": 1.6, "label": label or "_", **normalize_kwargs(kwargs, Line2D)}
        (self.line_,) = self.ax_.plot([], [], **style)
        self.line_.set_gid("det curve")
        self.line_.rates = np.array([self.false_alarm_rates, self.miss_rates])
        self.eer_point_ = None
        if self.eer is not None:
            point = {"color": self.line_.get_color(), "marker": self.line_.get_marker(), "gid": "det eer"}
            (self.eer_point_,) = self.ax_.plot(
                [], [], linestyle="none", markersize=8, markeredgecolor="white", clip_on=False, zorder=3, **point
            )
            self.eer_point_.rates = np.full((2, 1), self.eer)
        self._fit_axes()
        return self

    def _fit_axes(self) -> None:
        """Choose limits that suit all systems on the axes, and draw all rates beyond them on the edge."""
        ax = self.ax_
        lines = [line for line in ax.lines if hasattr(line, "rates")]
        every = np.concatenate([line.rates.ravel() for line in lines])
        smallest = every[every > 0].min(initial=1.0)
        start = next((edge for edge in EDGES if edge < smallest), EDGES[-1])
        end = POOR_END if any(line.get_gid() == "det eer" and line.rates.max() > POOR for line in lines) else USUAL_END
        first, last = norm.ppf([start, end])
        limits = (first - 0.015 * (last - first), last)  # What lies on the edge stays clear of the frame.
        for line in lines:
            # Curves run out of the axes, points stay inside.
            deviates = norm.ppf(line.rates.clip(start, end if line.get_gid() == "det eer" else 1 - 1e-6))
            # Half a million steps on a page: those that share a hair's breadth are one.
            cells = np.round(deviates * 1000)
            keep = np.append(True, (np.diff(cells, axis=1) != 0).any(axis=0))
            keep[-1] = True
            line.set_data(*deviates[:, keep])
        ticks = [start]
        for tick in TICKS[(start < TICKS) & (end >= TICKS)]:
            if norm.ppf(tick) - norm.ppf(ticks[-1]) > 0.055 * (last - first):
                ticks.append(tick)
        labels = [f"{100 * tick:g}" for tick in ticks]
        labels[0] = f"≤{labels[0]}"
        places = norm.ppf(ticks)
        ax.set(xlim=limits, ylim=limits, xticks=places, yticks=places, xticklabels=labels, yticklabels=labels)
        ax.set(
            title="Detection error tradeoff",
            xlabel=self._axis_label("False alarms", self.neg_label, self.pos_label),
            ylabel=self._axis_label("Misses", self.pos_label, self.neg_label),
            aspect="equal",
        )
        ax.grid(visible=True, color="0.9", lw=0.6)
        ax.set_axisbelow(True)
        diagonals = [line for line in ax.lines if line.get_gid() == "det diagonal"]
        if not diagonals:
            diagonals = [ax.axline((0, 0), slope=1, color=GREY, lw=0.8, ls=":", zorder=1, label="equal errors")]
            diagonals[0].set_gid("det diagonal")
        curves = [line for line in lines if line.get_gid() == "det curve" and not line.get_label().startswith("_")]
        ax.legend(handles=[*curves, *diagonals], loc="upper right", fontsize="small" if len(curves) < 5 else "x-small")

    @staticmethod
    def _axis_label(error: str, is_label: Any, called: Any) -> str:
        return f"{error} (%)" if is_label is None else f"{error}: {plain(is_label)} called {plain(called)} (%)"
