from dataclasses import replace

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import CNNLSTMClassifier, MFCCTransformer, OnnxDetector, export
from skvoicefake.detectors import DomainGuard, GuardedClassifier
from skvoicefake.persistence import _onnx_classifiers
from tests.checks.shipped import sounds

CLIPS, LABELS = sounds(6)


@pytest.fixture(scope="module")
def pipeline():
    front_end = MFCCTransformer(duration=0.5, n_mfcc=8, n_mels=16, output="stats")
    return make_pipeline(front_end, StandardScaler(), LogisticRegression()).fit(CLIPS, LABELS)


@pytest.mark.slow
def test_a_trained_network(tmp_path):
    network = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=3, random_state=0, early_stopping=False)
    pipeline = make_pipeline(MFCCTransformer(duration=0.5), network).fit(CLIPS, LABELS)
    detector = export(pipeline, tmp_path / "detector.onnx", verify_on=CLIPS)
    np.testing.assert_allclose(detector.predict_proba(CLIPS), pipeline.predict_proba(CLIPS), rtol=0, atol=1e-4)
    assert detector.predict(CLIPS).tolist() == pipeline.predict(CLIPS).tolist()


def test_a_file_that_is_there_is_replaced(pipeline, tmp_path):
    path = tmp_path / "detector.onnx"
    path.write_text("something else")
    export(pipeline, str(path))
    assert OnnxDetector(path).classes_.tolist() == ["fake", "real"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_differs_is_not_written(pipeline, tmp_path, monkeypatch):
    path = tmp_path / "detector.onnx"
    path.write_text("the one before")
    graph_of = pipeline[-1].coef_.copy()
    with pytest.raises(
        ValueError, match=r"does not agree with Pipeline: on clip \d of 5, a probability differs by .*e-"
    ):
        export(pipeline, path, tolerance=0)
    # A step whose parameters are not those it computes with.
    monkeypatch.setattr(pipeline[-1], "predict_proba", lambda X: np.full((len(X), 2), np.nan))
    with pytest.raises(ValueError, match="a probability differs by nan"):
        export(pipeline, path)
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]
    assert np.array_equal(pipeline[-1].coef_, graph_of)


@pytest.fixture(scope="module")
def guarded(pipeline):
    return GuardedClassifier(pipeline, DomainGuard(min_speech=0.2)).fit(CLIPS, LABELS)


def test_what_a_guard_hides_is_verified(guarded, tmp_path, monkeypatch):
    """Of made-up sounds there is no verdict: they would agree whatever the classifier says."""
    noises = list(np.random.default_rng(0).normal(size=(3, 16_000)))
    verified = export(guarded, tmp_path / "detector.onnx", verify_on=noises).about["verified"]
    assert (verified["n_clips"], verified["n_judged"]) == (3, 0)
    assert set(guarded.remarks(noises)) == {"not enough speech"}
    original = _onnx_classifiers._by_scores
    monkeypatch.setattr(
        _onnx_classifiers, "_by_scores", lambda classes, scores, offset=0.0: original(classes, scores * -1, offset)
    )
    with pytest.raises(ValueError, match=r"does not agree with GuardedClassifier: .* a probability differs by"):
        export(guarded, tmp_path / "other.onnx", verify_on=noises)


def broken(monkeypatch, name, **changes):
    original = getattr(_onnx_classifiers, name)

    def other(*args):
        answer = original(*args)
        return replace(answer, **{key: change(getattr(answer, key)) for key, change in changes.items()})

    monkeypatch.setattr(_onnx_classifiers, name, other)


def test_a_wrong_label_is_not_written(pipeline, tmp_path, monkeypatch):
    fixed = FixedThresholdClassifier(FrozenEstimator(pipeline), threshold=0.9).fit(CLIPS, LABELS)
    broken(monkeypatch, "_thresholded", index=lambda index: 1 - index)
    with pytest.raises(ValueError, match=r"on clip 0 of 12, the label is '(real|fake)' instead of another"):
        export(fixed, tmp_path / "detector.onnx", verify_on=CLIPS)
    assert not list(tmp_path.iterdir())


def test_a_wrong_score_is_not_written(pipeline, tmp_path, monkeypatch):
    broken(monkeypatch, "_classified", scores=lambda scores: scores * -1)
    with pytest.raises(ValueError, match=r"a score differs by .* on the scale of 0 to 1"):
        export(pipeline, tmp_path / "detector.onnx", verify_on=CLIPS)


def test_a_wrong_remark_is_not_written(guarded, tmp_path, monkeypatch):
    broken(monkeypatch, "_guarded", remark=lambda remark: (remark + 1).mod(4))
    with pytest.raises(ValueError, match=r"the remark is '.*' instead of another"):
        export(guarded, tmp_path / "detector.onnx", verify_on=CLIPS)


def test_verified_on_clips_of_ones_own(pipeline, tmp_path):
    detector = export(pipeline, tmp_path / "detector.onnx", verify_on=iter(CLIPS[:3]))
    assert detector.about["verified"]["n_clips"] == 3
    with pytest.raises(ValueError, match="verify_on holds no clips"):
        export(pipeline, tmp_path / "detector.onnx", verify_on=[])


def test_names_of_files(pipeline, tmp_path):
    with pytest.raises(ValueError, match=r"detector.joblib: expected the name of a file that ends in \.onnx"):
        export(pipeline, tmp_path / "detector.joblib")
    with pytest.raises(FileNotFoundError):
        export(pipeline, tmp_path / "no-such-folder" / "detector.onnx")


def test_not_fitted(tmp_path):
    with pytest.raises(ValueError, match=r"expected a fitted classifier, got a \w+ that is not fitted"):
        export(make_pipeline(MFCCTransformer(output="stats"), LogisticRegression()), tmp_path / "detector.onnx")
