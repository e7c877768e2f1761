import json

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import LFCCTransformer
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._blend import TreesAndKernel
from skvoicefake.detectors._freezing import freeze
from skvoicefake.detectors._frozen import ABOUT, NUMBERS, read
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._guarded import GuardedClassifier
from skvoicefake.detectors._shipped import _load
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from tests.checks.shipped import CARD, fitted_detector, sounds

FRONT_ENDS = [LFCCTransformer(n_lfcc=10, fmin=500), LFCCTransformer(n_lfcc=5, n_fft=1024, hop_length=320)]


@pytest.mark.parametrize(
    ("around", "options"),
    [
        (lambda pipeline: pipeline, {}),
        (LLRCalibrator, {"front_ends": FRONT_ENDS, "duration": None}),
        (lambda pipeline: AugmentedClassifier(pipeline, methods=["gain"], random_state=0), {"duration": 0.7}),
    ],
    ids=["pipeline", "calibrated-twice", "augmented"],
)
def test_scores_are_those_of_the_fitted_one(around, options, tmp_path):
    detector, clips = fitted_detector(around, **options)
    freeze(detector, tmp_path, card=CARD, clips=clips[:3])
    new, labels = sounds(4, start=1000)
    frozen = _load(tmp_path)
    np.testing.assert_allclose(frozen.decision_function(new), detector.decision_function(new), atol=0.01)
    assert frozen.score(new, labels) == detector.score(new, labels)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ABOUT, NUMBERS]


def test_the_same_detector_gives_the_same_bytes(tmp_path):
    detector, clips = fitted_detector()
    for name in "ab":
        freeze(detector, tmp_path / name, card=CARD, clips=clips[:1])
    assert len({(tmp_path / name / NUMBERS).read_bytes() for name in "ab"}) == 1
    assert len({(tmp_path / name / ABOUT).read_bytes() for name in "ab"}) == 1


def test_versions_are_noted_and_may_be_given(tmp_path):
    detector, clips = fitted_detector()
    freeze(detector, tmp_path, card=CARD, clips=clips[:1])
    assert {"python", "scikit-learn", "skvoicefake"} <= read(tmp_path).card.content["versions"].keys()
    freeze(detector, tmp_path, card=CARD | {"versions": {"numpy": "1"}}, clips=clips[:1])
    assert read(tmp_path).card.content["versions"] == {"numpy": "1"}


def test_the_usual_front_ends_are_written_down(tmp_path):
    detector, clips = fitted_detector()
    freeze(detector, tmp_path, card=CARD, clips=clips[:1])
    parameters = json.loads((tmp_path / ABOUT).read_text())["transformer"]["parameters"]
    assert [front_end["class"] for front_end in parameters["front_ends"]] == ["LFCCTransformer"] * 3
    assert detector["cepstralstatisticstransformer"].front_ends is None


def test_numbers_too_rough_are_told(tmp_path):
    detector, clips = fitted_detector()
    clips, frozen = clips[20:28], tmp_path / "frozen"
    with pytest.raises(ValueError, match=r"clips\[\d\]: the frozen detector's score lies") as caught:
        freeze(detector, frozen, card=CARD, clips=clips, bits=2)
    assert not frozen.exists()
    freeze(detector, frozen, card=CARD, clips=clips, bits=2, tolerance=9)
    apart = np.abs(_load(frozen).decision_function(clips) - detector.decision_function(clips))
    assert str(caught.value).startswith(
        f"clips[{np.argmax(apart)}]: the frozen detector's score lies {apart.max():.4g}"
    )


def test_remarks_that_differ_are_told(tmp_path):
    # The transformer hears half a second, and so does the guard of the frozen detector; the fitted one hears all.
    detector, clips = fitted_detector(lambda pipeline: GuardedClassifier(pipeline, DomainGuard()), duration=0.5)
    detector.guard_ = DomainGuard(min_speech=0.6).fit(clips)
    heard = [clip for clip in clips if detector.guard_.remarks([clip])[0] == ""][:2]
    silence = np.zeros(8000)
    with pytest.raises(ValueError, match=r"clips\[1\]: .* guard says 'not enough speech', and the fitted one's ''\."):
        freeze(detector, tmp_path / "frozen", card=CARD, clips=[silence, *heard])
    assert not (tmp_path / "frozen").exists()
    freeze(detector, tmp_path, card=CARD, clips=[silence])


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([StandardScaler(), LogisticRegression()], "expected a TreesAndKernel in the detector, got LogisticRegression"),
        ([PCA(2), TreesAndKernel(n_estimators=2)], r"a StandardScaler before the classifier, got \['Ceps.*, 'PCA'\]"),
        ([TreesAndKernel(n_estimators=2)], r"before the classifier, got \['CepstralStatisticsTransformer'\]"),
    ],
)
def test_other_detectors_are_refused(steps, message, tmp_path):
    clips, labels = sounds(3)
    detector = make_pipeline(CepstralStatisticsTransformer(), *steps).fit(clips, labels)
    with pytest.raises(ValueError, match=message):
        freeze(detector, tmp_path, card=CARD, clips=clips)


class MyTransformer(LFCCTransformer):
    """Not one that a file may name."""


def test_transformers_of_others_are_refused(tmp_path):
    clips, labels = sounds(3)
    transformer = CepstralStatisticsTransformer(front_ends=[MyTransformer()])
    detector = make_pipeline(transformer, StandardScaler(), TreesAndKernel(n_estimators=2))
    with pytest.raises(ValueError, match="MyTransformer is none of the transformers that a file may name"):
        freeze(detector.fit(clips, labels), tmp_path, card=CARD, clips=clips)
