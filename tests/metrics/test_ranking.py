import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.metrics import equal_error_rate


def eer_by_enumeration(is_positive, scores):
    """Walk every threshold from above and cross the line of equal rates, by hand."""
    positives, negatives = scores[is_positive], scores[~is_positive]
    rates = [(0.0, 1.0)]
    for threshold in sorted(set(scores), reverse=True):
        rates.append((np.mean(negatives >= threshold), np.mean(positives < threshold)))
    for (fa, miss), (next_fa, next_miss) in itertools.pairwise(rates):
        if next_fa >= next_miss:
            share = (miss - fa) / ((miss - fa) + (next_fa - next_miss))
            return fa + share * (next_fa - fa)
    raise AssertionError("the rates never cross")


@st.composite
def labels_and_scores(draw):
    n = draw(st.integers(2, 40))
    is_positive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda v: len(set(v)) == 2)))
    # Few distinct values, so that ties are common.
    scores = np.array(draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n)), dtype=float)
    return is_positive, scores


@given(labels_and_scores())
def test_equals_enumeration_of_thresholds(case):
    is_positive, scores = case
    assert equal_error_rate(is_positive, scores) == pytest.approx(eer_by_enumeration(is_positive, scores), abs=1e-12)


@given(labels_and_scores())
def test_invariances(case):
    is_positive, scores = case
    eer = equal_error_rate(is_positive, scores)
    assert equal_error_rate(is_positive, np.exp(scores) * 3 - 7) == pytest.approx(eer, abs=1e-12)
    assert equal_error_rate(~is_positive, -scores) == pytest.approx(eer, abs=1e-12)
    assert equal_error_rate(is_positive[::-1], scores[::-1]) == pytest.approx(eer, abs=1e-12)
    assert equal_error_rate(np.tile(is_positive, 2), np.tile(scores, 2)) == pytest.approx(eer, abs=1e-12)
    assert equal_error_rate(is_positive, scores, sample_weight=np.full(len(scores), 2.5)) == pytest.approx(
        eer, abs=1e-12
    )


def test_weights_repeat_clips():
    y, scores, weights = [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], [1, 2, 3, 1]
    repeated = equal_error_rate(np.repeat(y, weights), np.repeat(scores, weights))
    assert equal_error_rate(y, scores, sample_weight=weights) == pytest.approx(repeated, abs=1e-12)


def test_perfect_reversed_and_chance():
    y = ["fake", "fake", "real", "real"]
    assert equal_error_rate(y, [0, 1, 2, 3]) == 0
    assert equal_error_rate(y, [3, 2, 1, 0]) == 1
    assert equal_error_rate(y, [1, 1, 1, 1]) == 0.5


def test_scores_rise_towards_pos_label():
    y, scores = ["bonafide", "bonafide", "spoof"], [2.0, 1.0, 0.0]
    assert equal_error_rate(y, scores) == 1  # "spoof" is the greater label.
    assert equal_error_rate(y, scores, pos_label="bonafide") == 0


@pytest.mark.parametrize(
    ("y", "scores", "options", "message"),
    [
        (["real", "real"], [0, 1], {}, "needs two classes"),
        (["a", "b", "c"], [0, 1, 2], {}, "needs two classes"),
        (["real", "fake"], [0, 1], {"pos_label": "spoof"}, "pos_label='spoof' is none"),
        (["real", "fake"], [0, np.nan], {}, "NaN or infinite"),
        (["real", "fake"], [0, np.inf], {}, "NaN or infinite"),
        (["real", "fake"], [0, 1, 2], {}, "inconsistent numbers of samples"),
        ([0, 1, np.nan], [0, 1, 2], {}, "y_true holds 1 labels that are NaN or None"),
        ([0, 1, None], [0, 1, 2], {}, "y_true holds 1 labels that are NaN or None"),
        (np.array(["real", "fake", np.nan, None], dtype=object), [0, 1, 2, 3], {}, "y_true holds 2 labels that are"),
        (pd.Series(["real", "fake", None]), [0, 1, 2], {}, "y_true holds 1 labels that are"),
        (pd.Series(["real", "fake", pd.NA], dtype="string"), [0, 1, 2], {}, "y_true holds 1 labels that are"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [0, 1, 1]}, "all clips of one class a weight of zero"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, 0, 0]}, "all clips of one class a weight of zero"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, -1, 2]}, "NaN, infinite or negative"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, np.nan, 2]}, "NaN, infinite or negative"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, np.inf, 2]}, "NaN, infinite or negative"),
        ([0, 1, 1], [0, 1, 2], {"sample_weight": [1, 2]}, "inconsistent numbers of samples"),
    ],
)
def test_errors(y, scores, options, message):
    with pytest.raises(ValueError, match=message):
        equal_error_rate(y, scores, **options)
