import numpy as np
from matplotlib import pyplot
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

from skvoicefake.metrics import (
    DETDisplay,
    ReliabilityDisplay,
    ScoreDistributionDisplay,
    evaluate,
    evaluate_scores,
)


def roc_points(y, scores):
    false_alarms, hits, _ = roc_curve(y == "real", scores)
    return np.column_stack([false_alarms, hits])


def test_every_picture_that_there_are_clips_for():
    rng = np.random.default_rng(0)
    y = np.tile(["fake", "real", "real"], 40)
    X = rng.normal(size=(120, 1)) + (y == "real")[:, np.newaxis]
    detector = LogisticRegression().fit(X, y)
    detector.history_ = {"loss": [0.7, 0.5], "val_loss": [0.7, 0.6]}
    speakers = np.repeat([f"s{i:02d}" for i in range(40)], 3)
    report = evaluate(detector, X, y, attack=np.where(y == "real", "-", "A1"), speaker=speakers, n_resamples=10)
    figures = report.figures()
    assert list(figures) == [
        "confusion matrix",
        "detection error tradeoff",
        "receiver operating characteristic",
        "scores",
        "reliability",
        "training history",
        "attack",
        "speaker",
    ]
    assert pyplot.get_fignums() == []  # none to close
    axes = {name: figure.axes[0] for name, figure in figures.items()}
    assert all(ax.get_title() for ax in axes.values())
    assert all(ax.get_xlabel() for ax in axes.values())
    rows = {name: [text.get_text() for text in axes[name].get_yticklabels()] for name in ("attack", "speaker")}
    assert rows["attack"] == ["A1 (40 clips)", "all clips"]  # fakes alone
    assert len(rows["speaker"]) == 31
    assert axes["speaker"].get_title() == "Equal error rate by speaker, the worst 30"
    scores, probabilities = detector.decision_function(X), detector.predict_proba(X)[:, 1]
    expected = {
        "detection error tradeoff": DETDisplay.from_predictions(y, scores),
        "reliability": ReliabilityDisplay.from_predictions(y, probabilities),
    }
    for name, display in expected.items():
        np.testing.assert_allclose(axes[name].lines[0].get_xydata(), display.ax_.lines[0].get_xydata())
    histogram = ScoreDistributionDisplay.from_predictions(y, scores)
    texts = [text.get_text() for text in axes["scores"].get_legend().get_texts()]
    assert texts == [text.get_text() for text in histogram.ax_.get_legend().get_texts()]
    np.testing.assert_allclose(axes["receiver operating characteristic"].lines[0].get_xydata(), roc_points(y, scores))
    # The errors are equal where the curve meets this diagonal.
    np.testing.assert_array_equal(axes["receiver operating characteristic"].lines[1].get_xydata(), [[0, 1], [1, 0]])
    pyplot.close("all")
    cells = [text.get_text() for text in axes["confusion matrix"].texts]
    assert list(map(int, cells)) == report.confusion_matrix.to_numpy().ravel().tolist()


def test_verdicts_alone_give_one_picture():
    report = evaluate_scores(["fake", "real"], y_pred=["fake", "fake"], n_resamples=0)
    assert list(report.figures()) == ["confusion matrix"]


def test_the_probabilities_of_a_report_are_those_given():
    y, probabilities = np.tile(["fake", "real"], 20), np.linspace(0.1, 0.8, 40)
    report = evaluate_scores(y, probabilities, y_prob=probabilities, n_resamples=0)
    expected = ReliabilityDisplay.from_predictions(y, probabilities)
    drawn = report.figures()["reliability"].axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(drawn, expected.ax_.lines[0].get_xydata())
    pyplot.close("all")
