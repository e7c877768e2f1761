"""How training went."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skvoicefake._plotting import GREY, import_pyplot, line_style, new_axes


class TrainingHistoryDisplay:
    """Loss and accuracy of every epoch, on training clips and on clips held back.

    The best epoch is that of the lowest loss on the clips held back, whose
    weights early stopping keeps. Where no clips were held back, none is marked:
    the loss on training clips falls even where the network learns by heart.

    Make one by `from_estimator` or `from_history`.

    Parameters
    ----------
    history : dict of str to list of float
        "loss", and if known "accuracy", "val_loss" and "val_accuracy", of every
        epoch.

    Attributes
    ----------
    best_epoch_ : int or None
        Counted from 1.
    axes_ : list of matplotlib Axes
        Axes with the loss and, if there is one, with the accuracy.
    ax_ : matplotlib Axes
        The first of `axes_`.
    figure_ : matplotlib Figure
        Figure with the axes.
    lines_ : dict of str to matplotlib Line2D
        The lines, by their key in `history`.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.metrics import TrainingHistoryDisplay
    >>> history = {"loss": [0.7, 0.4, 0.2], "val_loss": [0.7, 0.5, 0.6]}
    >>> display = TrainingHistoryDisplay.from_history(history)
    >>> display.best_epoch_
    2
    >>> plt.close(display.figure_)
    """

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~skvoicefake.CNNLSTMClassifier` (or anything with a
            `history_` like its own), or a pipeline or search that ends with one.
        ax : matplotlib Axes or sequence of two, default=None
            Where to draw; None makes a new figure. One alone gets the loss.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If it keeps no history of its training.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        check_is_fitted(estimator)
        last = estimator
        while (inner := _inside(last)) is not None:
            last = inner
        if not hasattr(last, "history_"):
            raise ValueError(
                f"{cls.__name__} expected a fitted CNNLSTMClassifier, or a pipeline or refitted search that ends with"
                f" one; {type(last).__name__} keeps no history_ of its training."
            )
        return cls.from_history(last.history_, ax=ax)

    @classmethod
    def from_history(cls, history: Mapping[str, Sequence[float]], *, ax: Any = None) -> Self:
        """Draw a history.

        Parameters
        ----------
        history : dict of str to list of float
            As ``history_`` of a classifier, or ``history`` of what
            ``keras.Model.fit`` returns.
        ax : matplotlib Axes or sequence of two, default=None
            Where to draw; None makes a new figure. One alone gets the loss.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        ValueError
            If there is no "loss", or lists differ in length.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        return cls(history).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw loss and accuracy.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of two, default=None
            Where to draw; None makes a new figure. One alone gets the loss.

        Returns
        -------
        self : TrainingHistoryDisplay
        """
        kinds = _kinds(self.history)
        if ax is None:
            self.figure_, new = new_axes(
                type(self).__name__, size=(6.0, 2.9 * len(kinds)), nrows=len(kinds), sharex=True, squeeze=False
            )
            self.axes_ = list(new[:, 0])
        else:
            self.axes_ = list(np.atleast_1d(ax))[: len(kinds)]
            self.figure_ = self.axes_[0].figure
        self.ax_ = self.axes_[0]
        n_epochs = len(self.history["loss"])
        epochs = np.arange(1, n_epochs + 1)
        held_back = self.history.get("val_loss")
        is_judged = held_back is not None and np.isfinite(held_back).any()
        self.best_epoch_ = int(np.nanargmin(np.asarray(held_back))) + 1 if is_judged else None
        self.lines_ = {}
        for axes, kind in zip(self.axes_, kinds, strict=False):
            for position, (key, whose) in enumerate([(kind, "training clips"), (f"val_{kind}", "clips held back")]):
                if key in self.history:
                    values = np.asarray(self.history[key]) * (100 if kind == "accuracy" else 1)
                    (self.lines_[key],) = axes.plot(
                        epochs,
                        values,
                        **line_style(position),
                        markersize=4,
                        markevery=max(1, n_epochs // 25),
                        label=whose,
                    )
            if held_back is not None and self.best_epoch_ is not None:
                label = f"best epoch: {self.best_epoch_} (loss {held_back[self.best_epoch_ - 1]:.3g})"
                axes.axvline(self.best_epoch_, color=GREY, lw=1.2, ls=":", label=label, zorder=1)
            axes.set(ylabel="accuracy (%)" if kind == "accuracy" else "loss", xlim=(0.5, n_epochs + 0.5))
            if kind == "accuracy":
                axes.set_ylim(min(axes.get_ylim()[0], 90), 101.5)
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        self.ax_.set_title("Training history")
        self.ax_.legend(loc="best", fontsize="small")
        self.axes_[-1].set_xlabel("epoch")
        return self


def _inside(estimator: Any) -> Any:
    """Return the estimator that a search or pipeline hands its clips to, or None."""
    if hasattr(estimator, "history_"):
        return None
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", getattr(estimator, "estimator_", None))


def _kinds(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Check a history; return what there is of loss and accuracy."""
    if "loss" not in history or not len(history["loss"]):
        raise ValueError(f"history expected the 'loss' of one epoch or more, got {dict(history)}.")
    kinds = [kind for kind in ("loss", "accuracy") if kind in history]
    for key in [*kinds, *(f"val_{kind}" for kind in kinds)]:
        if key in history and len(history[key]) != len(history["loss"]):
            raise ValueError(
                f"history has {len(history['loss'])} epochs of 'loss', but {len(history[key])} of {key!r}."
                " Give every list a value an epoch."
            )
    return kinds
