import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skvoicefake import MFCCTransformer
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import DomainGuard, GuardedClassifier, load_detector
from skvoicefake.inspection._answers import Asker, duration_of, rate_of
from tests.inspection.conftest import sound

LABELS = ["real", "fake"] * 10
CLIPS = [sound(label, seed) for seed, label in enumerate(LABELS)]


def fitted(classifier, labels=LABELS):
    return make_pipeline(MFCCTransformer(duration=0.5, n_mfcc=8, output="stats"), classifier).fit(CLIPS, labels)


def test_answers_are_those_of_the_estimator(pipeline):
    answers = Asker(pipeline).answers(CLIPS)
    np.testing.assert_array_equal([a.score for a in answers], pipeline.decision_function(CLIPS))
    np.testing.assert_array_equal([a.probability_fake for a in answers], pipeline.predict_proba(CLIPS)[:, 0])
    assert {a.remark for a in answers} == {""}


def test_scores_rise_towards_the_real_voice_whatever_it_is_called(pipeline):
    expected = [label == "real" for label in LABELS]
    spoof = fitted(clone(pipeline[-1]), ["bonafide" if label == "real" else "spoof" for label in LABELS])
    numbers = fitted(clone(pipeline[-1]), [int(label == "fake") for label in LABELS])
    for asker in (Asker(spoof), Asker(numbers, real_label=0)):
        answers = asker.answers(CLIPS)
        assert [a.score > 0 for a in answers] == expected
        assert [a.probability_fake < 0.5 for a in answers] == expected
    with pytest.raises(ValueError, match=r"Cannot tell which of the classes \[0, 1\] .* Name it: real_label=..."):
        Asker(numbers)
    with pytest.raises(ValueError, match="real_label='human' is none of the classes"):
        Asker(numbers, real_label="human")


def test_without_probabilities_or_without_scores():
    answers = Asker(fitted(SVC())).answers(CLIPS[:2])
    assert answers[0].score > 0 > answers[1].score
    assert np.isnan([a.probability_fake for a in answers]).all()
    calibrated = fitted(CalibratedClassifierCV(SVC(), cv=2))
    scores = [a.score for a in Asker(calibrated).answers(CLIPS)]
    probabilities = calibrated.predict_proba(CLIPS)[:, 1]
    np.testing.assert_allclose(scores, np.log(probabilities / (1 - probabilities)))


def test_a_classifier_without_scores_is_refused():
    by_vote = fitted(VotingClassifier([("svm", SVC()), ("more", SVC(C=2))]))
    with pytest.raises(ValueError, match=r"^Pipeline has neither decision_function nor predict_proba\. Take a"):
        Asker(by_vote)


def test_a_clip_that_is_refused_costs_no_other(pipeline):
    silent = np.zeros(8000, np.float32)
    answers = Asker(pipeline).answers([CLIPS[0], silent, CLIPS[1]])
    np.testing.assert_allclose([answers[0].score, answers[2].score], pipeline.decision_function(CLIPS[:2]), rtol=1e-6)
    assert np.isnan(answers[1].score)
    assert answers[1].remark.startswith("expected sound, got a silent clip")


def test_remarks_of_a_guard(guarded_detector):
    speechless = np.zeros(16_000, np.float32)
    for detector in guarded_detector:
        noise = sound("real", 0, 1.0)
        answers = Asker(detector).answers([speechless, noise])
        assert [(a.score, a.probability_fake, a.remark) for a in answers] == [(0.0, 0.5, "not enough speech")] * 2
    # Around it, a score of 0 is moved.
    pipe = fitted(SVC())
    guarded = GuardedClassifier(pipe, DomainGuard(min_speech=0, max_rejected=0)).fit(CLIPS, LABELS)
    assert [a.remark for a in Asker(guarded).answers(CLIPS[:3])] == [""] * 3
    np.testing.assert_array_equal([a.score for a in Asker(guarded).answers(CLIPS)], guarded.decision_function(CLIPS))


def test_the_rate_and_the_length_of_what_an_estimator_hears(pipeline, guarded_detector):
    slow = make_pipeline(MFCCTransformer(sample_rate=8000, duration=2.0, output="stats"), LLRCalibrator(SVC()))
    search = GridSearchCV(slow, {"mfcctransformer__n_mfcc": [5]}, cv=2).fit(CLIPS, LABELS)
    guarded = GuardedClassifier(slow, DomainGuard(sample_rate=8000, min_speech=0, max_rejected=0)).fit(CLIPS, LABELS)
    for estimator in (slow, search, guarded):
        assert rate_of(estimator, None) == 8000
        assert duration_of(estimator) == 2.0
    assert rate_of(pipeline, None) == 16_000
    for detector in (*guarded_detector, load_detector()):
        assert rate_of(detector, None) == 16_000
        assert duration_of(detector) == 10.0
    assert rate_of(SVC(), None) == 16_000
    assert duration_of(SVC()) is None
    assert rate_of(slow, 24_000) == 24_000
    with pytest.raises(ValueError, match="sample_rate must lie between 1000 and 768000 Hz, got 10"):
        rate_of(slow, 10)


def test_what_is_no_fitted_classifier_of_two_classes(pipeline):
    with pytest.raises(NotFittedError):
        Asker(clone(pipeline))
    with pytest.raises(ValueError, match="got Pipeline, which has 0"):
        Asker(
            make_pipeline(MFCCTransformer(duration=0.5, output="stats"), LinearRegression()).fit(CLIPS, np.arange(20))
        )
    with pytest.raises(ValueError, match="got Pipeline, which has 3"):
        Asker(fitted(SVC(), ["real", "fake", "noise", "fake"] * 5))
    with pytest.raises(TypeError, match="got a class: SVC"):
        Asker(SVC)
    with pytest.raises(ValueError, match="got str, which has 0"):
        Asker("detector.joblib")


def test_what_comes_from_a_file_has_no_fit(pipeline):
    class Loaded:
        classes_, sample_rate, duration = pipeline.classes_, 16_000, 0.5
        predict, predict_proba = pipeline.predict, pipeline.predict_proba

    answers = Asker(Loaded()).answers(CLIPS[:2])
    np.testing.assert_allclose([a.score for a in answers], pipeline.decision_function(CLIPS[:2]), rtol=1e-5)
    assert duration_of(Loaded()) == 0.5
