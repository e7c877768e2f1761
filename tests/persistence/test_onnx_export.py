import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import CNNLSTMClassifier, MFCCTransformer, OnnxDetector, export
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
    with pytest.raises(ValueError, match="not fitted"):
        export(make_pipeline(MFCCTransformer(output="stats"), LogisticRegression()), tmp_path / "detector.onnx")
