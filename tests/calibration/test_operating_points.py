"""Operating points, with scikit-learn's own tools."""

import pickle

import numpy as np
import pytest
from scipy.special import expit
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline
from sklearn.utils._testing import assert_allclose

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.metrics import actual_detection_cost, cllr, equal_error_rate
from tests.checks.scores import gaussian_clips


def false_alarm_and_miss_rate(y_true, y_pred):
    (true_fake, false_alarm), (miss, true_real) = confusion_matrix(y_true, y_pred, labels=["fake", "real"])
    return false_alarm / (true_fake + false_alarm), miss / (miss + true_real)


def hits_at_false_alarm_rate(y_true, y_pred, *, limit):
    false_alarms, misses = false_alarm_and_miss_rate(y_true, y_pred)
    return 1 - misses if false_alarms <= limit else -false_alarms


def balance_of_errors(y_true, y_pred):
    false_alarms, misses = false_alarm_and_miss_rate(y_true, y_pred)
    return -abs(false_alarms - misses)


@pytest.fixture(scope="module")
def calibrated():
    return LLRCalibrator(LogisticRegression()).fit(*gaussian_clips(300, 900))


@pytest.mark.parametrize("p_spoof", [0.05, 0.5, 0.9])
def test_threshold_by_cost(calibrated, p_spoof):
    X, y = gaussian_clips(400, 400, seed=1)
    llr = calibrated.decision_function(X)
    threshold = -np.log(1 * (1 - p_spoof) / (10 * p_spoof))
    expected = np.where(llr >= threshold, "real", "fake")
    for response_method, at in (("decision_function", threshold), ("predict_proba", expit(threshold))):
        fixed = FixedThresholdClassifier(FrozenEstimator(calibrated), threshold=at, response_method=response_method)
        assert np.array_equal(fixed.fit(X, y).predict(X), expected)
        fixed.set_params(pos_label="fake", threshold=-at if at == threshold else 1 - at)
        assert np.array_equal(fixed.fit(X, y).predict(X), expected)
    # The verdicts cost what the metric says.
    false_alarms, misses = false_alarm_and_miss_rate(y, expected)
    cost = ((1 - p_spoof) * misses + 10 * p_spoof * false_alarms) / min(1 - p_spoof, 10 * p_spoof)
    assert actual_detection_cost(y, llr, p_spoof=p_spoof) == pytest.approx(cost)


@pytest.mark.parametrize("limit", [0.01, 0.1])
@pytest.mark.parametrize("response_method", ["decision_function", "predict_proba"])
def test_threshold_by_false_alarm_rate(calibrated, limit, response_method):
    X, y = gaussian_clips(200, 200, seed=1)
    response = getattr(calibrated, response_method)(X)
    candidates = np.sort(response if response.ndim == 1 else response[:, 1])
    tuned = TunedThresholdClassifierCV(
        calibrated,
        scoring=make_scorer(hits_at_false_alarm_rate, limit=limit),
        response_method=response_method,
        thresholds=candidates,
        cv="prefit",
        refit=False,
    ).fit(X, y)
    false_alarms, misses = false_alarm_and_miss_rate(y, tuned.predict(X))
    assert false_alarms <= limit
    llr = calibrated.decision_function(X)
    rates = [false_alarm_and_miss_rate(y, np.where(llr >= threshold, "real", "fake")) for threshold in llr]
    assert misses == min(miss for false_alarm, miss in rates if false_alarm <= limit)


def test_threshold_by_equal_errors(calibrated):
    X, y = gaussian_clips(200, 200, seed=1)
    tuned = TunedThresholdClassifierCV(
        calibrated,
        scoring=make_scorer(balance_of_errors),
        response_method="decision_function",
        thresholds=np.sort(calibrated.decision_function(X)),
        cv="prefit",
        refit=False,
    ).fit(X, y)
    eer = equal_error_rate(y, calibrated.decision_function(X))
    assert false_alarm_and_miss_rate(y, tuned.predict(X)) == pytest.approx((eer, eer), abs=0.01)


def test_thresholds_by_cross_validation():
    X, y = gaussian_clips(100, 300)
    tuned = TunedThresholdClassifierCV(
        LLRCalibrator(LogisticRegression()),
        scoring=make_scorer(balance_of_errors),
        response_method="decision_function",
        cv=3,
    ).fit(X, y)
    assert false_alarm_and_miss_rate(y, tuned.predict(X)) == pytest.approx((0.16, 0.16), abs=0.06)


@pytest.mark.slow
def test_from_waveforms_to_verdicts():
    """A pipeline with a network, on lists of waveforms of many lengths with string labels, in all three tools."""
    from skvoicefake import CNNLSTMClassifier, MFCCTransformer

    rng = np.random.default_rng(0)
    y = np.repeat(["fake", "real"], [24, 24])
    groups = np.tile(np.arange(6), 8)
    clips = [0.1 * rng.normal(size=1200 + 20 * i) for i in range(48)]
    clips = [x if label == "fake" else x + np.roll(x, 1) for x, label in zip(clips, y, strict=True)]
    network = CNNLSTMClassifier(
        filters=4,
        kernel_size=3,
        lstm_units=4,
        dense_units=(),
        learning_rate=0.05,
        batch_size=8,
        epochs=12,
        validation_fraction=0.3,
        random_state=0,
    )
    mfcc = MFCCTransformer(sample_rate=8000, duration=0.15, n_mfcc=5, n_mels=16, n_fft=256)
    pipe = Pipeline([("mfcc", mfcc), ("clf", network)])
    calibrated = LLRCalibrator(pipe, cv=2).fit(clips, y, groups=groups, clf__groups=groups)
    llr = calibrated.decision_function(clips)
    assert_allclose(llr, calibrated.slope_ * calibrated.estimator_.decision_function(clips) + calibrated.offset_)
    assert cllr(y == "real", llr) < 0.9
    assert_allclose(pickle.loads(pickle.dumps(calibrated)).decision_function(clips), llr, atol=1e-5)

    fixed = FixedThresholdClassifier(FrozenEstimator(calibrated), threshold=-1.0, response_method="decision_function")
    assert np.array_equal(fixed.fit(clips, y).predict(clips), np.where(llr >= -1.0, "real", "fake"))
    tuned = TunedThresholdClassifierCV(
        calibrated,
        scoring=make_scorer(hits_at_false_alarm_rate, limit=0.1),
        response_method="decision_function",
        thresholds=np.sort(llr),
        cv="prefit",
        refit=False,
    ).fit(clips, y)
    assert np.array_equal(tuned.predict(clips), np.where(llr >= tuned.best_threshold_, "real", "fake"))
    assert false_alarm_and_miss_rate(y, tuned.predict(clips))[0] <= 0.1
    across = TunedThresholdClassifierCV(pipe, scoring="balanced_accuracy", cv=2).fit(clips, y)
    assert across.classes_.tolist() == ["fake", "real"]
    assert across.score(clips, y) > 0.6
