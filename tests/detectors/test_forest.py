import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from skvoicefake.detectors._forest import LEVELS, forest_arrays, forest_of, forest_probability, from_bytes, to_bytes


def rows(seed, n=200, n_features=7):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    return X, np.where(X[:, 0] + rng.normal(size=n) > 0, "real", "fake")


def probability(forest, X):
    return forest_probability(forest_of(forest_arrays(forest)), X)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from([ExtraTreesClassifier, RandomForestClassifier]),
    leaf=st.integers(1, 5),
    depth=st.none() | st.integers(1, 4),
    weight=st.sampled_from([None, "balanced", {"fake": 0.3, "real": 5.7}]),
    leaves=st.none() | st.integers(2, 9),
)
def test_probabilities_are_those_of_the_forest(seed, kind, leaf, depth, weight, leaves):
    X, y = rows(seed)
    forest = kind(
        5, min_samples_leaf=leaf, max_depth=depth, max_leaf_nodes=leaves, class_weight=weight, random_state=0
    ).fit(X, y)
    new = np.concatenate([X, rows(seed + 1)[0], 1e30 * X[:3]])
    np.testing.assert_allclose(probability(forest, new), forest.predict_proba(new)[:, 1], atol=0.5 / LEVELS)


def test_every_clip_reaches_its_leaf():
    """Also one that a threshold of float64 parts from it by less than float32 can tell."""
    X, y = rows(0, n=300)
    tree = ExtraTreesClassifier(40, random_state=0).fit(X, y)
    thresholds = np.concatenate([member.tree_.threshold for member in tree.estimators_]).astype(np.float32)
    near = [thresholds, np.nextafter(thresholds, np.float32(-9)), np.nextafter(thresholds, np.float32(9))]
    edges = np.repeat(np.concatenate(near)[:, np.newaxis], 7, axis=1)
    edges = edges[np.random.default_rng(0).permutation(len(edges))[:3000]]
    # Leaves of one clip are of one class: their shares are exact, and a clip in another leaf would be seen.
    for new in (X, edges):
        np.testing.assert_allclose(probability(tree, new), tree.predict_proba(new)[:, 1], atol=1e-7)


def test_shares_of_small_leaves_are_exact():
    X, y = np.repeat(np.arange(4), [3, 4, 5, 8]).astype(np.float32)[:, np.newaxis], np.zeros(20, dtype=int)
    y[[0, 3, 7, 12]] = 1  # 1/3, 1/4, 1/5, 1/8
    forest = ExtraTreesClassifier(3, random_state=0).fit(X, y)
    np.testing.assert_allclose(probability(forest, X), forest.predict_proba(X)[:, 1], atol=1e-7)


def test_blocks_and_single_clips_agree(monkeypatch):
    X, y = rows(1)
    forest = forest_of(forest_arrays(ExtraTreesClassifier(6, random_state=0).fit(X, y)))
    expected = forest_probability(forest, X)
    monkeypatch.setattr("skvoicefake.detectors._forest.BLOCK", 13)
    np.testing.assert_array_equal(forest_probability(forest, X), expected)
    np.testing.assert_array_equal([forest_probability(forest, row[np.newaxis])[0] for row in X], expected)
    assert forest_probability(forest, X[:0]).shape == (0,)


def test_a_tree_that_is_one_leaf():
    X, y = rows(2)
    forest = ExtraTreesClassifier(2, min_samples_leaf=len(X)).fit(X, y)
    np.testing.assert_allclose(probability(forest, X[:2]), np.mean(y == "real"), atol=0.5 / LEVELS)


def test_many_features():
    X, y = rows(3, n=60, n_features=700)
    forest = ExtraTreesClassifier(5, random_state=0).fit(X, y)
    np.testing.assert_allclose(probability(forest, X), forest.predict_proba(X)[:, 1], atol=1e-7)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_bytes_come_back(values):
    planes = to_bytes(np.array(values, dtype=np.uint32))
    assert planes.shape == (4, len(values))
    assert from_bytes(planes, np.uint32).tolist() == values


def test_errors():
    with pytest.raises(ValueError, match="two classes, got 3"):
        forest_arrays(ExtraTreesClassifier(1).fit(rows(0)[0][:3], ["a", "b", "c"]))
