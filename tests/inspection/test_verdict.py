import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.inspection._verdict import AGGREGATIONS, fake_stretch, moment_scores


def overlapping(n, window=3.0, hop=1.0):
    return [(i * hop, i * hop + window) for i in range(n)]


def test_moments_score_the_mean_of_their_windows():
    edges, moments = moment_scores(np.array(overlapping(3)), np.array([3.0, 6.0, 0.0]))
    assert edges.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(moments, [3.0, 4.5, 3.0, 3.0, 0.0])
    # Between windows there is nothing.
    edges, moments = moment_scores(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(moments, [1.0, np.nan, 2.0])


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12), st.integers(0, 2**12 - 1))
def test_the_stretch_is_the_best_of_all(values, known):
    scores = np.array(values, dtype=float)
    is_judged = np.array([bool(known >> i & 1) for i in range(len(values))])
    places = [(float(i), float(i + 1)) for i in range(len(values))]
    found = fake_stretch(places, scores, is_judged)
    if not is_judged.any():
        assert found is None
        return
    median = np.median(scores[is_judged])
    level = 0 if median < 0 else (median + scores[is_judged].min()) / 2
    evidence = np.where(is_judged, level - scores, 0)
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values) + 1)]
    best = max((evidence[i:j].sum() for i, j in pairs), default=0)
    if best <= 0:
        assert found is None
        return
    i, j = int(found.start), int(found.end)
    assert evidence[i:j].sum() == pytest.approx(best)
    assert found.score == pytest.approx(scores[i:j][is_judged[i:j]].mean())
    # It neither begins nor ends with what nothing is known of.
    assert is_judged[i]
    assert is_judged[j - 1]


def test_silence_within_a_fake_does_not_part_it():
    scores = np.array([3.0, -4.0, 0.0, -4.0, 3.0])
    is_judged = np.array([True, True, False, True, True])
    assert fake_stretch([(i, i + 1) for i in range(5)], scores, is_judged)[:2] == (1.0, 4.0)


def test_nothing_of_nothing():
    assert fake_stretch([], np.zeros(0), np.zeros(0, dtype=bool)) is None
    assert fake_stretch([(0, 1)], np.array([2.0]), np.ones(1, dtype=bool)) is None
    # What is fake throughout is so as a whole, however low its lowest moment.
    scores = np.array([-2.0, -9.0, -2.0, -2.0])
    assert fake_stretch([(i, i + 1) for i in range(4)], scores, np.ones(4, dtype=bool)) == (0, 4, -3.75)


def test_aggregations():
    scores = np.array([-3.0, 1.0, 2.0, 4.0, *np.ones(16)])
    found = {name: function(scores) for name, function in AGGREGATIONS.items()}
    assert found == {"mean": 1.0, "lowest": -1.0}
    assert {name: function(scores[:1]) for name, function in AGGREGATIONS.items()} == {"mean": -3.0, "lowest": -3.0}
