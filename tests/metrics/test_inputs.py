import inspect
import warnings

import numpy as np
import pandas as pd
import pytest

from skvoicefake.metrics import (
    UpsideDownWarning,
    confidence_interval,
    det_curve,
    equal_error_rate,
    min_detection_cost,
)
from skvoicefake.metrics._inputs import log_odds
from tests.checks.scores import METRICS

PUBLIC = METRICS | {"det_curve": det_curve}
every_metric = pytest.mark.parametrize("name", PUBLIC)


@every_metric
@pytest.mark.parametrize(
    ("y", "scores", "options", "message"),
    [
        (["real", "real"], [0, 1], {}, r"needs two classes, y_true has 1: \['real'\]"),
        ([], [], {}, "needs two classes, y_true has 0"),
        (["a", "b", "c"], [0, 1, 2], {}, r"needs two classes, y_true has 3: \['a', 'b', 'c'\]"),
        (np.linspace(0, 1, 9), np.arange(9), {}, "needs two classes, y_true has more than five"),
        (["real", 1, "fake"], [0, 1, 2], {}, "y_true mixes text and other labels"),
        (np.array(["real", 1], dtype=object), [0, 1], {}, "y_true mixes text and other labels"),
        ([["real"], [1]], [0, 1], {}, "y_true mixes text and other labels"),
        ([[0, 1], [1, 0]], [0, 1], {}, r"y_true should have the shape \(n_clips,\), got an array of shape \(2, 2\)"),
        ([[0], [1, 2]], [0, 1], {}, "y_true should be one label a clip"),
        (np.array([["a"], ["b", "c"]], dtype=object), [0, 1], {}, "y_true should be one label a clip"),
        ([0, 1], [[0.3, 0.7], [0.6, 0.4]], {}, r"y_score should have the shape.*predict_proba\(X\)\[:, 1\]"),
        ([0, 1], ["low", "high"], {}, "y_score should be one number a clip: could not convert"),
        ([0, 1], [0, None], {}, "y_score"),
        ([0, 1], [0, 10**400], {}, "y_score should be one number a clip: int too large"),
        ("fake", [0], {}, r"y_true should have the shape \(n_clips,\), got an array of shape \(\)"),
        (["real", "fake"], [0, 1], {"pos_label": "spoof"}, r"pos_label='spoof' is none.*\('fake', 'real'\)"),
        (["real", "fake"], [0, np.nan], {}, "1 scores that are NaN or infinite, the first at position 1"),
        (["real", "fake"], [-np.inf, 0], {}, "1 scores that are NaN or infinite, the first at position 0"),
        (["real", "fake"], [0, 1, 2], {}, "y_score have inconsistent numbers of samples: 2 and 3"),
        ([0, 1, np.nan], [0, 1, 2], {}, "y_true holds 1 labels that are NaN or None"),
        ([0, 1, None], [0, 1, 2], {}, "y_true holds 1 labels that are NaN or None"),
        (["real", "fake", np.nan], [0, 1, 2], {}, "y_true holds 1 labels that are NaN or None"),
        (np.array(["real", "fake", np.nan, None], dtype=object), [0, 1, 2, 3], {}, "y_true holds 2 labels that are"),
        (pd.Series(["real", "fake", None]), [0, 1, 2], {}, "y_true holds 1 labels that are"),
        (pd.Series(["real", "fake", pd.NA], dtype="string"), [0, 1, 2], {}, "y_true holds 1 labels that are"),
        (pd.Series([0, 1, pd.NA], dtype="Int64"), [0, 1, 2], {}, "y_true holds 1 labels that are"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [0, 1, 1]}, "all clips of class 0 a weight of zero"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, 0, 0]}, "all clips of class 1 a weight of zero"),
        (
            [0, 1, 1],
            [0, 1, 2],
            {"sample_weight": [1, -1, 2]},
            "1 weights that are NaN, infinite or negative, the first at position 1",
        ),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, np.nan, 2]}, "NaN, infinite or negative"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, np.inf, 2]}, "NaN, infinite or negative"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1e308, 1e308, 2]}, "too large to add up. Divide all by the largest"),
        (
            [0, 1, 1],
            [0, 1, 2],
            {"sample_weight": [1, 2]},
            "sample_weight have inconsistent numbers of samples: 3 and 2",
        ),
    ],
)
def test_bad_input_is_named(name, y, scores, options, message):
    with pytest.raises(ValueError, match=message):
        PUBLIC[name](y, scores, **options)


@pytest.mark.parametrize(
    "labels",
    [
        ["fake", "real", "real"],
        ("fake", "real", "real"),
        np.array(["fake", "real", "real"]),
        np.array(["fake", "real", "real"], dtype=object),
        np.array(["fake", "real", "real"])[:, np.newaxis],
        pd.Series(["fake", "real", "real"], index=[7, 8, 9]),
        pd.Series(["fake", "real", "real"], dtype="string"),
        pd.Series(["fake", "real", "real"], dtype="category"),
        pd.DataFrame({"target": ["fake", "real", "real"]}),
    ],
    ids=["list", "tuple", "text", "object", "column", "series", "string", "category", "frame"],
)
@every_metric
def test_any_column_of_words_will_do(name, labels):
    scores, weights = [0.0, 1.0, 2.0], [1, 2, 1]
    expected = PUBLIC[name](["fake", "real", "real"], scores, sample_weight=weights)
    found = PUBLIC[name](labels, pd.Series(scores, index=[3, 2, 1]), sample_weight=tuple(weights))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("labels", [[0, 1, 1], [False, True, True], [-1.0, 1.0, 1.0], [b"a", b"b", b"b"]])
def test_other_labels_will_do(labels):
    assert equal_error_rate(labels, [0, 1, 2]) == 0
    assert equal_error_rate(labels, [2, 1, 0], pos_label=labels[0]) == 0


@pytest.mark.parametrize("name", ["eer-asvspoof", "min_dcf", "act_dcf", "min_tdcf-2019", "min_tdcf-2021"])
def test_the_real_voice_is_asked_for(name):
    metric = METRICS[name]
    y, scores = np.array([0, 0, 1, 1, 1]), np.array([-2.0, 1.0, -1.0, 2.0, 3.0])
    with pytest.raises(
        ValueError, match=r"the labels \[0, 1\] do not tell which is which.*real_label=0 or real_label=1, whichever"
    ):
        metric(y, scores)
    with pytest.raises(ValueError, match=r"real_label='real' is none of the labels in y_true, \[0, 1\]"):
        metric(y, scores, real_label="real")
    with pytest.raises(ValueError, match=r"\['attack', 'bonafide'\] do not tell"):
        metric(np.where(y == 1, "bonafide", "attack"), scores)
    words = np.where(y == 1, "Bona-Fide", "Spoof")
    assert metric(y, scores, real_label=1) == metric(words, scores, pos_label="Bona-Fide")
    words = np.where(y == 1, "spoof", "bonafide")
    assert metric(y, scores, real_label=0) == metric(words, scores)


def test_weights_of_fakes_and_real_clips_differ():
    # One of two real clips called fake costs less than one of two fakes called real.
    y, scores = ["fake", "fake", "real", "real"], [0, 2, 1, 3]
    assert min_detection_cost(y, scores, p_spoof=0.5, c_miss=1, c_fa=10) == pytest.approx(0.5)
    assert min_detection_cost(y, scores, p_spoof=0.5, c_miss=10, c_fa=10) == pytest.approx(0.5)
    assert min_detection_cost([0, 0, 0, 1], [0, 1, 3, 2], p_spoof=0.5, c_fa=1, real_label=1) == pytest.approx(1 / 3)
    assert min_detection_cost([0, 0, 0, 1], [0, 1, 3, 2], p_spoof=0.5, c_fa=0.1, real_label=1) == pytest.approx(1 / 3)


@every_metric
def test_upside_down_scores_warn_once_and_point_at_the_caller(name):
    with pytest.warns(UpsideDownWarning) as caught:
        PUBLIC[name](["spoof", "spoof", "bonafide", "bonafide"], [0, 1, 2, 3])
    line = inspect.currentframe().f_lineno - 1
    assert [(warning.filename, warning.lineno) for warning in caught] == [(__file__, line)]
    assert "They should rise towards 'spoof'. If they rise towards 'bonafide', pass pos_label='bonafide'." in str(
        caught[0].message
    )


def test_intervals_warn_once_and_point_at_the_caller():
    rng = np.random.default_rng(0)
    y = np.repeat(["spoof", "bonafide"], 20)
    scores = rng.normal(size=40) + (y == "bonafide")
    metrics = [equal_error_rate, lambda y, s: equal_error_rate(y, s)]
    for metric in metrics:
        with pytest.warns(UpsideDownWarning) as caught:
            confidence_interval(metric, y, scores, n_resamples=20)
        assert [warning.filename for warning in caught] == [__file__]


@every_metric
def test_scores_the_right_way_up_do_not_warn(name):
    # Warnings are errors.
    PUBLIC[name](["spoof", "spoof", "bonafide", "bonafide"], [0, 2, 1, 3], pos_label="bonafide")


def test_chance_does_not_warn():
    for n in range(2, 30):
        equal_error_rate(np.arange(n) % 2, np.zeros(n))


def test_a_place_is_warned_of_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for score in range(1, 4):
            equal_error_rate([0, 1], [score, 0])
    assert len(caught) == 1


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 36.74), (np.float32, 16.64), (int, 36.74)])
def test_log_odds_of_certain_probabilities_are_finite_and_alike_on_both_sides(dtype, limit):
    low, high = found = log_odds(np.array([0, 1], dtype=dtype))
    assert found.dtype == np.float64
    assert high == -low == pytest.approx(limit, abs=0.01)
    columns = np.array([[1, 0], [0, 1]], dtype=dtype)
    np.testing.assert_array_equal(log_odds(columns), found)


def test_log_odds_between():
    np.testing.assert_allclose(log_odds([0.5, 0.9, 1e-9]), [0, np.log(9), np.log(1e-9)], atol=1e-8)
    assert log_odds([]).shape == (0,)
