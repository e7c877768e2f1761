import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given

from skvoicefake.metrics import UpsideDownWarning, det_curve, equal_error_rate
from tests.checks.scores import METRICS, RANKINGS, labelled_scores, random_scores
from tests.metrics import published

either_way_up = pytest.mark.filterwarnings("ignore::skvoicefake.metrics.UpsideDownWarning")
METHODS = ["linear", "rocch", "asvspoof"]


def rates_by_enumeration(y, scores):
    """Walk every threshold from above and count, by hand."""
    real, fake = scores[y == "real"], scores[y == "fake"]
    thresholds = [np.inf, *sorted(set(scores), reverse=True)]
    return [(np.mean(fake >= threshold), np.mean(real < threshold)) for threshold in thresholds], thresholds


def linear_by_enumeration(y, scores):
    for (fa, miss), (next_fa, next_miss) in itertools.pairwise(rates_by_enumeration(y, scores)[0]):
        if next_fa >= next_miss:
            share = (miss - fa) / ((miss - fa) + (next_fa - next_miss))
            return fa + share * (next_fa - fa)
    raise AssertionError("the rates never cross")


def hull_by_enumeration(y, scores):
    """Return the largest over all priors of the least Bayes error: it is at a prior where two thresholds are equal."""
    rates = rates_by_enumeration(y, scores)[0]
    priors = [0.0, 1.0]
    for (fa, miss), (other_fa, other_miss) in itertools.combinations(rates, 2):
        slope = (miss - fa) - (other_miss - other_fa)
        if slope and 0 <= (other_fa - fa) / slope <= 1:
            priors.append((other_fa - fa) / slope)
    return max(min(prior * miss + (1 - prior) * fa for fa, miss in rates) for prior in priors)


@either_way_up
@given(labelled_scores())
def test_linear_equals_enumeration_of_thresholds(case):
    assert equal_error_rate(*case) == pytest.approx(linear_by_enumeration(*case), abs=1e-12)


@either_way_up
@given(labelled_scores(max_size=20))
def test_rocch_is_the_worst_bayes_error(case):
    eer = equal_error_rate(*case, method="rocch")
    assert eer == pytest.approx(hull_by_enumeration(*case), abs=1e-12)
    assert eer <= min(0.5, equal_error_rate(*case)) + 1e-12


@either_way_up
@given(labelled_scores())
def test_asvspoof_equals_the_published_code(case):
    y, scores = case
    expected = published.equal_error_rate(scores[y == "real"], scores[y == "fake"])
    assert equal_error_rate(y, scores, method="asvspoof", return_threshold=True) == expected
    turned = equal_error_rate(y, -scores, method="asvspoof", pos_label="fake", return_threshold=True)
    assert turned == (expected[0], -expected[1])


@pytest.mark.parametrize("ties", [False, True])
def test_asvspoof_equals_the_published_code_on_many_clips(ties):
    y, scores = random_scores(3000, seed=0, ties=ties)
    expected = published.equal_error_rate(scores[y == "bonafide"], scores[y == "spoof"])
    found = equal_error_rate(y, scores, method="asvspoof", pos_label="bonafide", return_threshold=True)
    assert found == pytest.approx(expected, abs=1e-9)


def test_asvspoof_asks_for_the_real_voice_and_for_whole_weights():
    y, scores = [0, 0, 1, 1], [0.0, 2.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=r"labels \[0, 1\] do not tell.*real_label=0"):
        equal_error_rate(y, scores, method="asvspoof")
    # The tied clips: the real one is rejected before the fake one.
    assert equal_error_rate(y, scores, method="asvspoof", real_label=1) == 0.5
    assert equal_error_rate(y, scores, method="asvspoof", real_label=0) == 0.5
    assert equal_error_rate(y, scores) == 0.25
    with pytest.raises(ValueError, match="whole numbers as sample_weight"):
        equal_error_rate(y, scores, method="asvspoof", real_label=1, sample_weight=[1, 1, 0.5, 1])


@either_way_up
@pytest.mark.parametrize("name", RANKINGS)
@given(case=labelled_scores())
def test_rising_maps_change_nothing(name, case):
    y, scores = case
    assert RANKINGS[name](y, np.exp(scores) * 3 - 7) == pytest.approx(RANKINGS[name](y, scores), abs=1e-12)


@either_way_up
@pytest.mark.parametrize("method", ["linear", "rocch"])
@given(case=labelled_scores())
def test_swapping_classes_and_sign_changes_nothing(method, case):
    y, scores = case
    eer = equal_error_rate(y, scores, method=method)
    assert equal_error_rate(np.where(y == "real", "fake", "real"), -scores, method=method) == pytest.approx(
        eer, abs=1e-12
    )


@either_way_up
@pytest.mark.parametrize("name", METRICS)
@given(case=labelled_scores())
def test_naming_the_other_class_and_turning_the_sign_changes_nothing(name, case):
    y, scores = case
    turned = METRICS[name](y, -scores, pos_label="fake")
    assert turned == pytest.approx(METRICS[name](y, scores), abs=1e-12)
    assert METRICS[name](y, scores, pos_label="real") == METRICS[name](y, scores)


@either_way_up
@pytest.mark.parametrize("name", METRICS)
@given(case=labelled_scores())
def test_order_changes_nothing(name, case):
    y, scores = case
    # asvspoof orders tied clips by their class, so it is as safe.
    assert METRICS[name](y[::-1], scores[::-1]) == pytest.approx(METRICS[name](y, scores), abs=1e-12)


@either_way_up
@pytest.mark.parametrize("name", sorted(set(METRICS) - {"eer-asvspoof"}))
@given(case=labelled_scores())
def test_repeating_all_clips_changes_nothing(name, case):
    y, scores = case
    value = METRICS[name](y, scores)
    assert METRICS[name](np.tile(y, 3), np.tile(scores, 3)) == pytest.approx(value, abs=1e-12)
    assert METRICS[name](y, scores, sample_weight=np.full(len(y), 0.3)) == pytest.approx(value, abs=1e-12)


@either_way_up
@pytest.mark.parametrize("name", METRICS)
@given(case=labelled_scores())
def test_weights_repeat_clips(name, case):
    y, scores = case
    weights = np.arange(len(y)) % 3 + 1
    repeated = METRICS[name](np.repeat(y, weights), np.repeat(scores, weights))
    assert METRICS[name](y, scores, sample_weight=weights) == pytest.approx(repeated, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_clips_without_weight_count_nothing(name):
    y, scores = random_scores(60, seed=1, ties=True)
    metric = partial(METRICS[name], pos_label="bonafide")
    weights = np.arange(60) % 4
    held = weights > 0
    expected = metric(y[held], scores[held], sample_weight=weights[held])
    assert metric(y, scores, sample_weight=weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", RANKINGS)
def test_perfect_is_nothing(name):
    value = RANKINGS[name](["fake", "fake", "real", "real"], [0, 1, 2, 3])
    # The ASV's own errors are left, and counted since 2021.
    own = 0.9405 * 0.04 + 0.0095 * 10 * 0.05
    assert value == (pytest.approx(own / (own + 0.5 * 0.3)) if name == "min_tdcf-2021" else 0)


@pytest.mark.parametrize("name", RANKINGS)
def test_chance_is_what_no_detector_gets(name):
    value = RANKINGS[name](["fake", "fake", "real", "real"], [1, 1, 1, 1])
    # The published code takes all real clips to score lower where all scores are the same.
    assert value == pytest.approx(0.5 if name in {"eer-linear", "eer-rocch"} else 1)


@pytest.mark.parametrize("method", METHODS)
@either_way_up
def test_reversed(method):
    eer = equal_error_rate(["fake", "fake", "real", "real"], [3, 2, 1, 0], method=method)
    assert eer == (0.5 if method == "rocch" else 1)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e300])
@pytest.mark.parametrize("method", METHODS)
def test_huge_and_tiny_scores(method, scale):
    y, scores = random_scores(50, seed=2)
    metric = partial(equal_error_rate, y, pos_label="bonafide", method=method)
    assert metric(y_score=scores * scale) == metric(y_score=scores)


@either_way_up
@given(labelled_scores())
def test_threshold_gives_the_rates_nearest_to_each_other(case):
    y, scores = case
    rates, thresholds = rates_by_enumeration(y, scores)
    _, threshold = equal_error_rate(y, scores, return_threshold=True)
    gaps = dict(zip(thresholds, [abs(fa - miss) for fa, miss in rates], strict=True))
    assert gaps[threshold] == pytest.approx(min(gaps.values()), abs=1e-12)


@either_way_up
@given(labelled_scores())
def test_hull_threshold_is_a_threshold(case):
    y, scores = case
    eer, threshold = equal_error_rate(y, scores, method="rocch", return_threshold=True)
    rates, thresholds = rates_by_enumeration(y, scores)
    fa, miss = rates[thresholds.index(threshold)]
    # The hull crosses the diagonal beside this corner of it.
    assert min(fa, miss) <= eer + 1e-12
    assert max(fa, miss) >= eer - 1e-12


@either_way_up
@given(labelled_scores())
def test_det_curve_is_whole(case):
    rates, thresholds = rates_by_enumeration(*case)
    false_alarms, misses, found = det_curve(*case)
    np.testing.assert_allclose(np.column_stack([false_alarms, misses]), rates[::-1], atol=1e-12)
    assert found.tolist() == thresholds[::-1]


def test_det_curve_of_weighted_clips():
    curve = det_curve([0, 0, 1, 1], [0.0, 1.0, 1.0, 2.0], sample_weight=[1, 3, 0, 5])
    assert [values.tolist() for values in curve] == [[1, 0.75, 0, 0], [0, 0, 0, 1], [0, 1, 2, np.inf]]


def test_scores_rise_towards_pos_label():
    y, scores = ["bonafide", "bonafide", "spoof"], [2.0, 1.0, 0.0]
    with pytest.warns(UpsideDownWarning, match="should rise towards 'spoof'.*pass pos_label='bonafide'"):
        assert equal_error_rate(y, scores) == 1  # "spoof" is the greater label.
    assert equal_error_rate(y, scores, pos_label="bonafide") == 0


def test_method_is_checked():
    with pytest.raises(ValueError, match="'method' parameter of equal_error_rate must be a str among"):
        equal_error_rate([0, 1], [0, 1], method="convex")
