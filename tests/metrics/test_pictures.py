import numpy as np
from matplotlib import pyplot
from sklearn.linear_model import LogisticRegression

from skvoicefake.metrics import evaluate, evaluate_scores


def test_every_picture_that_there_are_clips_for():
    rng = np.random.default_rng(0)
    y = np.tile(["fake", "real"], 60)
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
    assert rows["attack"] == ["A1 (60 clips)", "all clips"]  # fakes alone
    assert len(rows["speaker"]) == 31
    assert axes["speaker"].get_title() == "Equal error rate by speaker, the worst 30"
    cells = [text.get_text() for text in axes["confusion matrix"].texts]
    assert list(map(int, cells)) == report.confusion_matrix.to_numpy().ravel().tolist()


def test_verdicts_alone_give_one_picture():
    report = evaluate_scores(["fake", "real"], y_pred=["fake", "fake"], n_resamples=0)
    assert list(report.figures()) == ["confusion matrix"]
