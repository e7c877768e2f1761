import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer
from skvoicefake.detectors._shipped import _load
from tests.checks.shipped import frozen_detector

RATE = 16_000


def sound(kind, seed, seconds=0.5):
    """Return white noise for "real", and noise whose neighbouring samples are alike for "fake"."""
    noise = 0.1 * np.random.default_rng(seed).normal(size=round(seconds * RATE) + 1)
    return (noise[1:] if kind == "real" else (noise[1:] + 0.8 * noise[:-1]) / 1.28).astype(np.float32)


@pytest.fixture(scope="session")
def pipeline():
    """A fitted detector of half a second, that needs no network."""
    labels = ["real", "fake"] * 12
    found = make_pipeline(
        MFCCTransformer(duration=0.5, n_mfcc=8, output="stats"), StandardScaler(), LogisticRegression()
    )
    return found.fit([sound(label, seed) for seed, label in enumerate(labels)], labels)


@pytest.fixture(scope="session")
def recording():
    """Six seconds of real sound, but for the fourth and fifth half second."""
    return np.concatenate([sound("real", 100, 1.5), sound("fake", 101, 1.0), sound("real", 102, 3.5)])


@pytest.fixture(scope="session")
def guarded_detector(tmp_path_factory):
    """A small detector of the form of the one in the package, and what it was made of."""
    folder = tmp_path_factory.mktemp("shipped")
    fitted = frozen_detector(folder)
    return _load(folder), fitted
