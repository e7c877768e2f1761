from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from skvoicefake.metrics import (
    UpsideDownWarning,
    cllr,
    confidence_interval,
    det_curve,
    equal_error_rate,
    min_detection_cost,
)
from skvoicefake.metrics._bootstrap import intervals
from tests.checks.scores import METRICS, random_scores

ALL = METRICS | {"auc": roc_auc_score}


def weighted(metric):
    """Hide a metric from the list of the known ones, so that it gets labels, scores and weights."""
    return lambda y, scores, sample_weight=None: metric(y, scores, sample_weight=sample_weight)


def plain(metric):
    return lambda y, scores: metric(y, scores)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_known_metrics_get_what_others_get(name, grouped):
    y, scores = random_scores(60, seed=0, ties=True)
    y = np.where(y == "bonafide", "real", "fake")
    options = {"groups": np.arange(60) % 12 if grouped else None, "n_resamples": 50, "random_state": 0}
    found = confidence_interval(ALL[name], y, scores, **options)
    assert found.low < found.high
    assert found == pytest.approx(confidence_interval(weighted(ALL[name]), y, scores, **options), abs=1e-12)
    assert found == pytest.approx(confidence_interval(plain(ALL[name]), y, scores, **options), abs=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_weights_are_drawn_along(name):
    y, scores = random_scores(40, seed=1)
    y = np.where(y == "bonafide", "real", "fake")
    weights = np.arange(40) % 4
    options = {"n_resamples": 30, "random_state": 0, "sample_weight": weights}
    found = confidence_interval(ALL[name], y, scores, **options)
    assert found == pytest.approx(confidence_interval(weighted(ALL[name]), y, scores, **options), abs=1e-12)
    options["sample_weight"] = None
    assert found != confidence_interval(ALL[name], y, scores, **options)


def test_parameters_reach_the_metric():
    y, scores = random_scores(50, seed=2)
    options = {"n_resamples": 40, "random_state": 0}
    params = {"pos_label": "bonafide", "p_spoof": 0.5, "c_fa": 1}
    found = confidence_interval(min_detection_cost, y, scores, **options, **params)
    # Spoof is the greater label, and what scores rise towards for a metric that is told nothing.
    hidden = plain(partial(min_detection_cost, p_spoof=0.5, c_fa=1))
    expected = confidence_interval(hidden, y, -scores, **options)
    assert found == pytest.approx(expected, abs=1e-12)


def test_parameters_may_come_in_a_partial():
    y, scores = random_scores(50, seed=2)
    options = {"n_resamples": 40, "random_state": 0}
    params = {"pos_label": "bonafide", "p_spoof": 0.5, "sample_weight": np.arange(50) % 3}
    found = confidence_interval(min_detection_cost, y, scores, **options, **params)
    assert confidence_interval(partial(min_detection_cost, **params), y, scores, **options) == found
    given = partial(min_detection_cost, p_spoof=0.5, pos_label="bonafide")
    shared = intervals({"cost": given}, y, -scores, **options, sample_weight=params["sample_weight"])
    assert shared["cost"] != found
    shared = intervals({"cost": given}, y, scores, **options, sample_weight=params["sample_weight"])
    assert shared["cost"] == pytest.approx(found, abs=1e-12)
    with pytest.raises(ValueError, match="Pass sample_weight beside the metric"):
        intervals({"cost": partial(min_detection_cost, **params)}, y, scores)
    # Parameters that only the metric itself knows.
    partial_auc = confidence_interval(roc_auc_score, y, -scores, max_fpr=0.5, **options)
    assert partial_auc != confidence_interval(roc_auc_score, y, -scores, **options)


@pytest.mark.parametrize(
    "params", [{}, {"max_fpr": 0.5}, {"sample_weight": np.arange(50) % 3}], ids=["plain", "partial", "weights"]
)
def test_pos_label_of_the_area_under_the_curve(params):
    y, scores = random_scores(50, seed=2)
    options = {"n_resamples": 40, "random_state": 0, **params}
    expected = confidence_interval(roc_auc_score, y == "bonafide", scores, **options)
    assert confidence_interval(roc_auc_score, y, scores, pos_label="bonafide", **options) == expected
    given = partial(roc_auc_score, pos_label="bonafide")
    assert confidence_interval(given, y, scores, **options) == expected
    expected = confidence_interval(roc_auc_score, y, -scores, **options)
    assert confidence_interval(roc_auc_score, y, -scores, pos_label=None, **options) == expected
    with pytest.raises(ValueError, match="pos_label='real' is none of the labels"):
        confidence_interval(roc_auc_score, y, scores, pos_label="real", **options)
    with pytest.warns(UpsideDownWarning, match="They should rise towards 'spoof'"):
        confidence_interval(roc_auc_score, y, scores, pos_label="spoof", **options)


def test_many_metrics_share_their_draws():
    y, scores = random_scores(50, seed=3)
    options = {"n_resamples": 40, "random_state": 7, "pos_label": "bonafide"}
    found = intervals(METRICS, y, scores, **options)
    assert list(found) == list(METRICS)
    for name, metric in METRICS.items():
        function, params = (metric.func, metric.keywords) if isinstance(metric, partial) else (metric, {})
        assert confidence_interval(function, y, scores, **options, **params) == found[name]


def test_a_seed_gives_the_same_interval():
    y, scores = random_scores(50, seed=4)
    interval = partial(confidence_interval, cllr, y, -scores, n_resamples=20)
    assert interval(random_state=1) == interval(random_state=1)
    assert interval(random_state=1) == interval(random_state=np.random.RandomState(1))
    assert interval(random_state=1) != interval(random_state=2)
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    interval(random_state=1)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_width_is_that_of_the_binomial():
    """The share of errors at a threshold has a known spread: here a fifth of 200 clips and a tenth of 400."""
    y = np.repeat([0, 1], [200, 400])
    scores = np.concatenate([np.arange(200) < 40, np.arange(400) >= 40]).astype(float)
    low, high = confidence_interval(accuracy_score, y, scores, random_state=0, n_resamples=2000)
    spread = np.sqrt(200 * 0.2 * 0.8 + 400 * 0.1 * 0.9) / 600
    assert (high - low) / (2 * 1.96 * spread) == pytest.approx(1, abs=0.05)
    assert (low + high) / 2 == pytest.approx(520 / 600, abs=0.003)
    narrow = confidence_interval(accuracy_score, y, scores, random_state=0, n_resamples=2000, confidence_level=0.5)
    assert (narrow.high - narrow.low) / (2 * 0.674 * spread) == pytest.approx(1, abs=0.1)


def test_clips_that_are_alike_make_groups_wider():
    y, scores = random_scores(100, seed=5)
    groups = np.repeat(np.arange(100), 9)
    y, scores = np.repeat(y, 9), np.repeat(scores, 9)
    options = {"pos_label": "bonafide", "random_state": 0, "n_resamples": 400}
    by_clip = confidence_interval(equal_error_rate, y, scores, **options)
    by_group = confidence_interval(equal_error_rate, y, scores, groups=groups, **options)
    # Nine alike are one: three times as wide.
    assert 2.4 < (by_group.high - by_group.low) / (by_clip.high - by_clip.low) < 3.6


def test_groups_of_one_class_are_drawn_until_both_are_there():
    y = ["fake", "fake", "real", "real", "real"]
    scores = [0.0, 2.0, 1.0, 3.0, 4.0]
    found = confidence_interval(
        equal_error_rate, y, scores, groups=["a", "b", "c", "d", "d"], n_resamples=30, random_state=0
    )
    assert 0 <= found.low < found.high <= 1


def test_perfect_scores_have_no_width():
    assert confidence_interval(equal_error_rate, [0, 0, 1, 1], [0, 1, 2, 3], n_resamples=9) == (0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": ["a"] * 4}, "two groups or more"),
        ({"groups": ["a", "b"]}, "groups have inconsistent numbers of samples: 4 and 2"),
        ({"groups": ["a", "b", None, "c"]}, "names that are NaN or None"),
        ({"groups": [1.0, 2.0, np.nan, 3.0]}, "names that are NaN or None"),
        ({"groups": ["a", "b", np.nan, "c"]}, "names that are NaN or None"),
        ({"groups": ["a", "b", pd.NA, "c"]}, "names that are NaN or None"),
        ({"groups": pd.Series(["a", "b", None, "c"], dtype="string")}, "names that are NaN or None"),
        ({"groups": pd.Series([1, 2, pd.NA, 3], dtype="Int64")}, "names that are NaN or None"),
        ({"groups": pd.Series(["a", "b", None, "c"], dtype="category")}, "names that are NaN or None"),
        ({"groups": [["a", "b"]] * 4}, r"groups should have the shape \(n_clips,\)"),
        ({"groups": [["a"], ["b", "c"], ["d"], ["e"]]}, "groups should be one name a clip"),
        ({"n_resamples": 0}, "'n_resamples' parameter of confidence_interval"),
        ({"confidence_level": 95}, "'confidence_level' parameter of confidence_interval"),
        ({"random_state": "seed"}, "'random_state' parameter of confidence_interval"),
        ({"return_threshold": True}, "leave return_threshold out"),
        ({"method": "convex"}, "'method' parameter of equal_error_rate"),
        ({"pos_label": 2}, "pos_label=2 is none of the labels"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        confidence_interval(equal_error_rate, [0, 0, 1, 1], [0, 1, 2, 3], **options)


def test_a_class_that_most_draws_lack():
    y, scores, groups = [0] * 19 + [1], np.arange(20.0), np.arange(20)
    # One speaker of twenty is in 64 % of the draws, two given ones in 41 %.
    confidence_interval(equal_error_rate, y, scores, groups=groups, n_resamples=50, random_state=0)
    weights = [1] + [0] * 18 + [1]
    with pytest.raises(ValueError, match="Most draws of groups hold one class only"):
        confidence_interval(equal_error_rate, y, scores, groups=groups, sample_weight=weights, random_state=0)


def test_metrics_that_are_none():
    y, scores = [0, 0, 1, 1], [0, 1, 2, 3]
    with pytest.raises(ValueError, match="A metric should return one number"):
        confidence_interval(det_curve, y, scores)
    with pytest.raises(ValueError, match="'metric' parameter of confidence_interval"):
        confidence_interval("eer", y, scores)
    with pytest.raises(ValueError, match="takes no sample_weight"):
        intervals({"plain": plain(equal_error_rate)}, y, scores, sample_weight=[1, 1, 1, 2])
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        confidence_interval(equal_error_rate, y, scores, colour="red")
