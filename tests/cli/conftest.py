import joblib
import numpy as np
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer

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


@pytest.fixture
def clips(tmp_path):
    """Return a function that writes a sound to a file of the test's folder and returns its path."""

    def write(name, samples=None, rate=RATE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound("real", 7) if samples is None else samples, rate)
        return str(path)

    return write
