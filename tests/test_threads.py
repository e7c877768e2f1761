"""Many threads, one estimator: what each is told is what one thread alone is told."""

import threading

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skvoicefake import CNNLSTMClassifier, MFCCTransformer, baselines, load_detector
from tests.checks.shipped import sounds

N_THREADS = 24


@pytest.fixture(scope="module")
def clips():
    """Return clips, their labels, and for every thread those that it asks about."""
    X, y = sounds(10)
    rng = np.random.default_rng(0)
    return X, y, [rng.choice(len(X), size=rng.integers(1, 4), replace=False) for _ in range(N_THREADS)]


def check_threads(estimator, clips, methods=("decision_function", "predict_proba", "predict")):
    X, _, asked = clips

    def answers(i):
        method = getattr(estimator, methods[i % len(methods)])
        return [method([X[k] for k in asked[i]]) for _ in range(2)]

    expected = [answers(i) for i in range(N_THREADS)]
    found, together = [None] * N_THREADS, threading.Barrier(N_THREADS)

    def work(i):
        together.wait()
        try:
            found[i] = answers(i)
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=work, args=(i,)) for i in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, list), one
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_detector_in_the_package(clips):
    check_threads(load_detector(), clips)


@pytest.mark.parametrize(
    "name", ["trivial features", "LFCC statistics + logistic regression", "LFCC statistics + SVM", "LFCC-GMM"]
)
def test_baselines(name, clips, tmp_path):
    pipeline = baselines(duration=1.0, cache=tmp_path)[name]
    if name == "LFCC-GMM":
        pipeline.set_params(gmm__n_components=4)
    check_threads(pipeline.fit(clips[0], clips[1]), clips)


@pytest.mark.slow
def test_the_network(clips):
    network = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=1, early_stopping=False)
    pipeline = make_pipeline(MFCCTransformer(duration=0.5, n_mfcc=5), network)
    X, y, asked = clips
    # Of one size, as a graph is made for every other one.
    check_threads(pipeline.fit(X, y), (X, y, [np.resize(some, 2) for some in asked]))
