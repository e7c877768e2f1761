import signal
import subprocess
import sys
from contextlib import ExitStack

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer
from skvoicefake.detectors import _shipped
from tests.checks.shipped import frozen_detector, sounds

RATE = 16_000
SPEAKERS = ("anna", "ben", "cleo", "dan", "eve", "fred")


def sound(kind, seed, seconds=0.3):
    """Return white noise for "real", and noise whose neighbouring samples are alike for "fake"."""
    noise = 0.1 * np.random.default_rng(seed).normal(size=int(seconds * RATE) + 1)
    return noise[1:] if kind == "real" else (noise[1:] + 0.8 * noise[:-1]) / 1.28


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder with four real and four fake clips of each of six speakers, whose files differ in length."""
    root = tmp_path_factory.mktemp("corpus")
    for k, kind in enumerate(("real", "fake")):
        for s, speaker in enumerate(SPEAKERS):
            (root / kind / speaker).mkdir(parents=True)
            for i in range(4):
                soundfile.write(
                    root / kind / speaker / f"{i}.wav", sound(kind, 100 * k + 10 * s + i, 0.3 + 0.01 * s), RATE
                )
    return root


@pytest.fixture(scope="session")
def quick_pipeline(corpus):
    """A fitted detector that needs no network."""
    paths = [str(path) for path in sorted(corpus.rglob("*.wav"))]
    pipeline = make_pipeline(
        MFCCTransformer(duration=0.3, n_mfcc=5, output="stats"), StandardScaler(), LogisticRegression()
    )
    return pipeline.fit(paths, ["real" if "/real/" in path else "fake" for path in paths])


@pytest.fixture(scope="session")
def quick_detector(quick_pipeline, tmp_path_factory):
    """The same in a file."""
    path = tmp_path_factory.mktemp("quick") / "quick.joblib"
    joblib.dump(quick_pipeline, path)
    return path


@pytest.fixture(scope="session")
def shipped_folder(tmp_path_factory):
    """The files of a small detector of the form of the one in the package."""
    folder = tmp_path_factory.mktemp("shipped")
    frozen_detector(folder)
    return folder


@pytest.fixture
def shipped(shipped_folder, monkeypatch):
    """The same in the place of the one in the package."""
    monkeypatch.setattr(_shipped, "FOLDER", shipped_folder)
    return _shipped.load_detector()


@pytest.fixture(scope="session")
def speech_corpus(tmp_path_factory):
    """A folder with three real and three fake clips of what that detector knows, and one of each that is noise."""
    root = tmp_path_factory.mktemp("speech")
    for i, (clip, kind) in enumerate(zip(*sounds(3, start=700), strict=True)):
        (root / kind).mkdir(exist_ok=True)
        soundfile.write(root / kind / f"{i}.wav", clip, RATE)
        soundfile.write(root / kind / "noise.wav", sound(kind, 5), RATE)
    return root


@pytest.fixture
def clips(tmp_path):
    """Return a function that writes a sound to a file of the test's folder and returns its path."""

    def write(name, samples=None, rate=RATE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound("real", 7) if samples is None else samples, rate)
        return str(path)

    return write


@pytest.fixture
def start():
    """Return a function that starts the command in a process of its own, which ends with the test."""
    with ExitStack() as processes:

        def run(*arguments):
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            command = [sys.executable, "-m", "skvoicefake", *map(str, arguments)]
            # Shells have what they start in the background ignore Ctrl-C, tests and all that these start among it.
            process = subprocess.Popen(
                command, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **pipes
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield run


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    return str(path)
