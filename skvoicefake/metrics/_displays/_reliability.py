"""Whether probabilities mean what they say."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake._plotting import GREY, import_pyplot, line_style, new_axes, plain, shortened
from skvoicefake.metrics._displays._responses import response
from skvoicefake.metrics._inputs import check_clips

LEVEL = Interval(Real, 0, 1, closed="neither")
# The strip below zero that holds the histogram of predictions.
STRIP_TOP, STRIP_BOTTOM = -0.04, -0.26
MOST_NUMBERS = 12  # that have room side by side


class ReliabilityDisplay:
    """Predicted probabilities against what was observed.

    Clips are put in bins by their predicted probability of `pos_label`. A
    point a bin shows the mean prediction and the share of the clips that are
    `pos_label`, with Wilson's interval [1]_ of that share. Points on the
    diagonal mean what they say. The strip below holds the histogram of the
    predictions; numbers are clips a bin.

    Make one by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    mean_predictions, observed_shares : ndarray of shape (n_bins,)
        Mean prediction and share of `pos_label` in every bin, NaN in empty ones.
    low, high : ndarray of shape (n_bins,)
        Confidence interval of `observed_shares`.
    counts : ndarray of shape (n_bins,)
        Clips a bin.
    bin_edges : ndarray of shape (n_bins + 1,)
        Where bins begin and end.
    pos_label : label, default=None
        The class whose probability it is.
    name : str, default=None
        What to call the system in the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.
    figure_ : matplotlib Figure
        Figure with the axes.
    line_ : matplotlib Line2D
        The points.
    intervals_ : matplotlib LineCollection
        Their intervals.

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical
       inference", Journal of the American Statistical Association, 1927.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.metrics import ReliabilityDisplay
    >>> rng = np.random.default_rng(0)
    >>> probabilities = rng.uniform(size=1000)
    >>> y = np.where(rng.uniform(size=1000) < probabilities, "real", "fake")
    >>> display = ReliabilityDisplay.from_predictions(y, probabilities, n_bins=5)
    >>> display.counts.tolist()
    [193, 180, 208, 207, 212]
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        mean_predictions: NDArray[np.float64],
        observed_shares: NDArray[np.float64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        counts: NDArray[np.int64],
        bin_edges: NDArray[np.float64],
        pos_label: Any = None,
        name: str | None = None,
    ) -> None:
        self.mean_predictions = mean_predictions
        self.observed_shares = observed_shares
        self.low = low
        self.high = high
        self.counts = counts
        self.bin_edges = bin_edges
        self.pos_label = pos_label
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        n_bins: int = 10,
        confidence_level: float = 0.95,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the reliability of a fitted classifier's ``predict_proba``.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes, or a pipeline or search that ends
            with one.
        X : sequence of clips, or array-like
            What the estimator takes.
        y : array-like of shape (n_clips,)
            True labels.
        n_bins : int, default=10
            Bins of equal width between 0 and 1.
        confidence_level : float, default=0.95
            Of the intervals.
        pos_label : label, default=None
            The class whose probability to look at; None is ``classes_[1]``.
        name : str, default=None
            What to call the system in the legend; None is the estimator's class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to the `plot` method of the axes.

        Returns
        -------
        display : ReliabilityDisplay

        Raises
        ------
        AttributeError
            If the estimator has no ``predict_proba``.
        ValueError
            If it is no classifier of two classes.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        probabilities, pos_label = response(estimator, X, "predict_proba", pos_label)
        return cls.from_predictions(
            y,
            probabilities,
            n_bins=n_bins,
            confidence_level=confidence_level,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_prob: ArrayLike,
        *,
        n_bins: int = 10,
        confidence_level: float = 0.95,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the reliability of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            Labels of two classes.
        y_prob : array-like of shape (n_clips,)
            Predicted probabilities of `pos_label`, from 0 to 1.
        n_bins : int, default=10
            Bins of equal width between 0 and 1.
        confidence_level : float, default=0.95
            Of the intervals.
        pos_label : label, default=None
            The class whose probability it is; None is the greater label.
        name : str, default=None
            What to call the system in the legend.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to the `plot` method of the axes.

        Returns
        -------
        display : ReliabilityDisplay

        Raises
        ------
        ValueError
            If labels are not of two classes, something is no probability, or a
            parameter makes no sense.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        validate_parameter_constraints(
            {"n_bins": [Interval(Integral, 1, None, closed="left")], "confidence_level": [LEVEL]},
            {"n_bins": n_bins, "confidence_level": confidence_level},
            f"{cls.__name__}.from_predictions",
        )
        clips = check_clips(y_true, y_prob, pos_label, None)
        is_positive, probabilities = clips.is_positive, clips.scores
        least, most = float(np.min(probabilities)), float(np.max(probabilities))
        if least < 0 or most > 1:
            raise ValueError(
                f"{cls.__name__} expected probabilities from 0 to 1, got {least:.3g} to {most:.3g}."
                " Pass predict_proba(X)[:, 1]; calibrate other scores first."
            )
        edges = np.linspace(0, 1, n_bins + 1)
        # As scikit-learn's calibration_curve: the upper edge belongs to its bin.
        bins = np.searchsorted(edges[1:-1], probabilities)
        counts = np.bincount(bins, minlength=n_bins)
        n = np.where(counts, counts, np.nan)
        shares = np.bincount(bins, is_positive, n_bins) / n
        low, high = wilson_interval(shares, n, confidence_level)
        display = cls(
            mean_predictions=np.bincount(bins, probabilities, n_bins) / n,
            observed_shares=shares,
            low=low,
            high=high,
            counts=counts,
            bin_edges=edges,
            pos_label=clips.classes[1],
            name=name,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw points, intervals and histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, also beside other systems, which leaves the numbers
            of clips out; None makes a new figure.
        name : str, default=None
            What to call the system in the legend; None is `name`.
        **kwargs : dict
            Passed to the `plot` method of the axes. The intervals and the histogram
            have the colour of the points.

        Returns
        -------
        self : ReliabilityDisplay

        Raises
        ------
        ValueError
            If the axes show the probability of another class.
        """
        self.figure_, self.ax_ = new_axes(type(self).__name__, ax, size=(5.2, 5.4))
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        ax = self.ax_
        of = "" if self.pos_label is None else f" of {plain(self.pos_label)}"
        xlabel = f"predicted probability{of}"
        n_before = sum(line.get_gid() == "reliability" for line in ax.lines)
        if n_before and ax.get_xlabel() != xlabel:
            raise ValueError(
                f"The axes show the {ax.get_xlabel()}, this display the {xlabel}. Give both one pos_label."
            )
        if not n_before:
            ax.plot([0, 1], [0, 1], color=GREY, lw=0.9, ls=":", label="perfectly reliable")
            ax.axhline(0, color="black", lw=0.8)
        label = shortened((self.name if name is None else name) or "observed")
        style = {**line_style(n_before), "linewidth": 1.2, "label": label, "zorder": 3, "clip_on": False}
        style |= normalize_kwargs(kwargs, Line2D)
        (self.line_,) = ax.plot(self.mean_predictions, self.observed_shares, **style)
        self.line_.set_gid("reliability")
        colour = self.line_.get_color()
        self.intervals_ = ax.vlines(self.mean_predictions, self.low, self.high, color=colour, lw=1.2, clip_on=False)
        tops = STRIP_BOTTOM + self.counts / np.max(self.counts) * (STRIP_TOP - STRIP_BOTTOM - 0.05)
        ax.stairs(tops, self.bin_edges, baseline=STRIP_BOTTOM, color=colour, ls=style["linestyle"], lw=1.1, fill=False)
        for text in [text for text in ax.texts if text.get_gid() == "reliability counts"]:
            text.remove()
        if not n_before and len(tops) <= MOST_NUMBERS:
            style = {"ha": "center", "va": "bottom", "fontsize": "x-small", "gid": "reliability counts"}
            for left, right, top, count in zip(self.bin_edges, self.bin_edges[1:], tops, self.counts, strict=False):
                ax.text((left + right) / 2, top + 0.008, f"{count:,}" if count else "", **style)
        ticks = np.linspace(0, 1, 6)
        ax.set(
            title="Reliability",
            xlabel=xlabel,
            xlim=(0, 1),
            ylim=(STRIP_BOTTOM, 1.02),
            xticks=ticks,
            yticks=[*ticks, (STRIP_TOP + STRIP_BOTTOM) / 2],
            yticklabels=[*(f"{tick:.1f}" for tick in ticks), "clips"],
        )
        ax.set_ylabel(f"observed share{of}", y=0.6)
        ax.legend(loc="upper left", fontsize="small")
        return self


def wilson_interval(
    shares: NDArray[np.float64], n: NDArray[np.float64], confidence_level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits of Wilson's score interval of shares among n each."""
    z = norm.ppf((1 + confidence_level) / 2)
    centre = (shares + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(shares * (1 - shares) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
