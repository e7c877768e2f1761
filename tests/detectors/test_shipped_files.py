"""The detector that is in the package, as its files stand there."""

from pathlib import Path

import numpy as np
import pytest

from skvoicefake.detectors._frozen import ABOUT, NUMBERS
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._shipped import FOLDER, load_detector
from tests.checks.speech import speech

RATE = 16_000
MOST = 5_000_000  # bytes
UNHEARD = [np.zeros(3 * RATE), 0.1 * np.random.default_rng(0).normal(size=3 * RATE), np.full(1, 0.5), np.zeros(1)]


@pytest.fixture(scope="module")
def detector():
    return load_detector()


def test_the_folder_holds_these_two_files_and_they_are_small():
    files = {file.name: len(file.read_bytes()) for file in FOLDER.iterdir()}
    assert files.keys() == {ABOUT, NUMBERS}
    assert sum(files.values()) <= MOST


def test_it_is_whole(detector):
    assert detector.classes_.tolist() == ["fake", "real"]
    (_, listener), (_, classifier) = detector.estimator_.steps
    frozen = classifier.frozen
    n_features = listener.transform([speech(0)]).shape[1] - 1
    assert n_features == len(frozen.mean) == len(frozen.scale) == frozen.machine.vectors.shape[1]
    assert (frozen.scale > 0).all()
    assert frozen.forest.feature.max() < n_features
    assert frozen.slope > 0
    assert isinstance(frozen.guard, DomainGuard)
    assert (listener.sample_rate, listener.duration) == (RATE, 10)


def test_it_answers(detector):
    clips = [speech(seed, voice=seed, seconds=4) for seed in range(4)]
    assert set(detector.predict(clips)) <= {"fake", "real"}
    assert np.isfinite(detector.decision_function(clips)).all()
    np.testing.assert_allclose(detector.predict_proba(clips).sum(axis=1), 1)


def test_what_is_no_speech_has_no_verdict(detector):
    assert detector.verdict(UNHEARD).tolist() == ["not enough speech"] * len(UNHEARD)
    assert detector.decision_function(UNHEARD).tolist() == [0] * len(UNHEARD)


def test_the_card_says_what_it_should(detector):
    text = detector.card.to_markdown()
    assert "None" not in text
    assert "nan" not in text.split()
    content = detector.card.content
    for key in ("use", "not_for", "limits", "reproduce", "training", "figures", "operating_points", "versions"):
        assert content[key]
    assert all(source["licence"] and source["attribution"] for source in content["training"])
    for point in content["operating_points"]:
        for rate in (point["real_called_fake"], point["fake_called_real"]):
            value, low, high = rate if isinstance(rate, list) else [rate] * 3
            assert 0 <= low <= value <= high <= 1


def test_the_page_of_the_guide_is_the_card(detector):
    page = Path(__file__).parents[2] / "docs" / "model_card.md"
    assert page.read_text(encoding="utf-8") == detector.card.to_markdown()
