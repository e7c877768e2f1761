"""Files that an earlier version has written, with an earlier scikit-learn and Keras, are read by this one.

They stay as they are. A new version of the format adds one of its own: `python -m tests.persistence.test_stored
FOLDER` writes them, and the name says the version.
"""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake import CNNLSTMClassifier, MFCCTransformer, load, save
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.persistence import describe
from skvoicefake.persistence._archive import VERSION
from skvoicefake.persistence._reading import KEYS, SEVERAL
from skvoicefake.persistence._special import SPECIAL

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*.skvf"))


def clips(n=12):
    """Return chirps of two kinds, the same everywhere, and their labels."""
    time = np.arange(4000) / 16_000
    slow = [np.sin(2 * np.pi * (300 + 20 * i) * time * (1 + time)) for i in range(n // 2)]
    fast = [np.sin(2 * np.pi * (300 + 20 * i) * time * (1 + 9 * time)) for i in range(n // 2)]
    return slow + fast, ["fake"] * (n // 2) + ["real"] * (n // 2)


def detectors():
    """Return one of each kind, fitted."""
    X, y = clips()
    small = {"filters": 4, "kernel_size": 3, "lstm_units": 4, "dense_units": (4,), "statistics_branch": 4}
    network = CNNLSTMClassifier(**small, pooling="attention", epochs=2, early_stopping=False, random_state=0)
    trees = ExtraTreesClassifier(3, random_state=0)
    votes = VotingClassifier([("line", LogisticRegression()), ("trees", trees)], voting="soft")
    rows = MFCCTransformer(duration=0.25, n_mfcc=5, output="stats")
    return {
        "network": make_pipeline(MFCCTransformer(duration=0.25, n_mfcc=5), network).fit(X, y),
        "rows": make_pipeline(rows, StandardScaler(), votes).fit(X, y),
        "machine": make_pipeline(rows, StandardScaler(), LLRCalibrator(SVC(), cv=2)).fit(X, y),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_stored_files_give_what_they_gave(path):
    with warnings.catch_warnings():
        # Other versions than then, as a rule.
        warnings.filterwarnings("ignore", ".*: saved with ", UserWarning)
        loaded = load(path)
    known = describe(path)
    np.testing.assert_allclose(loaded.predict_proba(clips()[0]), known["about"]["probabilities"], atol=1e-4)
    assert loaded.classes_.tolist() == ["fake", "real"]
    assert known["card"] == "# Stored"


def test_without_a_network_there_is_no_tensorflow():
    script = f"""
import sys, warnings
warnings.simplefilter("ignore")
import skvoicefake
for kind in ("rows", "machine"):
    skvoicefake.load({str(DATA)!r} + "/version_1_" + kind + ".skvf").predict_proba([[0.1, 0.2]])
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "skvoicefake.persistence" in loaded
    assert not {"tensorflow", "keras", "scikeras", "librosa"} & set(loaded)


def test_there_is_one_of_every_version_and_kind():
    stored = {(describe(path)["version"], path.stem.rpartition("_")[2]) for path in FILES}
    assert stored == {(version, kind) for version in range(1, VERSION + 1) for kind in ("network", "rows", "machine")}
    assert sum(path.stat().st_size for path in FILES) < 100_000


def test_the_words_of_the_format():
    """What a file of a version may hold. A word more, or another meaning, is another version."""
    words = {
        1: "array bunch bytes detector dict dtype float frozenset function generator network objects optimizer"
        " random_state ref scalar set slice tree tuple type"
    }
    assert sorted({*KEYS, *SEVERAL, *SPECIAL}) == words[VERSION].split()


def test_what_a_file_says_of_itself(tmp_path):
    save(LogisticRegression(), tmp_path / "a.skvf")
    with ZipFile(tmp_path / "a.skvf") as packed, ZipFile(FILES[0]) as stored:
        today, then = (json.loads(file.read("skvoicefake.json")) for file in (packed, stored))
    assert list(today) == list(then)
    assert today["version"] == VERSION


def write(folder):
    """Write a file of each kind."""
    for name, detector in detectors().items():
        about = {"probabilities": detector.predict_proba(clips()[0]).tolist()}
        save(detector, Path(folder) / f"version_{VERSION}_{name}.skvf", about=about, card="# Stored")


if __name__ == "__main__":
    write(sys.argv[1])
