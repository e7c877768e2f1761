"""The recommended detector, fitted to a few seconds of pseudo-speech."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from skvoicefake.detectors import recommended_detector
from tests.checks.speech import speech


def sounds(n, start=0):
    """Return n clips of either class and their labels; the fakes tremble, which no room and no codec takes away."""
    clips = [speech(seed, seconds=1.5, voice=seed % 5) for seed in range(start, start + 2 * n)]
    trembling = 1 + 0.9 * np.sin(2 * np.pi * 30 * np.arange(len(clips[0])) / 16_000)
    return clips[:n] + [(clip * trembling / 2).astype(np.float32) for clip in clips[n:]], ["real"] * n + ["fake"] * n


@pytest.fixture(scope="module")
def fitted():
    clips, labels = sounds(20)
    detector = recommended_detector(n_jobs=2, random_state=0)
    detector.set_params(estimator__estimator__clf__estimator__n_estimators=20)
    return detector.fit(clips, labels, clf__groups=[f"source {i % 6}" for i in range(len(clips))])


def test_it_tells_clips_apart_that_it_has_not_heard(fitted):
    clips, labels = sounds(16, start=200)
    verdicts, scores = fitted.verdict(clips), fitted.decision_function(clips)
    assert roc_auc_score(np.array(labels) == "real", fitted.estimator_.decision_function(clips)) > 0.85
    np.testing.assert_array_equal(verdicts == "real", scores > 0)
    np.testing.assert_array_equal(verdicts == "fake", scores < 0)
    assert np.mean(scores == 0) < 0.3


def test_it_gives_no_verdict_on_silence_and_snippets(fitted):
    strange = [np.zeros(16_000), sounds(1)[0][0][:3000]]
    assert fitted.verdict(strange).tolist() == ["not enough speech"] * 2
    np.testing.assert_array_equal(fitted.decision_function(strange), 0)
    np.testing.assert_array_equal(fitted.predict_proba(strange), 0.5)


def test_it_is_a_scikit_learn_estimator(fitted):
    clips, _ = sounds(2, start=300)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(again.decision_function(clips), fitted.decision_function(clips), rtol=1e-9)
    new = clone(fitted)
    assert not hasattr(new, "classes_")
    assert new.get_params()["estimator__estimator__clf__estimator__n_estimators"] == 20
    assert new.get_params()["estimator__n_jobs"] == 2


def test_the_seed_decides(fitted):
    clips, labels = sounds(20)
    groups = [f"source {i % 6}" for i in range(len(clips))]
    again = clone(fitted).set_params(estimator__n_jobs=1).fit(clips, labels, clf__groups=groups)
    # Threads add the answers of the trees in any order.
    np.testing.assert_allclose(again.decision_function(clips), fitted.decision_function(clips), rtol=1e-9)
