import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake.feature_extraction import MFCCTransformer
from skvoicefake.metrics import DETDisplay, UpsideDownWarning, det_curve, equal_error_rate


def tick_labels(display):
    return [label.get_text() for label in display.ax_.get_xticklabels()]


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_holds_what_the_metrics_give(labels_and_scores):
    y, scores = labels_and_scores
    display = DETDisplay.from_predictions(y, scores, name="mine")
    false_alarms, misses, _ = det_curve(y, scores)
    np.testing.assert_array_equal(display.false_alarm_rates, false_alarms)
    np.testing.assert_array_equal(display.miss_rates, misses)
    assert display.eer == equal_error_rate(y, scores)
    assert (display.name, display.pos_label, display.neg_label) == ("mine", "real", "fake")


def test_weights_count(labels_and_scores):
    y, scores = labels_and_scores
    weights = np.arange(1, 301)
    display = DETDisplay.from_predictions(y, scores, sample_weight=weights)
    assert display.eer == equal_error_rate(y, scores, sample_weight=weights)
    np.testing.assert_array_equal(display.miss_rates, det_curve(y, scores, sample_weight=weights)[1])


def test_draws_normal_deviates_between_named_axes(labels_and_scores):
    y, scores = labels_and_scores
    display = DETDisplay.from_predictions(y, scores, name="mine")
    display.figure_.canvas.draw()
    x, _ = display.line_.get_data()
    inner = (display.false_alarm_rates > 0.01) & (display.false_alarm_rates < 0.99)
    drawn = set(np.round(x, 9))
    assert {round(float(norm.ppf(rate)), 9) for rate in display.false_alarm_rates[inner]} <= drawn
    point = display.eer_point_.get_data()
    np.testing.assert_allclose(np.ravel(point), norm.ppf(display.eer))
    assert display.ax_.get_title() == "Detection error tradeoff"
    assert display.ax_.get_xlabel() == "False alarms: fake called real (%)"
    assert display.ax_.get_ylabel() == "Misses: real called fake (%)"
    assert legend(display) == [f"mine (EER {100 * display.eer:.3g}%)", "equal errors"]
    assert tick_labels(display) == ["≤0.1", "0.5", "1", "2", "5", "10", "20", "40", "60"]
    np.testing.assert_allclose(display.ax_.get_xticks()[1:], norm.ppf([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6]))
    assert display.ax_.get_xlim() == display.ax_.get_ylim()


@pytest.mark.parametrize("gap", [0.0, 1.0, 20.0])
@pytest.mark.parametrize("n_clips", [2, 20, 3000])
def test_zero_rates_lie_on_the_edge(n_clips, gap):
    y = np.tile(["fake", "real"], n_clips // 2)
    scores = np.random.default_rng(0).uniform(size=n_clips) + gap * (y == "real")
    display = DETDisplay.from_predictions(y, scores if gap else np.zeros(n_clips))
    display.figure_.canvas.draw()
    x, y = display.line_.get_data()
    edge = display.ax_.get_xticks()[0]
    assert x.min() == y.min() == edge > display.ax_.get_xlim()[0]
    assert tick_labels(display)[0].startswith("≤")
    assert np.isfinite(x).all()
    # Nothing above zero is drawn there.
    rates = np.concatenate([display.false_alarm_rates, display.miss_rates])
    assert rates[rates > 0].min() > norm.cdf(edge)


@pytest.mark.parametrize(
    ("smallest", "labels"),
    [
        (0.02, ["≤1", "2", "5", "10", "20", "40", "60"]),
        (0.0002, ["≤0.01", "0.1", "0.5", "1", "2", "5", "10", "20", "40", "60"]),
        (0.00005, ["≤0.001", "0.01", "0.1", "0.5", "1", "2", "5", "10", "20", "40", "60"]),
        (0.0000001, ["≤0.001", "0.01", "0.1", "0.5", "1", "2", "5", "10", "20", "40", "60"]),
    ],
)
def test_axes_begin_below_the_smallest_rate(smallest, labels):
    display = DETDisplay(false_alarm_rates=np.array([1, 0.1, 0]), miss_rates=np.array([0, smallest, 1.0])).plot()
    assert tick_labels(display) == labels
    low, high = display.ax_.get_xlim()
    assert display.ax_.get_xticks()[0] - low == pytest.approx(0.015 * (high - display.ax_.get_xticks()[0]))


def test_several_systems_share_axes(labels_and_scores):
    y, scores = labels_and_scores
    first = DETDisplay.from_predictions(y, scores, name="first")
    edge = first.ax_.get_xlim()[0]
    rng = np.random.default_rng(1)
    many = np.tile(["fake", "real"], 5000)
    second = DETDisplay.from_predictions(many, rng.normal(size=10_000) + (many == "real"), name="second", ax=first.ax_)
    third = DETDisplay(false_alarm_rates=np.array([1, 0.1, 0]), miss_rates=np.array([0, 0.2, 1.0]), name="third")
    third.neg_label, third.pos_label = "fake", "real"
    third.plot(first.ax_)
    assert first.ax_ is second.ax_ is third.ax_
    assert [text.split(" (")[0] for text in legend(third)] == ["first", "second", "third", "equal errors"]
    for look in ("get_color", "get_linestyle", "get_marker"):
        assert len({getattr(display.line_, look)() for display in (first, second, third)}) == 3
    # The second has smaller rates and is poor: the axes widen, and the first stays on their edge.
    assert first.ax_.get_xlim()[0] < edge
    assert first.line_.get_xdata().min() == second.line_.get_xdata().min() == first.ax_.get_xticks()[0]
    assert first.ax_.get_xlim()[1] == norm.ppf(0.99)
    assert third.eer_point_ is None
    labels = tick_labels(first)
    assert len(labels) == len(set(labels))
    assert labels[-1] == "99"


def test_a_million_scores_become_a_line_that_can_be_drawn():
    rng = np.random.default_rng(0)
    y = np.arange(1_000_000) % 2
    display = DETDisplay.from_predictions(y, rng.normal(size=len(y)) + y)
    assert len(display.line_.get_xdata()) < 20_000
    display.figure_.canvas.draw()


def test_style_can_be_chosen_by_any_name(labels_and_scores):
    y, scores = labels_and_scores
    display = DETDisplay.from_predictions(y, scores, c="k", lw=3, ls=":")
    assert (display.line_.get_color(), display.line_.get_linewidth(), display.line_.get_linestyle()) == ("k", 3, ":")
    assert display.eer_point_.get_color() == "k"
    assert legend(display)[0].startswith("EER ")


def test_from_estimator_takes_any_classifier(labels_and_scores):
    y, scores = labels_and_scores
    X = scores[:, np.newaxis]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    figure = Figure()
    axes = figure.subplots()
    for estimator in (
        pipeline,
        SVC().fit(X, y),
        GridSearchCV(pipeline, {"logisticregression__C": [1]}, cv=2).fit(X, y),
    ):
        display = DETDisplay.from_estimator(estimator, X, y, ax=axes)
        assert display.name == type(estimator).__name__
        assert display.eer == equal_error_rate(y, scores)
        assert display.figure_ is figure
    assert not plt.get_fignums()


def test_from_estimator_takes_a_pipeline_over_clips():
    rng = np.random.default_rng(0)
    clips = [scale * rng.normal(size=rng.integers(900, 1800)) for scale in np.tile([0.01, 0.1], 10)]
    y = np.tile(["spoof", "bonafide"], 10)
    pipeline = make_pipeline(MFCCTransformer(duration=0.1, output="stats"), StandardScaler(), LogisticRegression())
    display = DETDisplay.from_estimator(pipeline.fit(clips, y), clips, y, pos_label="bonafide")
    assert display.eer == equal_error_rate(y, -pipeline.decision_function(clips), pos_label="bonafide")
    assert display.ax_.get_xlabel() == "False alarms: spoof called bonafide (%)"


def test_from_estimator_turns_scores_towards_pos_label(labels_and_scores):
    y, scores = labels_and_scores
    classifier = LogisticRegression().fit(scores[:, np.newaxis], y)
    for method in ("auto", "predict_proba", "decision_function"):
        display = DETDisplay.from_estimator(
            classifier,
            scores[:, np.newaxis],
            y,
            pos_label="fake",
            response_method=method,
            name="x",
            ax=Figure().subplots(),
        )
        assert display.eer == pytest.approx(equal_error_rate(y, scores), abs=1e-12)
        assert (display.pos_label, display.neg_label) == ("fake", "real")


def test_scores_are_taken_before_they_round():
    X, y = np.array([[-1000.0], [900.0], [1000.0], [1100.0]]), np.array([0, 0, 1, 1])
    classifier = LogisticRegression().fit([[-1.0], [1.0]], [0, 1])
    assert DETDisplay.from_estimator(classifier, X, y).eer == 0


def test_a_reversed_detector_is_drawn_with_a_warning(labels_and_scores):
    y, scores = labels_and_scores
    with pytest.warns(UpsideDownWarning, match="upside down"):
        display = DETDisplay.from_predictions(y, -scores)
    assert display.eer > 0.9
    assert display.eer_point_.get_xdata()[0] < display.ax_.get_xlim()[1]


def test_without_labels_errors_have_general_names():
    display = DETDisplay(false_alarm_rates=np.array([1.0, 0.0]), miss_rates=np.array([0.0, 1.0])).plot(name="x")
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("False alarms (%)", "Misses (%)")
    assert legend(display) == ["x", "equal errors"]


def test_errors(labels_and_scores):
    y, scores = labels_and_scores
    X = scores[:, np.newaxis]
    with pytest.raises(NotFittedError):
        DETDisplay.from_estimator(LogisticRegression(), X, y)
    with pytest.raises(ValueError, match="Got LinearRegression instead"):
        DETDisplay.from_estimator(LinearRegression().fit(X, y == "real"), X, y)
    with pytest.raises(ValueError, match="Got 3 classes instead"):
        DETDisplay.from_estimator(LogisticRegression().fit(X[:3], [0, 1, 2]), X, y)
    with pytest.raises(ValueError, match="needs two classes"):
        DETDisplay.from_predictions(["real", "real"], [0, 1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        DETDisplay.from_predictions(y, scores[:5])
    assert not plt.get_fignums()


def test_curves_of_other_polarity_do_not_share_axes(labels_and_scores):
    y, scores = labels_and_scores
    display = DETDisplay.from_predictions(y, scores)
    with pytest.raises(ValueError, match="Give all systems the same pos_label"):
        DETDisplay.from_predictions(y, -scores, pos_label="fake", ax=display.ax_)
    assert len(legend(display)) == 2


def test_needs_matplotlib(labels_and_scores, no_matplotlib):
    y, scores = labels_and_scores
    message = r"^DETDisplay needs matplotlib: pip install 'skvoicefake\[plot\]'$"
    with pytest.raises(ImportError, match=message):
        DETDisplay.from_predictions(y, scores)
    with pytest.raises(ImportError, match=message):
        # Before anything takes time.
        DETDisplay.from_estimator(None, None, None)
    with pytest.raises(ImportError, match=message):
        DETDisplay(false_alarm_rates=np.array([1.0, 0.0]), miss_rates=np.array([0.0, 1.0])).plot()
