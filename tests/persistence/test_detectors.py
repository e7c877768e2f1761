"""Whole detectors come back, with what is around them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake import LFCCTransformer, MFCCTransformer, baselines, load, recommended_detector, save
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import _shipped
from skvoicefake.mixture import GMMClassifier
from skvoicefake.model_selection import SpoofGroupKFold
from skvoicefake.persistence import UnsafeFileError, describe
from tests.checks.shipped import CARD, frozen_detector, sounds

CLIPS, LABELS = sounds(12)
OTHERS, _ = sounds(1, start=900)


@pytest.mark.parametrize("name", [name for name in baselines() if "CNN" not in name])
def test_baselines(check_same, name):
    pipeline = baselines(duration=1.0)[name]
    if "GMM" in name:
        pipeline.set_params(gmm__n_components=2)
    check_same(pipeline.fit(CLIPS, LABELS), OTHERS)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixtures_of_every_kind(check_same, kind):
    panel = np.random.default_rng(0).normal(size=(24, 20, 3))
    gmm = GMMClassifier(n_components=2, covariance_type=kind, random_state=0)
    check_same(gmm.fit(panel, LABELS), panel)


@pytest.mark.parametrize("normalize", ["clip", "train"])
def test_transformers_that_learn(check_same, normalize):
    check_same(LFCCTransformer(normalize=normalize).fit(CLIPS[:3]), OTHERS)


def test_unfitted_detectors(trip):
    for pipeline in (*baselines().values(), recommended_detector(random_state=3)):
        assert repr(trip(pipeline)) == repr(pipeline)
        assert clone(trip(pipeline)).get_params().keys() == pipeline.get_params().keys()


# Whether it is any good is no matter here.
@pytest.mark.filterwarnings("ignore:On clips that it was not trained on:UserWarning")
def test_the_recommended_detector(check_same):
    detector = recommended_detector()
    detector.set_params(
        guard__min_speech=0.1,
        estimator__estimator__clf__cv=2,
        estimator__estimator__clf__estimator__n_estimators=5,
        estimator__methods=("noise", "band"),
    )
    check_same(detector.fit(CLIPS, LABELS), OTHERS)


# Whether it is any good is no matter here.
@pytest.mark.filterwarnings("ignore:On clips that it was not trained on:UserWarning")
def test_around_and_around(check_same):
    inside = make_pipeline(MFCCTransformer(duration=0.5, output="stats"), StandardScaler(), SVC())
    outside = LLRCalibrator(AugmentedClassifier(inside, random_state=np.random.default_rng(0)), cv=SpoofGroupKFold(2))
    check_same(outside.fit(CLIPS, LABELS, groups=np.arange(24)), OTHERS)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    frozen_detector(folder)
    return _shipped._load(folder)


def test_the_detector_in_the_package(check_same, shipped):
    loaded = check_same(shipped, OTHERS)
    assert loaded.card.content == shipped.card.content
    assert loaded.card.content.keys() >= CARD.keys()
    check_same(shipped.calibrate(CLIPS, LABELS), OTHERS)


def test_an_empty_one_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="ShippedDetector cannot be saved: it is an empty ShippedDetector"):
        save(_shipped.ShippedDetector(), tmp_path / "a.skvf")


def parts_of(content):
    return content["detector"]["dict"]


def put(*path, value):
    def change(content):
        pairs = parts_of(content)
        for name in path[:-1]:
            (pairs,) = (part["dict"] for key, part in pairs if key == name)
        (pair,) = (pair for pair in pairs if pair[0] == path[-1])
        pair[1] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("classes", value=["real", "fake"]), "parts of the detector in it are not what they should be"),
        (put("transformer", value={"class": "sklearn.svm.SVC", "state": {}}), "parts of the detector in it are not"),
        (put("guard", value=3), "parts of the detector in it are not what they should be"),
        (put("slope", value={"float": "nan"}), "parts of the detector in it are not what they should be"),
        (put("n_jobs", value="all"), "parts of the detector in it are not what they should be"),
        (put("mean", value=3), "parts of the detector in it are not what they should be"),
        (put("card", value={"dict": []}), "the model card's 'title'"),
        (put("forest", "roots", value={"array": 0}), "the trees in it"),
        (put("forest", "feature", value=3), "the trees in it have no|damaged"),
        (put("machine", "gamma", value={"float": "inf"}), "damaged"),
        (put("machine", "vectors", value={"array": 0}), "damaged"),
    ],
)
def test_parts_that_are_no_detector(tmp_path, shipped, resaved, change, message):
    save(shipped, tmp_path / "a.skvf")
    path = resaved(tmp_path / "a.skvf", estimator=change)
    with pytest.raises(UnsafeFileError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert describe(path)["estimator"] == "skvoicefake.detectors.ShippedDetector"


@pytest.mark.parametrize(
    ("name", "value"),
    [("to_right", 10**6), ("to_right", -1), ("to_left", 2), ("feature", 9999), ("roots", -1), ("probability", 2.0)],
)
def test_trees_that_would_not_end(tmp_path, shipped, resaved, name, value):
    frozen = shipped.estimator_[-1].frozen
    values = getattr(frozen.forest, name).copy()
    before = values[0]
    save(shipped, tmp_path / "a.skvf")

    def change(members):
        for member in members:
            if member.startswith("arrays") and members[member].endswith(values.tobytes()):
                values[0] = value
                members[member] = members[member][: -values.nbytes] + values.tobytes()
                return

    path = resaved(tmp_path / "a.skvf", arrays=change)
    assert values[0] != before
    with pytest.raises(UnsafeFileError, match="the trees in it are not whole"):
        load(path)
