import copy
import hashlib
import io
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skvoicefake.audio import AudioError
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import _shipped
from skvoicefake.detectors._frozen import ABOUT, NUMBERS
from skvoicefake.detectors._shipped import ShippedDetector, _load, load_detector
from skvoicefake.metrics import evaluate
from tests.checks.shipped import CARD, frozen_detector, sounds

RATE = 16_000


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
    with pytest.raises(TypeError, match=r"cannot be cloned: .* call its calibrate\(clips, labels\)"):
        clone(detector)
    for name in ("predict", "predict_proba", "decision_function", "verdict", "remarks"):
        answer = getattr(ShippedDetector(), name)
        with pytest.raises(NotFittedError, match="load_detector\\(\\) returns the one in the package"):
            answer(clips[0])
        with pytest.raises(ValueError, match="ShippedDetector expected X to be a sequence of clips, got one clip"):
            getattr(detector, name)("clip.wav")
    with pytest.raises(NotFittedError, match="is empty"):
        ShippedDetector().card  # noqa: B018
    assert repr(detector) == "ShippedDetector()"


REFUSED = [np.zeros(RATE), 0.1 * np.random.default_rng(0).normal(size=2 * RATE)]


@pytest.mark.parametrize(("groups", "has_routing"), [(None, False), (["a", "a", "a", "b", "c", "c"] * 2, True)])
def test_is_calibrated_on_clips_of_ones_own(detector, clips, groups, has_routing):
    X, y = clips
    before, weights = detector.decision_function(X), None
    if groups is not None:
        weights = np.sqrt([1 / 3] * 3 + [1] + [1 / 2] * 2)
        groups, weights = [*groups, "d", "d"], np.tile(weights, 2)
    with config_context(enable_metadata_routing=has_routing):
        calibrated = detector.calibrate([*X, *REFUSED], [*y, "fake", "real"], groups=groups)
    line = LLRCalibrator(FrozenEstimator(detector)).fit(X, y, weights)
    np.testing.assert_allclose(calibrated.decision_function(X), line.decision_function(X), atol=1e-9)
    assert abs(calibrated.decision_function(X) - before).max() > 0.1
    assert calibrated.predict(X).tolist() == line.predict(X).tolist()
    # The object itself stays as it is.
    np.testing.assert_array_equal(detector.decision_function(X), before)
    assert str(calibrated.card) == str(detector.card)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(calibrated)).decision_function(X), calibrated.decision_function(X)
    )


def test_calibrated_it_refuses_the_same_clips(detector, clips):
    X, y = clips
    calibrated = detector.calibrate(X[:9], y[:9])  # few fakes: the offset is far from 0
    assert calibrated.remarks(REFUSED).tolist() == ["not enough speech"] * 2
    assert calibrated.verdict(REFUSED).tolist() == ["not enough speech"] * 2
    assert calibrated.decision_function(REFUSED).tolist() == [0, 0]
    assert calibrated.predict_proba(REFUSED).tolist() == [[0.5, 0.5]] * 2


def test_calibrated_twice_is_calibrated_on_the_second_clips(detector, clips):
    X, y = clips
    other = sounds(4, start=700)
    expected = detector.calibrate(X, y).decision_function(X)
    np.testing.assert_allclose(detector.calibrate(*other).calibrate(X, y).decision_function(X), expected, atol=1e-6)


def test_threads_stay_when_it_is_calibrated(folder, clips):
    assert _load(folder, n_jobs=2).calibrate(*clips).estimator_[0].n_jobs == 2


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        (["real"] * 6 + ["spoof"] * 6, None, r"calibrate expected the labels \['fake', 'real'\], got \['spoof'\]"),
        ([1] * 6 + [0] * 6, None, r"expected the labels \['fake', 'real'\], got \[1, 0\]"),
        (["real"] * 12, None, "no clip of class 'fake' that its guard has no remark on: none"),
        (["real"] * 6 + ["fake"] * 5, None, "inconsistent numbers of samples"),
        (["real"] * 6 + ["fake"] * 6, ["a"] * 3, "inconsistent numbers of samples"),
        (["real"] * 6 + ["fake"] * 6, ["a"] * 11 + [None], "groups holds names that are NaN or None"),
    ],
)
def test_what_it_cannot_be_calibrated_on_is_told(detector, clips, labels, groups, message):
    with pytest.raises(ValueError, match=message):
        detector.calibrate(clips[0], labels, groups=groups)


def test_accuracy_with_words_that_are_not_its_classes_is_no_zero(detector, clips):
    X, _ = clips
    truth = detector.predict(X)
    assert detector.score(X, truth) == 1
    with pytest.raises(ValueError, match=r"ShippedDetector.score expected the labels \['fake', 'real'\], got \['bona"):
        detector.score(X, np.where(truth == "real", "bonafide", "spoof"))


def test_clips_that_are_refused_calibrate_nothing(detector, clips):
    with pytest.raises(ValueError, match=r"of class 'fake' that .* no remark on: 2 'not enough speech'\. Pass more"):
        detector.calibrate([*clips[0][:6], *REFUSED], ["real"] * 6 + ["fake"] * 2)


def test_what_others_ask_of_transformers_changes_nothing(detector, clips):
    X, y = clips
    expected = detector.verdict(X).tolist()
    with config_context(transform_output="pandas"):
        assert detector.verdict(X).tolist() == expected
        calibrated = detector.calibrate(X, y)
        assert calibrated.verdict(X).tolist() == calibrated.predict(X).tolist()


def test_is_judged_with_its_features_computed_once(detector, clips, tmp_path):
    X, y = clips
    for i, clip in enumerate(X):
        soundfile.write(tmp_path / f"{i:02d}.wav", clip, RATE, subtype="FLOAT")
    file = Counted(tmp_path / "00.wav")
    detector.decision_function([file])
    n_asked = file.n_asked
    for judged in (detector, LLRCalibrator(FrozenEstimator(detector)).fit(X, y), detector.calibrate(X, y)):
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
        (lambda folder: change(folder, format=1), ValueError, "expected format 2, got 1"),
        (lambda folder: change(folder, format="2\n"), ValueError, r"expected format 2, got '2\\n'"),
        (lambda folder: (folder / ABOUT).write_text("[" * 100_000), ValueError, r"detector\.json: damaged"),
        (lambda folder: change(folder, card={}), ValueError, "model card's 'title'"),
        (lambda folder: change(folder, card=[]), ValueError, r"detector\.json: damaged \("),
    ],
)
def test_damage_is_one_clear_error(folder, damage, error, message, tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(folder, copied)
    damage(copied)
    with pytest.raises(error, match=message) as caught:
        _load(copied)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"classes": ["real", "fake"]}, r"expected the classes \['fake', 'real'\], got \['real', 'fake'\]"),
        ({"classes": 5}, "expected the classes .*, got 5"),
        ({"slope": None}, "expected slope between 0 and inf, got None"),
        ({"slope": float("nan")}, "expected slope between 0 and inf, got nan"),
        ({"slope": -1.0}, "expected slope between 0 and inf, got -1.0"),
        ({"slope": 10**400}, r"damaged \("),
        ({"offset": float("nan")}, "expected offset between -inf and inf, got nan"),
        ({"offset": float("inf")}, "expected offset between -inf and inf, got inf"),
        ({"edge": float("nan")}, "expected edge between 0 and 0.5, got nan"),
        ({"edge": 0.5}, "expected edge between 0 and 0.5, got 0.5"),
        ({"transformer": "x"}, r"damaged \("),
        ({"transformer": {"class": "os.system"}}, r"expected a CepstralStatisticsTransformer, got 'os.system'"),
    ],
)
def test_words_that_make_no_detector_are_told(folder, values, message, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    change(tmp_path, **values)
    with pytest.raises(ValueError, match=r"detector\.json: damaged \(.*\)\. Install") as caught:
        _load(tmp_path)
    assert caught.match(message)


@pytest.mark.parametrize(
    ("place", "name", "value", "message"),
    [
        ([], "cache", "kept", r"all parameters of CepstralStatisticsTransformer .*, and no others: \['cache'\]"),
        ([], "n_jobs", 2, r"and no others: \['n_jobs'\]"),
        ([], "silence_db", ..., r"and no others: \['silence_db'\]"),
        ([], "sample_rate", "x", r"'sample_rate' parameter of CepstralStatisticsTransformer"),
        ([], "front_ends", [{"class": "os.system", "parameters": {}}], r"damaged \('os.system'\)"),
        ([], "front_ends", None, "expected front ends, got none"),
        (["front_ends", 0, "parameters"], "memmap", True, r"all parameters of LFCCTransformer .*: \['memmap'\]"),
        (["front_ends", 0, "parameters"], "pre_emphasis", ..., r"and no others: \['pre_emphasis'\]"),
        (["front_ends", 0, "parameters"], "n_lfcc", 20, r"expected a transformer to 360 features, got one to 300"),
    ],
)
def test_parameters_are_those_that_were_frozen(folder, place, name, value, message, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    transformer = parameters = json.loads((folder / ABOUT).read_text())["transformer"]
    for key in ["parameters", *place]:
        parameters = parameters[key]
    if value is ...:
        del parameters[name]
    else:
        parameters[name] = value
    change(tmp_path, transformer=transformer)
    with pytest.raises(ValueError, match=message) as caught:
        _load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / ABOUT}: damaged (")


def halved(values):
    return values[..., : values.shape[-1] // 2]


def spoilt(values, at, value):
    values = values.copy()
    values[at] = value
    return values


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("mean", lambda values: spoilt(values, 3, np.nan), "NaN or infinite"),
        ("mean", halved, "expected a transformer to 180 features, got one to 360"),
        ("mean", lambda values: np.array([{}] * len(values)), r"damaged \(Object arrays cannot be loaded"),
        ("scale", np.zeros_like, "expected scales above 0"),
        ("scale", halved, "that go together"),
        ("svm.weights", lambda values: values[:0], "that go together"),
        ("svm.low", lambda values: spoilt(values, 0, np.inf), "NaN or infinite"),
        ("svm.line", lambda values: values * [-1, 1], "expected scales above 0"),
        ("svm.line", lambda values: values[:1], r"damaged \("),
        ("trees.feature", lambda values: values | 0x7F, "expected trees of 360 features"),
        ("trees.feature", lambda values: values | 0x80, "expected trees of 360 features"),
        ("trees.feature", halved, r"damaged \("),
        ("trees.threshold", lambda values: values | 0xFF, "NaN or infinite"),
        ("trees.is_node", lambda values: values[:-1], "a bit for each of"),
        ("trees.is_node", lambda values: spoilt(values, 0, values[0] ^ 0x80), r"damaged \("),
        ("trees.n_nodes", lambda values: spoilt(values, 0, 2**31 - 1), "a bit for each of"),
        ("trees.n_nodes", lambda values: spoilt(values, [0, 1], [values[0] - 2, values[1] + 2]), "trees are not whole"),
        ("trees.n_nodes", lambda values: values[:0], "a bit for each of"),
        ("guard.threshold_", lambda values: values * np.nan, "expected a guard of numbers"),
        ("guard.scale_", np.zeros_like, "expected a guard of numbers"),
        ("guard.center_", halved, r"expected center_ of shape"),
        ("guard.sample_rate", lambda values: values // 2, "expected a guard at 16000 Hz, got one at 8000"),
        ("guard.min_speech", lambda values: values - 9, "'min_speech' parameter of DomainGuard"),
        ("more", lambda _: np.zeros(2**26, dtype=np.uint8), "expected 67108864 bytes of numbers at most, got"),
    ],
)
def test_numbers_that_make_no_detector_are_told(folder, name, spoil, message, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with np.load(folder / NUMBERS) as file:
        arrays = dict(file)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays | {name: spoil(arrays.get(name))})
    renumber(tmp_path, content.getvalue())
    with pytest.raises(ValueError, match=r"detector\.json: damaged \(.*\)\. Install") as caught:
        _load(tmp_path)
    assert caught.match(message)


@pytest.mark.parametrize(
    "changed",
    [
        lambda content: b"",
        lambda content: b"PK",
        lambda content: pickle.dumps([1]),
        lambda content: content[: len(content) // 2],
        lambda content: content[:300] + bytes(100) + content[400:],
    ],
    ids=["empty", "start", "pickle", "half", "zeros"],
)
def test_a_file_that_is_none_of_numbers_is_damaged(folder, changed, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    renumber(tmp_path, changed((folder / NUMBERS).read_bytes()))
    with pytest.raises(ValueError, match=r"detector\.json: damaged \(.*\)\. Install") as caught:
        _load(tmp_path)
    assert "\n" not in str(caught.value)


def renumber(folder, content):
    (folder / NUMBERS).write_bytes(content)
    change(folder, sha256=hashlib.sha256(content).hexdigest())


def change(folder, **values):
    about = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps(about | values))
