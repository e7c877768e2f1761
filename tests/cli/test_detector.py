import hashlib
import json
import os
import pickle
import shutil
import warnings

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import skvoicefake
from skvoicefake.cli._detector import (
    ABOUT,
    PICKLED,
    PIPELINE,
    is_detector,
    load_detector,
    mark,
    marks,
    save_detector,
    versions,
)
from skvoicefake.cli._inputs import names_detector
from skvoicefake.metrics import evaluate_scores

X = np.arange(8.0).reshape(-1, 1)


def classifier(labels=("fake", "real")):
    return LogisticRegression().fit(X, np.repeat(np.array(labels), 8 // len(labels)))


def test_comes_back(tmp_path):
    fitted = classifier()
    save_detector(tmp_path / "detector", fitted, {"training": {"n_real": 4}})
    assert sorted(path.name for path in (tmp_path / "detector").iterdir()) == [ABOUT, PIPELINE]
    detector = load_detector(tmp_path / "detector")
    np.testing.assert_array_equal(detector.estimator.predict_proba(X), fitted.predict_proba(X))
    assert detector.real == "real"
    assert detector.classes == ["fake", "real"]
    assert detector.about["training"] == {"n_real": 4}
    assert detector.about["versions"] == versions()
    assert detector.about["versions"]["scikit-learn"] == sklearn.__version__


@pytest.mark.parametrize("dump", [joblib.dump, lambda model, path: path.write_bytes(pickle.dumps(model))])
def test_files_of_any_fitted_classifier(tmp_path, dump):
    dump(classifier(["bonafide", "spoof"]), tmp_path / "model.pkl")
    detector = load_detector(tmp_path / "model.pkl")
    assert detector.real == "bonafide"
    assert detector.about == {}


def test_a_pickle_in_a_folder_has_to_be_named_itself(tmp_path):
    class Canary:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "something ran"),)

    folder = tmp_path / "downloads"
    folder.mkdir()
    joblib.dump(Canary(), folder / PICKLED)
    # A folder of recordings stays one, whatever a stranger has put there.
    assert not is_detector(folder)
    assert not names_detector([str(folder), str(tmp_path)])
    with pytest.raises(ValueError, match=r"there is no detector\.json beside pipeline\.joblib, a pickle, .* itself\.$"):
        load_detector(folder)
    assert not (tmp_path / "something ran").exists()
    joblib.dump(classifier(), folder / PICKLED)
    assert load_detector(folder / PICKLED).classes == ["fake", "real"]
    # One that nothing is run of is a detector without more.
    skvoicefake.save(classifier(), folder / PIPELINE)
    assert is_detector(folder)
    assert load_detector(folder).classes == ["fake", "real"]


def put_pickled(folder, fitted, about):
    """Write a detector as `train` did before there was `skvoicefake.save`."""
    folder.mkdir()
    joblib.dump(fitted, folder / PICKLED)
    digest = hashlib.sha256((folder / PICKLED).read_bytes()).hexdigest()
    (folder / ABOUT).write_text(json.dumps({"format": 1, "versions": versions(), **about, "pipeline_sha256": digest}))


def test_the_folder_of_an_earlier_version(tmp_path):
    put_pickled(tmp_path / "old", classifier(), {"training": {"n_real": 3}})
    assert is_detector(tmp_path / "old")
    detector = load_detector(tmp_path / "old")
    assert detector.about["training"] == {"n_real": 3}
    assert mark(detector).startswith("old@")
    # A training into it leaves no pickle.
    save_detector(tmp_path / "old", classifier([1, 0]), {})
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == [ABOUT, PIPELINE]
    assert load_detector(tmp_path / "old", "1").classes == [0, 1]


def test_a_file_of_save(tmp_path):
    path = tmp_path / "mine"
    report = evaluate_scores(np.repeat(["fake", "real"], 4), X[:, 0], n_resamples=0, title="My clips")
    skvoicefake.save(classifier(), path, about={"training": "my clips"}, report=report, card="# Mine")
    assert is_detector(path)
    detector = load_detector(path)
    assert detector.real == "real"
    # What others say of theirs is not taken for what `train` says.
    assert "training" not in detector.about
    assert detector.about["about"] == {"training": "my clips"}
    assert detector.about["held_out"]["title"] == "My clips"
    assert mark(detector).startswith("mine@")
    skvoicefake.save(LogisticRegression(), path)
    with pytest.raises(ValueError, match="expected a fitted classifier, got a LogisticRegression that is not fitted"):
        load_detector(path)
    path.with_suffix(".skvf").write_bytes(pickle.dumps(classifier()))
    with pytest.raises(ValueError, match=r"mine\.skvf: not loaded: it looks like a pickle"):
        load_detector(path.with_suffix(".skvf"))


def test_the_file_of_a_trained_detector_knows_all_that_the_folder_does(tmp_path):
    about = {"training": {"n_real": 4}, "held_out": {"title": "a", "n_real": 2}}
    save_detector(tmp_path / "detector", classifier(), about)
    alone = load_detector(shutil.copy(tmp_path / "detector" / PIPELINE, tmp_path / "alone.skvf"))
    folder = load_detector(tmp_path / "detector")
    for key in (*about, "versions"):
        assert alone.about[key] == folder.about[key]


def test_what_names_a_detector(tmp_path):
    save_detector(tmp_path / "detector", classifier(), {})
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / ABOUT).write_text("{}")
    for name in ("detector", "nowhere.joblib", "NOWHERE.PKL", "nowhere.SKVF", "detector/pipeline.skvf", "cut"):
        assert is_detector(tmp_path / name)
    for name in ("", "nowhere", "clip.wav", "detector/detector.json", "long" * 1000):
        assert not is_detector(str(tmp_path / name))
    assert not is_detector("-")


def test_none_is_the_one_in_the_package(shipped, capsys):
    detector = load_detector(None)
    assert detector.classes == shipped.classes_.tolist()
    assert (detector.real, str(detector.path), detector.about) == ("real", "the detector in the package", {})
    assert "no detector is named" in capsys.readouterr().err
    with pytest.raises(ValueError, match="the package: --real-label human is none of the detector's classes"):
        load_detector(None, "human")


def test_classes_that_are_numbers_need_the_real_one_named(tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(classifier([0, 1]), path)
    with pytest.raises(ValueError, match=r"cannot tell which of the classes \[0, 1\] is the real voice.*--real-label"):
        load_detector(path)
    assert load_detector(path, "0").real == 0
    with pytest.raises(ValueError, match="--real-label 2 is none of the detector's classes"):
        load_detector(path, "2")


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda path: None, FileNotFoundError, "no such file or folder"),
        (lambda path: path.mkdir(), FileNotFoundError, "no detector in this folder: pipeline.skvf is missing"),
        (lambda path: path.write_text("hello"), ValueError, "cannot be loaded as a pickled classifier"),
        (lambda path: path.touch(), ValueError, "cannot be loaded as a pickled classifier"),
        (lambda path: joblib.dump({"a": 1}, path), ValueError, "expected a fitted classifier, got dict"),
        (lambda path: joblib.dump(StandardScaler().fit(X), path), ValueError, "classifier, got StandardScaler"),
        (lambda path: joblib.dump(LogisticRegression(), path), ValueError, "LogisticRegression that is not fitted"),
        (
            lambda path: joblib.dump(classifier(["a", "b", "c", "d"]), path),
            ValueError,
            "two classes, real and fake, got 4",
        ),
        (lambda path: path.write_bytes(b"cnowhere.to_be\nfound\n."), ImportError, "a package that it needs is missing"),
    ],
    ids=["none", "folder", "text", "empty", "dict", "scaler", "unfitted", "classes", "package"],
)
def test_what_is_no_detector(tmp_path, write, error, message):
    path = tmp_path / "model.pkl"
    write(path)
    with pytest.raises(error, match=message) as caught:
        load_detector(path)
    assert "\n" not in str(caught.value)


def test_damage_is_found(tmp_path):
    save_detector(tmp_path / "a", classifier(), {})
    save_detector(tmp_path / "b", classifier([1, 0]), {})
    shutil.copy(tmp_path / "b" / PIPELINE, tmp_path / "a" / PIPELINE)
    with pytest.raises(ValueError, match=r"is not the one detector\.json is about"):
        load_detector(tmp_path / "a")
    for text, message in (("{", "damaged"), ("[]", "damaged"), ('{"format": 99}', "expected format 1, got 99")):
        (tmp_path / "b" / ABOUT).write_text(text)
        with pytest.raises(ValueError, match=message):
            load_detector(tmp_path / "b")


def test_warns_of_other_versions(tmp_path):
    save_detector(tmp_path / "a", classifier(), {})
    about = json.loads((tmp_path / "a" / ABOUT).read_text())
    about["versions"] |= {"keras": "1.2.3", "numpy": about["versions"]["numpy"] + ".post1"}
    (tmp_path / "a" / ABOUT).write_text(json.dumps(about))
    with pytest.warns(UserWarning, match=r"trained with keras 1\.2\.3 \(now [\d.]+\): it may") as caught:
        load_detector(tmp_path / "a")
    assert len(caught) == 1
    old = classifier()
    joblib.dump(old, tmp_path / "old.joblib")
    content = (tmp_path / "old.joblib").read_bytes()
    there = sklearn.__version__.encode()
    (tmp_path / "old.joblib").write_bytes(content.replace(there, b"0" * len(there)))
    with pytest.warns(UserWarning, match=r"saved with scikit-learn 0+, loaded with") as caught:
        load_detector(tmp_path / "old.joblib")
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_detector(tmp_path / "b", old, {})
        load_detector(tmp_path / "b")


def test_a_failed_save_leaves_the_one_before(tmp_path):
    save_detector(tmp_path / "a", classifier(), {})
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    with pytest.raises(ValueError, match="cannot be saved"):
        save_detector(tmp_path / "a", LogisticRegression(C=lambda x: x), {})
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before


def test_marks_know_a_clip_by_its_content(tmp_path):
    for name, content in {"a": b"x" * 99, "b": b"x" * 98 + b"y", "c": b"x" * 99}.items():
        (tmp_path / name).write_bytes(content)
    first, other, same = marks([str(tmp_path / name) for name in "abc"])
    assert first == same != other


class _Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickle_by_another_name_is_not_run(tmp_path):
    clip, canary = tmp_path / "clip.wav", tmp_path / "canary"
    clip.write_bytes(pickle.dumps(_Touch(str(canary))))
    with pytest.raises(ValueError, match=r"clip.wav: no detector. A detector is a folder that"):
        load_detector(clip)
    assert not canary.exists()
