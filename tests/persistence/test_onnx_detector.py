import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skvoicefake
from skvoicefake import LFCCTransformer, MFCCTransformer, OnnxDetector, export, save
from skvoicefake.audio import AudioError
from skvoicefake.detectors import CepstralStatisticsTransformer
from tests.checks.clips import wav_bytes
from tests.checks.shipped import sounds

CLIPS, LABELS = sounds(4)


def fitted(front_end=None):
    front_end = (
        LFCCTransformer(duration=0.5, n_lfcc=10, n_filters=20, output="stats") if front_end is None else front_end
    )
    return make_pipeline(front_end, StandardScaler(), LogisticRegression()).fit(CLIPS, LABELS)


@pytest.fixture(scope="module")
def pipeline():
    return fitted()


@pytest.fixture(scope="module")
def path(pipeline, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "detector.onnx"
    export(pipeline, path)
    return path


def test_any_clip(pipeline, path, tmp_path):
    detector = OnnxDetector(path, n_threads=1)
    (tmp_path / "clip.wav").write_bytes(wav_bytes(CLIPS[0], 16_000))
    stereo = np.stack([CLIPS[1], CLIPS[2]], axis=1)
    clips = [tmp_path / "clip.wav", wav_bytes(CLIPS[1], 8000), CLIPS[2], (stereo, 44_100)]
    expected = pipeline.predict_proba(clips)
    np.testing.assert_allclose(detector.predict_proba(clips), expected, atol=1e-4)
    for X in (tuple(clips), pd.Series(clips, dtype=object), pd.DataFrame({"clip": pd.Series(clips, dtype=object)})):
        np.testing.assert_array_equal(detector.predict_proba(X), detector.predict_proba(clips))
    np.testing.assert_array_equal(detector.predict(clips), pipeline.predict(clips))
    table = np.stack([clip[:9000] for clip in CLIPS])
    np.testing.assert_allclose(detector.decision_function(table), pipeline.decision_function(table), atol=1e-3)


def test_what_it_says_of_itself(pipeline, path):
    detector = OnnxDetector(path)
    assert detector.classes_.tolist() == ["fake", "real"]
    assert (detector.sample_rate, detector.duration) == (16_000, 0.5)
    about = detector.about
    assert about["verified"]["n_clips"] == 5
    assert about["verified"]["largest_difference"] < 1e-4
    assert about["versions"]["skvoicefake"] == skvoicefake.__version__
    assert about["rule"] == "the likelier class"
    assert about["detector"].startswith("Pipeline(")
    assert repr(detector) == f"OnnxDetector({str(path)!r})"
    # As any tool shows it, and with names that anyone may ask for.
    model = onnx.load(path)
    assert "mono waveform at 16000 Hz" in model.doc_string
    assert [value.name for value in model.graph.input] == ["waveform"]
    assert [value.name for value in model.graph.output] == [
        "probability",
        "score",
        "label",
        "remark",
        "classes",
        "sample_rate",
    ]
    # Where the metadata cannot be had, as in browsers.
    session = onnxruntime.InferenceSession(path)
    classes, rate = session.run(["classes", "sample_rate"], {"waveform": CLIPS[0]})
    assert (classes.tolist(), rate.tolist()) == (["fake", "real"], [16_000])


def test_one_clip_is_no_sequence(path):
    detector = OnnxDetector(path)
    for clip in ("clip.wav", b"RIFF", CLIPS[0], (CLIPS[0], 16_000)):
        with pytest.raises(ValueError, match=r"Wrap .*: \[(clip|waveform)\]"):
            detector.predict([clip][0])


def test_bad_clips_are_named(path):
    detector = OnnxDetector(path)
    with pytest.raises(AudioError, match=r"X\[1\]: expected sound, got a silent clip \(all 100 samples"):
        detector.predict([CLIPS[0], np.zeros(100)])
    with pytest.raises(AudioError, match=r"X\[0\] \('nowhere.wav'\): no such file"):
        detector.predict(["nowhere.wav"])
    # The rows of a table are often windows of a recording, and some hold nothing.
    assert len(detector.predict(np.zeros((1, 100)))) == 1


def test_clips_that_are_too_short(tmp_path):
    detector = export(
        fitted(CepstralStatisticsTransformer(front_ends=[MFCCTransformer(center=False)])), tmp_path / "a.onnx"
    )
    detector.predict([CLIPS[0][:512]])
    with pytest.raises(AudioError, match=r"X\[0\]: expected at least 512 samples, got 511"):
        detector.predict([CLIPS[0][:511]])
    with pytest.raises(AudioError, match="512"):
        fitted(CepstralStatisticsTransformer(front_ends=[MFCCTransformer(center=False)])).predict([CLIPS[0][:511]])
    assert len(detector.predict([np.zeros(600)])) == 1  # of silence it has an answer, as the pipeline has


def test_no_clips_at_all(path):
    detector = OnnxDetector(path)
    for method in (detector.predict, detector.predict_proba, detector.decision_function, detector.verdict):
        for none in ([], iter([]), np.empty((0, 8000))):
            with pytest.raises(ValueError, match="expected one clip or more, got an empty sequence"):
                method(none)


def test_slopes_need_frames(tmp_path):
    front_end = CepstralStatisticsTransformer(front_ends=[MFCCTransformer(deltas=1)])
    detector, pipeline = export(fitted(front_end), tmp_path / "a.onnx"), fitted(front_end)
    enough = CLIPS[0][5000 : 5000 + detector.about["min_samples"]]
    np.testing.assert_allclose(detector.predict_proba([enough]), pipeline.predict_proba([enough]), atol=1e-4)
    for judge in (detector, pipeline):
        with pytest.raises(AudioError):
            judge.predict([enough[:-1]])


def test_pickles_and_threads(path, tmp_path):
    detector = OnnxDetector(path)
    expected = detector.predict_proba(CLIPS)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(detector)).predict_proba(CLIPS), expected)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(detector.predict_proba, [CLIPS] * 16):
            np.testing.assert_array_equal(found, expected)


def altered(path, to, **changes):
    """Write a model with other words about itself; None takes them away, a callable changes the model."""
    model = onnx.load(path)
    about = json.loads(model.metadata_props[0].value)
    del model.metadata_props[:]
    if changes.pop("keep", True):
        helper.set_model_props(model, {"skvoicefake": json.dumps(about | changes)})
    onnx.save(model, to)
    return to


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["fake"]},
        {"classes": ["a", "a"]},
        {"classes": [["a"], ["b"]]},
        {"classes": None},
        {"sample_rate": 1e9},
        {"sample_rate": "16000"},
        {"duration": -1},
        {"seconds": 0},
        {"min_samples": None},
        {"takes_silence": 3},
    ],
    ids=str,
)
def test_words_that_do_not_go_together(changes, path, tmp_path):
    with pytest.raises(ValueError, match="does not go together"):
        OnnxDetector(altered(path, tmp_path / "other.onnx", **changes))


def test_other_formats(path, tmp_path):
    with pytest.raises(ValueError, match=r"other.onnx: expected format 1, got 99: it is of another version"):
        OnnxDetector(altered(path, tmp_path / "other.onnx", format=99))
    with pytest.raises(ValueError, match=r"other.onnx: an ONNX model, but none that skvoicefake.export wrote"):
        OnnxDetector(altered(path, tmp_path / "other.onnx", keep=False))
    model = onnx.load(path)
    for text in ("{", "[]", "{}", "[" * 100_000):
        model.metadata_props[0].value = text
        onnx.save(model, tmp_path / "other.onnx")
        with pytest.raises(ValueError, match=r"other.onnx: what it says of itself is damaged"):
            OnnxDetector(tmp_path / "other.onnx")


def test_files_that_are_no_models(path, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.onnx: no such file. `skvoicefake.export` writes"):
        OnnxDetector(tmp_path / "nowhere.onnx")
    save(StandardScaler(), tmp_path / "saved.onnx")
    with pytest.raises(ValueError, match=r"saved.onnx: of `skvoicefake.save`, .* skvoicefake.load reads it"):
        OnnxDetector(tmp_path / "saved.onnx")
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for wrong in (b"", b"RIFF", wav_bytes(CLIPS[0], 16_000), content[:-1000], content[: len(content) // 2]):
        (tmp_path / "wrong.onnx").write_bytes(wrong)
        with pytest.raises(ValueError, match=r"wrong.onnx: ") as caught:
            OnnxDetector(tmp_path / "wrong.onnx")
        assert "\n" not in str(caught.value)
    said = []
    for _ in range(40):  # Bytes that are changed give an error in a line, or a model that runs.
        changed = bytearray(content)
        changed[rng.integers(len(content))] = rng.integers(256)
        (tmp_path / "wrong.onnx").write_bytes(bytes(changed))
        try:
            OnnxDetector(tmp_path / "wrong.onnx").predict(CLIPS[:1])
        except ValueError as error:
            said.append(str(error))
    assert not any("\n" in words for words in said)


def test_what_cannot_be_run_is_one_line_that_names_the_file(path):
    with pytest.raises(ValueError, match=rf"^my clip: {path} cannot be run on 8000 samples of float64 \(") as caught:
        OnnxDetector(path).answer(np.ones(8000), "my clip")
    assert "\n" not in str(caught.value)


def test_no_other_file_is_read(path, tmp_path):
    """Numbers of a model may lie in other files, by any path; such a model is refused."""
    model = onnx.load(path)
    constant = next(tensor for tensor in model.graph.initializer if len(tensor.raw_data) > 1000)
    secret = tmp_path / "secret.bin"
    secret.write_bytes(constant.raw_data)
    constant.ClearField("raw_data")
    constant.data_location = TensorProto.EXTERNAL
    constant.external_data.append(onnx.StringStringEntryProto(key="location", value="secret.bin"))
    (tmp_path / "outside.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=r"outside.onnx: no ONNX model that onnxruntime can run"):
        OnnxDetector(tmp_path / "outside.onnx")


LIGHT = """
import sys
for name in ("tensorflow", "keras", "librosa", "sklearn", "scipy", "pandas", "joblib", "tqdm", "onnx"):
    sys.modules[name] = None  # as good as not installed
{}
"""


def run(statement, *args):
    command = [sys.executable, "-c", LIGHT.format(statement), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_little_is_needed_to_run_one(path):
    script = "import numpy, skvoicefake; print(skvoicefake.OnnxDetector(sys.argv[1]).predict([numpy.ones(8000)]))"
    found = run(script, path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() in ("['fake']", "['real']")


def test_what_is_missing_is_named(path):
    gone = 'sys.modules["onnxruntime"] = None\nimport skvoicefake\n'
    found = run(gone + "skvoicefake.OnnxDetector(sys.argv[1])", path)
    assert "ImportError: running an exported detector needs onnxruntime: pip install onnxruntime" in found.stderr
    found = run("import skvoicefake\nskvoicefake.export(None, 'a.onnx')")
    assert "ImportError: exporting a detector needs onnx: pip install 'skvoicefake[onnx]'." in found.stderr
