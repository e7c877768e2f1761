"""Ways in for files of detectors: the one in the package, those of `save` and of `export`."""

import hashlib
import io
import json
import tempfile
import warnings
import zipfile
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.fuzz._mutations import mutate
from benchmarks.fuzz._outcomes import READ, Finding, refusal
from benchmarks.fuzz._seeds import audio


@cache
def shipped_files():
    """Return the two files of a small detector of the form of the one in the package."""
    from tests.checks.shipped import frozen_detector

    with tempfile.TemporaryDirectory() as folder:
        frozen_detector(Path(folder))
        return Path(folder, "detector.json").read_bytes(), Path(folder, "detector.npz").read_bytes()


def shipped(folder, rng):
    """The files of the detector in the package, often with the digest put right, so that more than it is tried."""
    from skvoicefake.audio import AudioError
    from skvoicefake.detectors._shipped import _load

    about, numbers = shipped_files()
    if (place := rng.integers(3)) == 0:
        about = mutate(about, rng, [about])
    else:
        numbers = mutate(numbers, rng, [numbers]) if place == 1 else mutated_member(numbers, rng)
        content = json.loads(about)
        content["sha256"] = hashlib.sha256(numbers).hexdigest()
        about = json.dumps(content).encode()
    root = Path(folder, "shipped")
    root.mkdir(exist_ok=True)
    (root / "detector.json").write_bytes(about)
    (root / "detector.npz").write_bytes(numbers)
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    try:
        found = _load(root)
    except Exception as error:
        return refusal(error, "detector", ValueError, OSError)
    try:
        with np.errstate(all="ignore"):
            scores, remarks = found.decision_function([clip]), found.remarks([clip])
    except Exception as error:
        return refusal(error, "X[0]", AudioError)
    if not np.isfinite(scores).all() or remarks[0] not in ("", "not enough speech", "narrow band", "out of domain"):
        raise Finding(f"loaded, and gives {scores}, {remarks}")
    return READ


def mutated_member(archive, rng):
    """Return a zip with one file in it mutated, and its checksums right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        odd = old.namelist()[rng.integers(len(old.namelist()))]
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, mutate(content, rng) if name == odd else content)
    return buffer.getvalue()


@cache
def detector_file(suffix):
    """Return a file of a small detector that `save` or `export` wrote."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skvoicefake import MFCCTransformer
    from skvoicefake.persistence import export, save
    from tests.checks.shipped import sounds

    X, y = sounds(6)
    features = MFCCTransformer(duration=0.5, n_mfcc=5, output="stats")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, f"detector{suffix}")
        pipeline = make_pipeline(features, StandardScaler(), LogisticRegression()).fit(X, y)
        (export if suffix == ".onnx" else save)(pipeline, path)
        return path.read_bytes()


def saved(folder, rng):
    """The safe format: refused in a line, or the same detector."""
    from skvoicefake.persistence import UnsafeFileError
    from skvoicefake.persistence import load as load_saved

    content = detector_file(".skvf")
    content = mutate(content, rng, [content]) if rng.random() < 0.5 else mutated_member(content, rng)
    path = Path(folder, "detector.skvf")
    path.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load_saved(path)
    except Exception as error:
        return refusal(error, "detector.skvf", ValueError, OSError, UnsafeFileError)
    path.write_bytes(detector_file(".skvf"))
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    if not np.array_equal(found.decision_function([clip]), load_saved(path).decision_function([clip])):
        raise Finding("a damaged file was loaded, and gives other scores")
    return READ


def exported(folder, rng):
    """An exported detector: refused in a line, or finite scores, as it has no checksum of its own."""
    from skvoicefake.persistence import OnnxDetector

    content = detector_file(".onnx")
    path = Path(folder, "detector.onnx")
    path.write_bytes(mutate(content, rng, [content]))
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    try:
        probabilities = OnnxDetector(path).predict_proba([clip])
    except Exception as error:
        return refusal(error, "detector.onnx", ValueError, OSError)
    if probabilities.shape != (1, 2) or not np.isfinite(probabilities).all():
        raise Finding(f"loaded, and gives {probabilities}")
    return READ
