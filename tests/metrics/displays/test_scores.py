import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression, LogisticRegression

from skvoicefake.metrics import ScoreDistributionDisplay, UpsideDownWarning, equal_error_rate


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_holds_the_scores_and_their_errors(labels_and_scores):
    y, scores = labels_and_scores
    display = ScoreDistributionDisplay.from_predictions(y, scores, threshold=1.0, bins=7)
    np.testing.assert_array_equal(display.positive_scores, scores[y == "real"])
    np.testing.assert_array_equal(display.negative_scores, scores[y == "fake"])
    np.testing.assert_allclose(display.bin_edges, np.linspace(scores.min(), scores.max(), 8))
    assert display.false_alarm_rate_ == np.mean(scores[y == "fake"] >= 1)
    assert display.miss_rate_ == np.mean(scores[y == "real"] < 1)
    assert display.line_.get_xdata()[0] == 1
    assert legend(display) == [
        f"fake: 200 clips, {100 * display.false_alarm_rate_:.3g}% called real",
        f"real: 100 clips, {100 * display.miss_rate_:.3g}% called fake",
        "threshold: 1",
    ]


def test_draws_shares_of_each_class_on_the_same_bins(labels_and_scores):
    y, scores = labels_and_scores
    display = ScoreDistributionDisplay.from_predictions(y, scores)
    display.figure_.canvas.draw()
    for bars, label in zip(display.bars_, ["fake", "real"], strict=True):
        heights, edges, _ = bars.get_data()
        np.testing.assert_array_equal(edges, display.bin_edges)
        assert heights.sum() == pytest.approx(100)
        np.testing.assert_allclose(heights, 100 * np.histogram(scores[y == label], edges)[0] / np.sum(y == label))
        assert heights.max() < 0.8 * display.ax_.get_ylim()[1], "no room for the legend"
    first, second = display.bars_
    assert first.get_hatch() != second.get_hatch()
    assert first.get_edgecolor() != second.get_edgecolor()
    assert first.get_linestyle() != second.get_linestyle()
    assert display.ax_.get_title() == "Scores of both classes"
    assert display.ax_.get_xlabel() == "score (rises towards real)"
    assert display.ax_.get_ylabel() == "clips of the class in a bar (%)"


def test_default_threshold_is_that_of_equal_errors(labels_and_scores):
    y, scores = labels_and_scores
    display = ScoreDistributionDisplay.from_predictions(y, scores)
    eer, threshold = equal_error_rate(y, scores, return_threshold=True)
    assert display.threshold == threshold
    assert abs(display.miss_rate_ - eer) < 0.01
    assert abs(display.false_alarm_rate_ - eer) < 0.01
    assert legend(display)[2] == f"threshold of equal errors: {threshold:.3g}"


def test_no_threshold_no_errors():
    display = ScoreDistributionDisplay(
        positive_scores=np.array([1.0, 2.0]), negative_scores=np.array([0.0]), bin_edges=np.linspace(0, 2, 3)
    ).plot()
    assert display.line_ is display.miss_rate_ is display.false_alarm_rate_ is None
    assert legend(display) == ["negative: 1 clips", "positive: 2 clips"]


@pytest.mark.parametrize(("n_clips", "n_bins"), [(20, 6), (3000, 29), (200_000, 60)])
def test_bars_are_as_many_as_the_clips_allow(n_clips, n_bins):
    y = np.arange(n_clips) % 2
    display = ScoreDistributionDisplay.from_predictions(y, np.linspace(0, 1, n_clips) + y)
    assert len(display.bin_edges) == n_bins + 1


@pytest.mark.parametrize(
    "scores", [[0.0, 0.0], [3.0, 3.0], [-5.0, -5.0], [1 - 1e-16, 1.0], [0.0, 5e-324], [-1e300, 1e300], [0.0, 1.0]]
)
def test_scores_of_any_spread(scores):
    display = ScoreDistributionDisplay.from_predictions([0, 1], scores)
    display.figure_.canvas.draw()
    assert (np.diff(display.bin_edges) > 0).all()
    assert [bars.get_data()[0].sum() for bars in display.bars_] == [100, 100]
    assert max(display.ax_.get_yticks()) <= 100


def test_from_estimator(labels_and_scores):
    y, scores = labels_and_scores
    X = scores[:, np.newaxis]
    classifier = LogisticRegression().fit(X, y)
    axes = Figure().subplots()
    display = ScoreDistributionDisplay.from_estimator(classifier, X, y, threshold=0, ax=axes)
    np.testing.assert_array_equal(display.positive_scores, classifier.decision_function(X[y == "real"]))
    assert display.miss_rate_ == np.mean(classifier.predict(X[y == "real"]) == "fake")
    assert display.ax_ is axes
    display = ScoreDistributionDisplay.from_estimator(
        classifier, X, y, threshold=0.5, response_method="predict_proba", pos_label="fake", bins=3
    )
    np.testing.assert_array_equal(display.positive_scores, classifier.predict_proba(X[y == "fake"])[:, 0])
    assert display.miss_rate_ == np.mean(classifier.predict(X[y == "fake"]) == "real")
    assert display.ax_.get_xlabel() == "score (rises towards fake)"


def test_a_reversed_detector_is_drawn_with_a_warning(labels_and_scores):
    y, scores = labels_and_scores
    with pytest.warns(UpsideDownWarning, match="upside down"):
        ScoreDistributionDisplay.from_predictions(y, -scores)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": np.nan}, "'threshold' parameter"),
        ({"threshold": "eer"}, "'threshold' parameter"),
        ({"bins": 0}, "'bins' parameter"),
        ({"bins": 2.5}, "'bins' parameter"),
        ({"pos_label": "spoof"}, "pos_label='spoof' is none"),
    ],
)
def test_errors(labels_and_scores, options, message):
    with pytest.raises(ValueError, match=message):
        ScoreDistributionDisplay.from_predictions(*labels_and_scores, **options)
    assert not plt.get_fignums()


def test_regression_is_refused(labels_and_scores):
    y, scores = labels_and_scores
    X = scores[:, np.newaxis]
    with pytest.raises(ValueError, match="Got LinearRegression instead"):
        ScoreDistributionDisplay.from_estimator(LinearRegression().fit(X, y == "real"), X, y)


def test_needs_matplotlib(labels_and_scores, no_matplotlib):
    with pytest.raises(ImportError, match="ScoreDistributionDisplay needs matplotlib: pip install"):
        ScoreDistributionDisplay.from_predictions(*labels_and_scores)
