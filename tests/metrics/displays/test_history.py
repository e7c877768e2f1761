import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skvoicefake.metrics import TrainingHistoryDisplay

HISTORY = {
    "loss": [0.7, 0.4, 0.2],
    "val_loss": [0.7, 0.5, 0.6],
    "accuracy": [0.5, 0.8, 1.0],
    "val_accuracy": [0.5, 0.75, 0.7],
}


class Remembering(ClassifierMixin, BaseEstimator):
    """A classifier whose training leaves a history, and takes no time."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.history_ = HISTORY
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_draws_loss_and_accuracy():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    display.figure_.canvas.draw()
    assert display.history is HISTORY
    assert display.best_epoch_ == 2
    assert display.ax_ is display.axes_[0]
    for key, values in HISTORY.items():
        x, y = display.lines_[key].get_data()
        np.testing.assert_array_equal(x, [1, 2, 3])
        np.testing.assert_allclose(y, np.multiply(values, 100) if "accuracy" in key else values)
    assert [axes.get_ylabel() for axes in display.axes_] == ["loss", "accuracy (%)"]
    assert display.axes_[1].get_xlabel() == "epoch"
    assert display.ax_.get_title() == "Training history"
    assert legend(display.ax_) == ["training clips", "clips held back", "best epoch: 2 (loss 0.5)"]
    for look in ("get_color", "get_linestyle", "get_marker"):
        assert getattr(display.lines_["loss"], look)() != getattr(display.lines_["val_loss"], look)()


def test_low_and_high_accuracies_are_inside_the_axes():
    for accuracy, bottom in (([0.3, 0.5], 30), ([0.97, 0.99], 90)):
        axes = TrainingHistoryDisplay.from_history({"loss": [0.7, 0.4], "accuracy": accuracy}).axes_[1]
        low, high = axes.get_ylim()
        assert bottom - 2 < low <= bottom
        assert high > 100
        plt.close("all")


def test_no_epoch_is_best_by_the_training_clips():
    display = TrainingHistoryDisplay.from_history({"loss": [0.7, 0.4]})
    assert display.best_epoch_ is None
    assert legend(display.ax_) == ["training clips"]
    assert len(display.axes_) == 1


@pytest.mark.parametrize(("losses", "best"), [([np.nan, 0.5, 0.4], 3), ([0.1, np.nan, 0.4], 1), ([np.nan] * 3, None)])
def test_epochs_that_diverged_are_not_the_best(losses, best):
    display = TrainingHistoryDisplay.from_history({"loss": [1, 2, 3], "val_loss": losses})
    display.figure_.canvas.draw()
    assert display.best_epoch_ == best


def test_one_epoch_is_a_point_on_a_whole_number():
    display = TrainingHistoryDisplay.from_history({key: values[:1] for key, values in HISTORY.items()})
    display.figure_.canvas.draw()
    assert [tick for tick in display.ax_.get_xticks() if 0.5 <= tick <= 1.5] == [1]
    assert display.lines_["loss"].get_marker() != display.lines_["val_loss"].get_marker()


def test_axes_can_be_given():
    figure = Figure()
    pair = figure.subplots(2)
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=pair)
    assert display.axes_ == list(pair)
    assert display.figure_ is figure
    alone = Figure().subplots()
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=alone)
    assert display.axes_ == [alone]
    assert set(display.lines_) == {"loss", "val_loss"}
    assert alone.get_xlabel() == "epoch"
    assert not plt.get_fignums()


def test_finds_the_history_inside():
    X, y = np.zeros((8, 1)), np.tile([0, 1], 4)
    pipeline = make_pipeline(FunctionTransformer(), Remembering())
    for estimator in (
        Remembering().fit(X, y),
        pipeline.fit(X, y),
        GridSearchCV(pipeline, {"functiontransformer__validate": [False]}, cv=2).fit(X, y),
        FixedThresholdClassifier(Remembering()).fit(X, y),
    ):
        display = TrainingHistoryDisplay.from_estimator(estimator, ax=Figure().subplots(2))
        assert display.history == HISTORY


@pytest.mark.slow
def test_of_a_network_in_a_search():
    from skvoicefake import CNNLSTMClassifier

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 8, 2)), np.repeat(["fake", "real"], 20)
    network = CNNLSTMClassifier(filters=2, lstm_units=2, dense_units=2, epochs=3, random_state=0)
    search = GridSearchCV(make_pipeline(FunctionTransformer(), network), {}, cv=2).fit(X, y)
    display = TrainingHistoryDisplay.from_estimator(search)
    display.figure_.canvas.draw()
    history = search.best_estimator_[-1].history_
    assert display.history == history
    assert set(display.lines_) == {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert display.best_epoch_ == 1 + history["val_loss"].index(min(history["val_loss"]))


def test_estimators_without_a_history():
    X, y = np.arange(8.0)[:, np.newaxis], np.repeat([0, 1], 4)
    for estimator in (SVC().fit(X, y), GridSearchCV(SVC(), {}, cv=2).fit(X, y)):
        with pytest.raises(ValueError, match=r"expected a fitted CNNLSTMClassifier.*; SVC keeps no history_"):
            TrainingHistoryDisplay.from_estimator(estimator)
    unrefitted = GridSearchCV(Remembering(), {}, cv=2, refit=False).fit(X, y)
    with pytest.raises(ValueError, match=r"refitted search.*; GridSearchCV keeps no history_"):
        TrainingHistoryDisplay.from_estimator(unrefitted)
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(Remembering())
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(make_pipeline(FunctionTransformer(), Remembering()))


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "expected the 'loss' of one epoch or more"),
        ({"loss": []}, "expected the 'loss' of one epoch or more"),
        ({"loss": [1, 2], "val_loss": [1]}, "2 epochs of 'loss', but 1 of 'val_loss'"),
        ({"loss": [1, 2], "accuracy": [1, 1, 1]}, "2 epochs of 'loss', but 3 of 'accuracy'"),
    ],
)
def test_histories_that_are_none(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingHistoryDisplay.from_history(history)
    assert not plt.get_fignums()


def test_needs_matplotlib(no_matplotlib):
    with pytest.raises(ImportError, match="TrainingHistoryDisplay needs matplotlib: pip install"):
        TrainingHistoryDisplay.from_history(HISTORY)
    with pytest.raises(ImportError, match="TrainingHistoryDisplay needs matplotlib: pip install"):
        TrainingHistoryDisplay.from_estimator(None)
