import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from skvoicefake.detectors import baselines
from tests.checks.kept import entries

N_CLIPS = 24
RATE = 8000
CHEAP = ["trivial features", "LFCC statistics + logistic regression", "LFCC statistics + SVM", "LFCC-GMM"]
NETWORK = "MFCC + CNN-LSTM"


@pytest.fixture(scope="module")
def clips():
    """White noise, and the same with its high frequencies taken away, in any order."""
    rng = np.random.default_rng(0)
    waveforms = [0.1 * rng.normal(size=1600 + 40 * i) for i in range(N_CLIPS)]
    return [np.convolve(y, np.ones(8) / 8, "same") if i % 2 else y for i, y in enumerate(waveforms)]


@pytest.fixture(scope="module")
def y():
    return np.tile(["fake", "real"], N_CLIPS // 2)


def quick(**parameters):
    pipelines = baselines(**({"sample_rate": RATE, "duration": 0.2} | parameters))
    pipelines["LFCC-GMM"].set_params(gmm__n_components=4)
    pipelines[NETWORK].set_params(
        clf__filters=4, clf__lstm_units=4, clf__dense_units=4, clf__learning_rate=0.05, clf__batch_size=8,
        clf__epochs=15, clf__early_stopping=False,
    )  # fmt: skip
    return pipelines


def test_names():
    assert list(baselines()) == [*CHEAP, NETWORK]


@pytest.mark.parametrize("name", [*CHEAP, NETWORK])
def test_each_is_a_whole_detector(name, clips, y):
    detector = quick()[name]
    assert isinstance(detector, Pipeline)
    assert is_classifier(detector)
    detector.fit(clips[:16], y[:16])
    assert detector.classes_.tolist() == ["fake", "real"]
    assert detector.score(clips[16:], y[16:]) == 1
    # All that it says agrees: by the sign of the score, and by its size.
    scores = detector.decision_function(clips)
    assert np.array_equal(detector.predict(clips), np.where(scores > 0, "real", "fake"))
    np.testing.assert_allclose(detector.predict_proba(clips)[:, 1], expit(scores), rtol=1e-6)


@pytest.mark.parametrize("name", CHEAP)
def test_the_same_bits_again(name, clips, y):
    first, again = (quick()[name].fit(clips, y).decision_function(clips) for _ in range(2))
    assert np.array_equal(first, again)


def test_parameters_reach_every_step():
    found = baselines(sample_rate=8000, duration=1.5, cache="store", n_jobs=2, random_state=7)
    for detector in found.values():
        parameters = detector.get_params()
        for name, value in {"sample_rate": 8000, "cache": "store", "n_jobs": 2}.items():
            assert parameters[f"{detector.steps[0][0]}__{name}"] == value
        first = detector.steps[0][0]
        assert parameters.get(f"{first}__duration", 1.5) == 1.5
    assert found["LFCC-GMM"]["gmm"].random_state == found[NETWORK]["clf"].random_state == 7


def test_calls_share_nothing():
    one, other = baselines(), baselines()
    for name, detector in one.items():
        assert all(a is not b for (_, a), (_, b) in zip(detector.steps, other[name].steps, strict=True))
    statistics = [one[name]["lfcc"] for name in CHEAP[1:3]]
    assert statistics[0] is not statistics[1]


def test_features_are_kept(clips, y, tmp_path):
    """A store holds an entry a clip and front end; the two detectors on one front end share it."""
    for detector in quick(cache=tmp_path / "store").values():
        detector[0].fit_transform(clips)
    assert len(entries(tmp_path / "store")) == 4 * N_CLIPS


def test_the_room_loads_no_network():
    script = "import sys, skvoicefake.detectors; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {"tensorflow", "keras", "scikeras", "librosa", "matplotlib"}
