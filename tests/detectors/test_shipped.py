import copy
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_predict
from sklearn.utils.validation import check_is_fitted

from skvoicefake.audio import AudioError
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import _shipped
from skvoicefake.detectors._frozen import ABOUT, NUMBERS
from skvoicefake.detectors._shipped import ShippedDetector, _load, load_detector
from skvoicefake.metrics import evaluate
from tests.checks.shipped import CARD, frozen_detector, sounds

RATE = 16_000
FEW = {"front_ends": [{"class": "LFCCTransformer", "parameters": {"n_lfcc": 20}}]}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A fitted detector, and the folder it is frozen in."""
    folder = tmp_path_factory.mktemp("data")
    return frozen_detector(folder), folder


@pytest.fixture(scope="module")
def folder(both):
    return both[1]


@pytest.fixture
def detector(folder):
    return _load(folder)


@pytest.fixture(scope="module")
def clips():
    return sounds(6, start=500)


def test_answers_go_together(detector, clips):
    X, y = clips
    llr = detector.decision_function(X)
    np.testing.assert_allclose(detector.predict_proba(X)[:, 1], 1 / (1 + np.exp(-llr)), rtol=1e-12)
    np.testing.assert_allclose(detector.predict_proba(X).sum(axis=1), 1)
    assert detector.predict(X).tolist() == ["real" if score > 0 else "fake" for score in llr]
    assert detector.classes_.tolist() == ["fake", "real"]
    assert detector.score(X, y) > 0.6


def test_it_says_what_the_fitted_one_does(both, detector, clips):
    fitted = both[0]
    rng = np.random.default_rng(0)
    unheard = [np.zeros(RATE), 0.1 * rng.normal(size=2 * RATE), np.zeros(1), (clips[0][0][::2], RATE // 2)]
    X = [*clips[0], *unheard]
    remarks = detector.remarks(X)
    assert remarks.tolist() == [""] * 12 + ["not enough speech"] * 3 + ["narrow band"]
    assert remarks.tolist() == fitted.remarks(X).tolist()
    assert detector.verdict(X).tolist() == fitted.verdict(X).tolist()
    assert detector.predict(X).tolist() == fitted.predict(X).tolist()
    np.testing.assert_allclose(detector.decision_function(X), fitted.decision_function(X), atol=0.01)
    np.testing.assert_allclose(detector.predict_proba(X), fitted.predict_proba(X), atol=0.01)
    assert detector.decision_function(unheard).tolist() == [0] * 4
    assert detector.predict_proba(unheard).tolist() == [[0.5, 0.5]] * 4


def test_the_first_ten_seconds_are_heard(detector, clips):
    long = np.tile(clips[0][0], 8)
    np.testing.assert_array_equal(detector.decision_function([long]), detector.decision_function([long[: 10 * RATE]]))


def test_clips_may_be_whatever_clips_are(detector, clips, tmp_path):
    X = clips[0][:2]
    expected = detector.decision_function(X)
    np.testing.assert_array_equal(detector.decision_function([(clip, RATE) for clip in X]), expected)
    np.testing.assert_array_equal(detector.decision_function(np.array(X)), expected)
    np.testing.assert_allclose([detector.decision_function([clip])[0] for clip in X], expected, rtol=1e-12)
    for i, clip in enumerate(X):
        soundfile.write(tmp_path / f"{i}.wav", clip, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(detector.decision_function(sorted(tmp_path.iterdir())), expected)
    with pytest.raises(AudioError, match=r"nowhere\.wav"):
        detector.predict(["nowhere.wav"])


def test_copies_and_threads_say_the_same(detector, clips, folder):
    expected = detector.decision_function(clips[0])
    for other in (pickle.loads(pickle.dumps(detector)), copy.deepcopy(detector), _load(folder, n_jobs=2)):
        np.testing.assert_array_equal(other.decision_function(clips[0]), expected)
        assert str(other.card) == str(detector.card)


def test_is_fitted_and_stays_so(detector, clips):
    check_is_fitted(detector)
    with pytest.raises(TypeError, match=r"cannot be fitted again\. To train one of your own, fit recommended_detector"):
        detector.fit(*clips)
    with pytest.raises(TypeError, match=r"cannot be cloned: .* put it in a FrozenEstimator"):
        clone(detector)
    for name in ("predict", "predict_proba", "decision_function", "verdict", "remarks"):
        answer = getattr(ShippedDetector(), name)
        with pytest.raises(NotFittedError, match="load_detector\\(\\) returns the one in the package"):
            answer(clips[0])
    with pytest.raises(NotFittedError, match="is empty"):
        ShippedDetector().card  # noqa: B018
    assert repr(detector) == "ShippedDetector()"


def test_is_calibrated_on_clips_of_ones_own(detector, clips):
    X, y = clips
    calibrated = LLRCalibrator(FrozenEstimator(detector)).fit(X, y)
    expected = calibrated.slope_ * detector.decision_function(X) + calibrated.offset_
    np.testing.assert_allclose(calibrated.decision_function(X), expected)
    assert cross_val_predict(LLRCalibrator(FrozenEstimator(detector)), X, y, cv=2).shape == (12,)


def test_is_judged_with_its_features_computed_once(detector, clips, tmp_path):
    X, y = clips
    for i, clip in enumerate(X):
        soundfile.write(tmp_path / f"{i:02d}.wav", clip, RATE, subtype="FLOAT")
    file = Counted(tmp_path / "00.wav")
    detector.decision_function([file])
    n_asked = file.n_asked
    for judged in (detector, LLRCalibrator(FrozenEstimator(detector)).fit(X, y)):
        files = [Counted(path) for path in sorted(tmp_path.glob("*.wav"))]
        report = evaluate(judged, files, y, n_resamples=0)
        assert report.table["value"]["accuracy"] == judged.score(X, y)
        assert [file.n_asked for file in files] == [n_asked] * len(files)


class Counted:
    """A path of which it is counted how often it is asked for."""

    def __init__(self, path):
        self.path, self.n_asked = path, 0

    def __fspath__(self):
        self.n_asked += 1
        return str(self.path)


def test_the_card(detector):
    assert str(detector.card).startswith("# A small detector\n\nIt was trained on")
    assert detector.card.content["operating_points"] == CARD["operating_points"]


def test_the_one_in_the_package_is_read_from_its_folder(folder, clips, monkeypatch, detector):
    monkeypatch.setattr(_shipped, "FOLDER", folder)
    np.testing.assert_array_equal(
        load_detector(n_jobs=2).decision_function(clips[0]), detector.decision_function(clips[0])
    )


def test_nothing_is_unpickled(folder):
    script = """
import sys
from pathlib import Path
from skvoicefake.detectors._shipped import _load
found = []
sys.addaudithook(lambda event, arguments: found.append(arguments) if event == "pickle.find_class" else None)
print(_load(Path(sys.argv[1])).classes_.tolist(), found)
"""
    run = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    assert run.stdout == "['fake', 'real'] []\n"


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda folder: (folder / ABOUT).unlink(), FileNotFoundError, r"no detector in this folder: detector\.json"),
        (lambda folder: (folder / NUMBERS).unlink(), FileNotFoundError, r"detector\.npz is missing\. Install"),
        (lambda folder: (folder / ABOUT).write_text("{"), ValueError, r"detector\.json: damaged"),
        (lambda folder: (folder / ABOUT).write_text("[1]"), ValueError, r"detector\.json: damaged"),
        (lambda folder: (folder / ABOUT).write_bytes(b"\xff\xfe\xfd"), ValueError, r"detector\.json: damaged"),
        (lambda folder: (folder / NUMBERS).write_bytes(b"PK"), ValueError, r"detector\.npz: damaged, or not the one"),
        (lambda folder: change(folder, format=2), ValueError, "expected format 1, got 2"),
        (lambda folder: change(folder, slope=None), ValueError, r"detector\.json: damaged \("),
        (
            lambda folder: change(folder, transformer={"class": "CepstralStatisticsTransformer", "parameters": FEW}),
            ValueError,
            r"expected a transformer to \d+ features, got one to 60\)",
        ),
        (lambda folder: change(folder, card={}), ValueError, "model card's 'title'"),
        (lambda folder: change(folder, transformer={"class": "os.system"}), ValueError, r"damaged \('os.system'\)"),
        (
            lambda folder: change(folder, transformer={"class": "LFCCTransformer", "parameters": {"n": 1}}),
            ValueError,
            r"detector\.json: damaged \(",
        ),
    ],
)
def test_damage_is_one_clear_error(folder, damage, error, message, tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(folder, copied)
    damage(copied)
    with pytest.raises(error, match=message) as caught:
        _load(copied)
    assert "\n" not in str(caught.value)


def change(folder, **values):
    about = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps(about | values))
