import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from skvoicefake.metrics import ReliabilityDisplay


@pytest.fixture
def labels_and_probabilities():
    rng = np.random.default_rng(0)
    probabilities = rng.beta(0.5, 0.5, size=500)
    return np.where(rng.uniform(size=500) < probabilities, "real", "fake"), probabilities


def written(display):
    return [text.get_text() for text in display.ax_.texts]


@pytest.mark.parametrize("n_bins", [1, 5, 10, 200])
def test_holds_what_scikit_learn_gives(labels_and_probabilities, n_bins):
    y, probabilities = labels_and_probabilities
    display = ReliabilityDisplay.from_predictions(y, probabilities, n_bins=n_bins)
    shares, means = calibration_curve(y, probabilities, pos_label="real", n_bins=n_bins)
    filled = display.counts > 0
    np.testing.assert_allclose(display.observed_shares[filled], shares)
    np.testing.assert_allclose(display.mean_predictions[filled], means)
    assert np.isnan(display.observed_shares[~filled]).all()
    assert display.counts.sum() == 500
    assert len(display.counts) == n_bins


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_intervals_are_wilsons(labels_and_probabilities, level):
    y, probabilities = labels_and_probabilities
    display = ReliabilityDisplay.from_predictions(y, probabilities, confidence_level=level)
    for share, count, low, high in zip(display.observed_shares, display.counts, display.low, display.high, strict=True):
        expected = binomtest(round(share * count), count).proportion_ci(level, method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_draws_points_intervals_and_histogram(labels_and_probabilities):
    display = ReliabilityDisplay.from_predictions(*labels_and_probabilities)
    display.figure_.canvas.draw()
    np.testing.assert_array_equal(display.line_.get_data(), [display.mean_predictions, display.observed_shares])
    ends = [segment[:, 1] for segment in display.intervals_.get_segments()]
    np.testing.assert_array_equal(ends, np.transpose([display.low, display.high]))
    assert written(display) == [f"{count:,}" for count in display.counts]
    (strip,) = display.ax_.patches
    heights, edges, bottom = strip.get_data()
    np.testing.assert_array_equal(edges, display.bin_edges)
    np.testing.assert_allclose((heights - bottom) / (heights - bottom).max(), display.counts / display.counts.max())
    assert heights.max() < 0
    (diagonal,) = [line for line in display.ax_.lines if line.get_label() == "perfectly reliable"]
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    name, place = display.ax_.get_yticklabels()[-1].get_text(), display.ax_.get_yticks()[-1]
    assert name == "clips"
    assert bottom < place < 0
    assert display.ax_.get_title() == "Reliability"
    assert display.ax_.get_xlabel() == "predicted probability of real"
    assert display.ax_.get_ylabel() == "observed share of real"
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["perfectly reliable", "observed"]


def test_empty_bins_have_no_number_and_no_point():
    display = ReliabilityDisplay.from_predictions([0, 0, 1, 1], [0.0, 0.05, 1.0, 1.0], n_bins=4)
    display.figure_.canvas.draw()
    assert display.counts.tolist() == [2, 0, 0, 2]
    assert written(display) == ["2", "", "", "2"]
    assert np.isnan(display.line_.get_ydata()).tolist() == [False, True, True, False]


def test_numbers_are_written_only_where_they_have_room(labels_and_probabilities):
    assert not written(ReliabilityDisplay.from_predictions(*labels_and_probabilities, n_bins=13))


def test_several_systems_share_axes_without_numbers(labels_and_probabilities):
    y, probabilities = labels_and_probabilities
    first = ReliabilityDisplay.from_predictions(y, probabilities, name="first")
    second = ReliabilityDisplay.from_predictions(y, probabilities**2, name="second", ax=first.ax_)
    assert first.ax_ is second.ax_
    assert not written(second)
    texts = [text.get_text() for text in second.ax_.get_legend().get_texts()]
    assert texts == ["perfectly reliable", "first", "second"]
    for look in ("get_color", "get_linestyle", "get_marker"):
        assert getattr(first.line_, look)() != getattr(second.line_, look)()
    with pytest.raises(ValueError, match="Give both one pos_label"):
        ReliabilityDisplay.from_predictions(y, 1 - probabilities, pos_label="fake", ax=first.ax_)


def test_matplotlibs_options_reach_points_intervals_and_histogram(labels_and_probabilities):
    y, probabilities = labels_and_probabilities
    X = probabilities[:, np.newaxis]
    display = ReliabilityDisplay.from_estimator(LogisticRegression().fit(X, y), X, y, c="red", lw=3, marker="x")
    assert display.line_.get_color() == "red"
    assert display.line_.get_linewidth() == 3
    assert display.line_.get_marker() == "x"
    red = to_rgba("red")
    assert display.intervals_.get_color().tolist() == [list(red)]
    assert display.ax_.patches[0].get_edgecolor() == red


def test_a_long_name_is_shortened(labels_and_probabilities):
    display = ReliabilityDisplay.from_predictions(*labels_and_probabilities, name="a" * 300)
    assert len(display.line_.get_label()) == 36


def test_from_estimator_takes_probabilities(labels_and_probabilities):
    y, probabilities = labels_and_probabilities
    X = probabilities[:, np.newaxis]
    classifier = LogisticRegression().fit(X, y)
    display = ReliabilityDisplay.from_estimator(classifier, X, y, pos_label="fake", n_bins=4)
    shares, means = calibration_curve(y, classifier.predict_proba(X)[:, 0], pos_label="fake", n_bins=4)
    np.testing.assert_allclose(display.observed_shares[display.counts > 0], shares)
    np.testing.assert_allclose(display.mean_predictions[display.counts > 0], means)
    assert display.name == "LogisticRegression"
    assert display.ax_.get_xlabel() == "predicted probability of fake"


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ([0, 2], {}, "expected probabilities from 0 to 1, got 0 to 2"),
        ([-1, 1], {}, "expected probabilities from 0 to 1, got -1 to 1"),
        ([0, 1], {"n_bins": 0}, "'n_bins' parameter"),
        ([0, 1], {"confidence_level": 1}, "'confidence_level' parameter"),
        ([0, np.nan], {}, "NaN or infinite"),
    ],
)
def test_errors(scores, options, message):
    with pytest.raises(ValueError, match=message):
        ReliabilityDisplay.from_predictions([0, 1], scores, **options)
    assert not plt.get_fignums()


def test_scores_that_are_no_probabilities_are_refused(labels_and_probabilities):
    y, probabilities = labels_and_probabilities
    X = probabilities[:, np.newaxis]
    with pytest.raises(AttributeError, match="predict_proba"):
        ReliabilityDisplay.from_estimator(LinearSVC().fit(X, y), X, y)


def test_needs_matplotlib(labels_and_probabilities, no_matplotlib):
    with pytest.raises(ImportError, match="ReliabilityDisplay needs matplotlib: pip install"):
        ReliabilityDisplay.from_predictions(*labels_and_probabilities)
