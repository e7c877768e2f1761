import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.svm import SVC

from skvoicefake import MFCCTransformer, export
from skvoicefake.audio import AudioError
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import (
    DomainGuard,
    GuardedClassifier,
    SurfaceTransformer,
    TreesAndKernel,
    _shipped,
)
from skvoicefake.mixture import GMMClassifier
from tests.checks.shipped import frozen_detector, sounds

CLIPS, LABELS = sounds(8)
THREE = ["real"] * 6 + ["fake"] * 5 + ["neither"] * 5


def rows(*steps):
    front_end = MFCCTransformer(duration=0.5, n_mfcc=13, n_mels=26, output="stats")
    return make_pipeline(front_end, *steps)


def panels(*steps, **parameters):
    return make_pipeline(MFCCTransformer(duration=0.5, n_mfcc=8, n_mels=16, **parameters), *steps)


def regression():
    return rows(StandardScaler(), LogisticRegression())


def check(detector, path, labels=LABELS, **options):
    """Check that all answers of an exported detector are those of the fitted one."""
    fitted = clone(detector).fit(CLIPS, labels)
    exported = export(fitted, path / "detector.onnx", verify_on=CLIPS, **options)
    assert exported.classes_.tolist() == fitted.classes_.tolist()
    assert exported.predict(CLIPS).tolist() == fitted.predict(CLIPS).tolist()
    np.testing.assert_allclose(exported.predict_proba(CLIPS), fitted.predict_proba(CLIPS), rtol=0, atol=1e-4)
    if hasattr(fitted, "decision_function"):
        np.testing.assert_allclose(
            exported.decision_function(CLIPS), fitted.decision_function(CLIPS), rtol=1e-3, atol=1e-3
        )
    return exported


@pytest.mark.parametrize(
    "detector",
    [
        rows(MinMaxScaler(), LogisticRegression()),
        rows(RobustScaler(), PCA(5, whiten=True), SimpleImputer(), "passthrough", LogisticRegression()),
        rows(StandardScaler(with_mean=False), SelectKBest(k=5), LLRCalibrator(SVC(), cv=2, prior=0.1)),
        rows(StandardScaler(), LLRCalibrator(SVC(kernel="poly"), cv=2)),
        rows(StandardScaler(), LLRCalibrator(SVC(kernel="sigmoid"), cv=2)),
        LLRCalibrator(rows(StandardScaler(), SVC(kernel="linear")), cv=2),
        rows(ExtraTreesClassifier(20, random_state=0)),
        rows(LLRCalibrator(RandomForestClassifier(20, random_state=0), cv=2)),
        rows(StandardScaler(), LLRCalibrator(TreesAndKernel(n_estimators=20, random_state=0), cv=2)),
        CalibratedClassifierCV(regression(), cv=2),
        rows(CalibratedClassifierCV(RandomForestClassifier(10, random_state=0), cv=2, ensemble=False)),
        GridSearchCV(regression(), {"logisticregression__C": [0.1, 1]}, cv=2),
        AugmentedClassifier(regression(), methods=["noise"], random_state=0),
        panels(GMMClassifier(n_components=2, covariance_type="full", random_state=0), deltas=1),
        panels(GMMClassifier(n_components=2, covariance_type="tied", random_state=0)),
        panels(GMMClassifier(n_components=3, random_state=0), output="flat"),
        panels(GMMClassifier(n_components=2, covariance_type="spherical", random_state=0)),
    ],
    ids=lambda detector: " ".join(repr(detector).split())[:60],
)
def test_answers_are_those_of_the_fitted_detector(detector, tmp_path):
    check(detector, tmp_path)


@pytest.mark.parametrize(
    "detector", [regression(), panels(GMMClassifier(n_components=2, random_state=0))], ids=["regression", "mixtures"]
)
def test_three_classes(detector, tmp_path):
    exported = check(detector, tmp_path, THREE)
    assert exported.decision_function(CLIPS[:2]).shape == (2, 3)


def test_classes_that_are_numbers(tmp_path):
    exported = check(regression(), tmp_path, np.array([1] * 8 + [0] * 8))
    assert exported.predict(CLIPS[:1]).dtype.kind == "i"


@pytest.mark.parametrize(
    ("detector", "rule"),
    [
        (
            FixedThresholdClassifier(regression(), threshold=0.9, pos_label="fake"),
            "'fake' where its probability is 0.9",
        ),
        (FixedThresholdClassifier(regression(), pos_label="fake"), "'fake' where its probability is 0.5"),
        (
            FixedThresholdClassifier(
                regression(), threshold=-2.0, pos_label="fake", response_method="decision_function"
            ),
            "'fake' where its score is -2",
        ),
        (FixedThresholdClassifier(regression(), threshold=0.9), "'real' where its probability is 0.9"),
        (TunedThresholdClassifierCV(regression(), cv=2), "'real' where its probability is "),
    ],
    ids=["probability", "auto", "score", "default", "tuned"],
)
def test_thresholds_are_included(detector, rule, tmp_path):
    exported = check(detector, tmp_path)
    assert exported.about["rule"].startswith(rule)


def test_frozen_ones(tmp_path):
    detector = regression().fit(CLIPS, LABELS)
    calibrated = LLRCalibrator(FrozenEstimator(detector)).fit(CLIPS, LABELS)
    exported = export(calibrated, tmp_path / "detector.onnx", verify_on=CLIPS)
    np.testing.assert_allclose(exported.predict_proba(CLIPS), calibrated.predict_proba(CLIPS), atol=1e-4)


NOISE = np.random.default_rng(0).normal(size=16_000)


def same_verdicts(exported, detector, silence=True):
    clips = [*CLIPS, NOISE, CLIPS[0][:3000], *([np.zeros(16_000)] if silence else [])]
    assert exported.remarks(clips).tolist() == detector.remarks(clips).tolist()
    assert set(exported.remarks(clips)) >= {"", "not enough speech"}
    assert exported.verdict(clips).tolist() == detector.verdict(clips).tolist()
    np.testing.assert_allclose(exported.predict_proba(clips), detector.predict_proba(clips), atol=1e-4)
    np.testing.assert_allclose(exported.decision_function(clips), detector.decision_function(clips), atol=1e-3)


@pytest.fixture(scope="module")
def guarded():
    return GuardedClassifier(regression(), DomainGuard(min_speech=0.2)).fit(CLIPS, LABELS)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a detector of the form of the one in the package, and its file."""
    folder = tmp_path_factory.mktemp("shipped")
    frozen_detector(folder)
    detector = _shipped._load(folder)
    return detector, export(detector, folder / "detector.onnx", verify_on=CLIPS), folder / "detector.onnx"


def test_a_guard_is_included(guarded, tmp_path):
    exported = export(guarded, tmp_path / "detector.onnx")
    assert exported.about["has_guard"]
    assert exported.duration is None
    same_verdicts(exported, guarded, silence=False)


def test_a_guard_that_hears_more_than_the_front_end(tmp_path):
    guarded = GuardedClassifier(regression(), DomainGuard(min_speech=0.2, duration=1.2)).fit(CLIPS, LABELS)
    exported = export(guarded, tmp_path / "detector.onnx", verify_on=CLIPS)
    assert (exported.duration, exported.about["front_end_duration"]) == (1.2, 0.5)
    late = np.concatenate([np.zeros(8000, dtype=np.float32), CLIPS[0]])
    assert guarded.remarks([late]).tolist() == [""]
    for detector in (guarded, exported):
        with pytest.raises(AudioError, match=r"a silent clip \(all 8000 samples read are zero\)"):
            detector.predict_proba([late])


def test_what_is_around_a_guard(guarded, tmp_path):
    fitted = LLRCalibrator(FrozenEstimator(guarded)).fit(CLIPS, LABELS)
    exported = export(fitted, tmp_path / "detector.onnx", verify_on=CLIPS)
    np.testing.assert_allclose(exported.predict_proba([NOISE]), fitted.predict_proba([NOISE]), atol=1e-4)
    assert exported.remarks([NOISE]).tolist() == ["not enough speech"]


def test_guards_of_ones_own(tmp_path):
    class Strict(DomainGuard):
        pass

    guarded = GuardedClassifier(regression(), Strict(min_speech=0.2)).fit(CLIPS, LABELS)
    with pytest.raises(ValueError, match="its guard is no DomainGuard; export its estimator_, which has none"):
        export(guarded, tmp_path / "detector.onnx")
    assert not export(guarded.estimator_, tmp_path / "detector.onnx").about["has_guard"]


def test_the_detector_in_the_package(shipped, tmp_path):
    """One of its form: trees, support vectors, guard and card are in the file."""
    detector, exported, path = shipped
    same_verdicts(exported, detector)
    # Versions of onnxruntime before 1.20 join operations to this one, and have it in single precision alone.
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(path, options)
    assert "FusedMatMul" not in {node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node}
    assert exported.about["card"]["title"] == "A small detector"


def test_the_guard_of_the_package_hears_what_the_detector_does(shipped):
    detector, exported, _ = shipped
    speech = np.concatenate(CLIPS)[:160_000]
    assert exported.duration == exported.about["front_end_duration"] == 10
    for rest in (np.tile(NOISE, 60), np.sin(np.arange(960_000) * 0.3)):
        clip = np.concatenate([speech, rest]).astype(np.float32)
        for heard in (clip, speech):
            assert exported.remarks([heard]).tolist() == detector.remarks([heard]).tolist() == [""]
        # Whoever reads the file elsewhere may hand in all of it.
        np.testing.assert_allclose(exported.answer(clip)[0], detector.predict_proba([speech])[0], atol=1e-4)


@pytest.mark.parametrize("deltas", [0, 2])
def test_padding_of_mixtures_is_left_out_on_both_sides(deltas, tmp_path):
    """The bits of padded frames are those of a product of matrices, which need not round all rows alike."""
    front_end = MFCCTransformer(duration=4.0, deltas=deltas)
    fitted = make_pipeline(front_end, GMMClassifier(n_components=4, random_state=0)).fit(CLIPS, LABELS)
    exported = export(fitted, tmp_path / "detector.onnx")
    clips = [clip[: 3000 + 1234 * i] for i, clip in enumerate(CLIPS)]
    np.testing.assert_allclose(exported.predict_proba(clips), fitted.predict_proba(clips), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (rows(StandardScaler(), GaussianNB()), "GaussianNB cannot be exported to ONNX: networks, mixtures"),
        (
            rows(PCA(2), PolynomialFeatures(2), StandardScaler(), LogisticRegression()),
            "PolynomialFeatures cannot be exported to ONNX: of scikit",
        ),
        (
            make_pipeline(SurfaceTransformer(), SimpleImputer(), StandardScaler(), LogisticRegression()),
            "SurfaceTransformer cannot be exported to ONNX: the",
        ),
        (
            rows(SimpleImputer(missing_values=0), StandardScaler(), LogisticRegression()),
            "SimpleImputer cannot be exported to ONNX: of",
        ),
        (rows(CalibratedClassifierCV(SVC(), method="isotonic", cv=2)), "only method='sigmoid'.* it has 'isotonic'"),
        (rows(SVC(kernel=lambda a, b: a @ b.T)), "SVC cannot be exported to ONNX: its kernel is <function"),
        (rows(SVC()), "Pipeline gives no probabilities, .* Fit an LLRCalibrator"),
    ],
    ids=["classifier", "step", "front end", "imputer", "isotonic", "kernel", "no probabilities"],
)
def test_what_cannot_be_exported_is_named(detector, message, tmp_path):
    fitted = clone(detector).fit(CLIPS, LABELS)
    with pytest.raises(ValueError, match=message):
        export(fitted, tmp_path / "detector.onnx")
    assert not list(tmp_path.iterdir())


def test_three_classes_that_cannot(tmp_path):
    fitted = rows(ExtraTreesClassifier(5)).fit(CLIPS, THREE)
    with pytest.raises(ValueError, match="ExtraTreesClassifier cannot be exported to ONNX: of more than two classes"):
        export(fitted, tmp_path / "detector.onnx")


def test_classifiers_of_features(tmp_path):
    features = np.random.default_rng(0).normal(size=(16, 4))
    for classifier in (LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())):
        with pytest.raises(ValueError, match=r"cannot be exported to ONNX: .* MFCCTransformer"):
            export(classifier.fit(features, LABELS), tmp_path / "detector.onnx")
