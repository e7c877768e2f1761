"""The scores of both classes, and what a threshold makes of them."""

import math
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake._plotting import COLOURS, import_pyplot, new_axes, percent, plain
from skvoicefake.metrics._displays._responses import response
from skvoicefake.metrics._inputs import check_clips, warn_if_upside_down
from skvoicefake.metrics._ranking import equal_errors

BINS = Interval(Integral, 1, 10_000, closed="both")


class ScoreDistributionDisplay:
    """Histograms of the scores of both classes, with a threshold and its errors.

    Bars are shares of their own class, so that a rare class is as tall as a
    frequent one.

    Make one by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    positive_scores, negative_scores : ndarray of shape (n,)
        Scores of the class that scores rise towards, and of the other.
    bin_edges : ndarray of shape (n_bins + 1,)
        Where the bars begin and end, the same for both classes.
    threshold : float, default=None
        Scores from here up are called `pos_label`; None draws no threshold.
    pos_label, neg_label : label, default="positive", "negative"
        What to call the classes.
    threshold_name : str, default="threshold"
        What to call the threshold in the legend.

    Attributes
    ----------
    miss_rate_, false_alarm_rate_ : float or None
        Share of the positive class below the threshold, and of the negative
        class from it up.
    ax_ : matplotlib Axes
        Axes with the histograms.
    figure_ : matplotlib Figure
        Figure with the axes.
    bars_ : list of matplotlib Patch
        The outlines of the negative and the positive class.
    line_ : matplotlib Line2D or None
        The threshold.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.metrics import ScoreDistributionDisplay
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["fake", "real"], [900, 100])
    >>> scores = rng.normal(size=1000) + 3 * (y == "real")
    >>> display = ScoreDistributionDisplay.from_predictions(y, scores, threshold=1.5)
    >>> round(display.false_alarm_rate_, 2), round(display.miss_rate_, 2)
    (0.05, 0.1)
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        positive_scores: NDArray[np.float64],
        negative_scores: NDArray[np.float64],
        bin_edges: NDArray[np.float64],
        threshold: float | None = None,
        pos_label: Any = "positive",
        neg_label: Any = "negative",
        threshold_name: str = "threshold",
    ) -> None:
        self.positive_scores = positive_scores
        self.negative_scores = negative_scores
        self.bin_edges = bin_edges
        self.threshold = threshold
        self.pos_label = pos_label
        self.neg_label = neg_label
        self.threshold_name = threshold_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        threshold: float | None = None,
        bins: int | None = None,
        response_method: str = "auto",
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the scores of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes, or a pipeline or search that ends
            with one.
        X : sequence of clips, or array-like
            What the estimator takes.
        y : array-like of shape (n_clips,)
            True labels.
        threshold : float, default=None
            Scores from here up are called `pos_label`. None is the threshold
            of equal errors. ``predict`` of most classifiers works at 0 of
            ``decision_function``, or 0.5 of ``predict_proba``.
        bins : int, default=None
            Bars between the lowest and the highest score; None is twice the
            cube root of the number of clips, 60 at most.
        response_method : {"auto", "decision_function", "predict_proba"}, default="auto"
            Where scores come from; "auto" takes the first that there is.
        pos_label : label, default=None
            The class that scores are to rise towards; None is ``classes_[1]``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ScoreDistributionDisplay

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
        return cls.from_predictions(y, scores, threshold=threshold, bins=bins, pos_label=pos_label, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        threshold: float | None = None,
        bins: int | None = None,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw scores.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            Labels of two classes.
        y_score : array-like of shape (n_clips,)
            Scores that rise towards `pos_label`.
        threshold : float, default=None
            Scores from here up are called `pos_label`. None is the threshold
            of equal errors.
        bins : int, default=None
            Bars between the lowest and the highest score; None is twice the
            cube root of the number of clips, 60 at most.
        pos_label : label, default=None
            The class that scores rise towards; None is the greater label.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ScoreDistributionDisplay

        Raises
        ------
        ValueError
            If labels and scores are not as `equal_error_rate` wants them, or
            `threshold` or `bins` makes no sense.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        validate_parameter_constraints(
            {"threshold": [Interval(Real, None, None, closed="neither"), None], "bins": [BINS, None]},
            {"threshold": threshold, "bins": bins},
            f"{cls.__name__}.from_predictions",
        )
        clips = check_clips(y_true, y_score, pos_label, None)
        sample = clips.sample()
        warn_if_upside_down(sample)
        negative, positive = clips.classes
        display = cls(
            positive_scores=clips.scores[clips.is_positive],
            negative_scores=clips.scores[~clips.is_positive],
            bin_edges=_bin_edges(clips.scores, bins),
            threshold=equal_errors(sample)[1] if threshold is None else threshold,
            pos_label=positive,
            neg_label=negative,
            threshold_name="threshold of equal errors" if threshold is None else "threshold",
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the histograms.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        self : ScoreDistributionDisplay
        """
        self.figure_, self.ax_ = new_axes(type(self).__name__, ax)
        self.miss_rate_ = self.false_alarm_rate_ = self.line_ = None
        negative, positive = plain(self.neg_label), plain(self.pos_label)
        names = [f"{negative}: {len(self.negative_scores):,} clips", f"{positive}: {len(self.positive_scores):,} clips"]
        if self.threshold is not None:
            self.miss_rate_ = float(np.mean(self.positive_scores < self.threshold))
            self.false_alarm_rate_ = float(np.mean(self.negative_scores >= self.threshold))
            names[0] += f", {percent(self.false_alarm_rate_)} called {positive}"
            names[1] += f", {percent(self.miss_rate_)} called {negative}"
        looks: list[dict[str, Any]] = [
            {"edgecolor": COLOURS[1], "facecolor": (COLOURS[1], 0.12), "hatch": "////", "linestyle": "--"},
            {"edgecolor": COLOURS[0], "facecolor": (COLOURS[0], 0.12), "hatch": "....", "linestyle": "-"},
        ]
        self.bars_ = []
        tallest = 0.0
        for scores, name, look in zip([self.negative_scores, self.positive_scores], names, looks, strict=True):
            shares = 100 * np.histogram(scores, self.bin_edges)[0] / len(scores)
            tallest = max(tallest, shares.max())
            self.bars_.append(self.ax_.stairs(shares, self.bin_edges, fill=True, lw=1.2, label=name, **look))
        if self.threshold is not None:
            label = f"{plain(self.threshold_name)}: {self.threshold:.3g}"
            self.line_ = self.ax_.axvline(self.threshold, color="black", lw=1.4, ls="-.", label=label)
        self.ax_.set(
            title="Scores of both classes",
            xlabel=f"score (rises towards {positive})",
            ylabel="clips of the class in a bar (%)",
            ylim=(0, 1.35 * tallest),  # Room for the legend.
        )
        self.ax_.set_yticks([tick for tick in self.ax_.get_yticks() if tick <= 100])
        self.ax_.legend(loc="upper center", fontsize="small", framealpha=1)
        return self


def _bin_edges(scores: NDArray[np.float64], bins: int | None) -> NDArray[np.float64]:
    if bins is None:
        bins = min(60, math.ceil(2 * len(scores) ** (1 / 3)))
    least, most = float(np.min(scores)), float(np.max(scores))
    # No bars are thin enough for scores that differ by rounding alone.
    if most - least < 1e-9 * max(abs(least), abs(most), 1e-300):
        slack = 0.5 * max(abs(least), abs(most)) or 0.5
        least, most = least - slack, most + slack
    return np.linspace(least, most, bins + 1)
