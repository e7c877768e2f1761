"""A forest of two classes as a few small arrays, and its probabilities without scikit-learn's private trees."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

# A multiple of 240: 1/2, 1/3, 1/4, 1/5, 1/6, 1/8, 1/10 and 1/12, which small leaves mostly have, are as they are.
LEVELS = 17 * 240
# Nodes looked at in one step: few enough for the processor's cache.
BLOCK = 2**15


class Forest(NamedTuple):
    """Trees, one after the other, each node before what is beneath it, and that on its left first."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    to_right: NDArray[np.int32]  # nodes to go on by where the feature is above the threshold; 0 in a leaf
    to_left: NDArray[np.int8]  # 1 else; 0 in a leaf
    probability: NDArray[np.float32]


def forest_arrays(forest: Any) -> Arrays:
    """Return what a fitted forest of two classes gives its probabilities by.

    Parameters
    ----------
    forest : ExtraTreesClassifier or RandomForestClassifier
        Fitted to float32 features without missing values.

    Returns
    -------
    arrays : dict of str to ndarray
        "n_nodes" (a number a tree), "is_node" (a bit a node: 0 is a leaf),
        "feature" and "threshold" (of every node that is no leaf) and "share"
        (of ``classes_[1]`` in every leaf, in 4,080ths). Numbers of several
        bytes are split by byte, which makes them compress better: an axis
        more.

    Raises
    ------
    ValueError
        If there are not two classes.

    Notes
    -----
    A tree compares a float32 feature with a float64 threshold. The largest
    float32 that is no larger parts all float32 numbers in the same way, so
    every clip reaches the leaf that it reaches in the forest. The shares are
    rounded, each by 0.00013 at most.
    """
    if len(forest.classes_) != 2:
        raise ValueError(f"expected a forest of two classes, got {len(forest.classes_)}.")
    parts = [_tree_arrays(estimator.tree_) for estimator in forest.estimators_]
    n_nodes = np.array([len(part["is_node"]) for part in parts], dtype=np.int32)
    together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    bits: Arrays = {"n_nodes": n_nodes, "is_node": np.packbits(together.pop("is_node"))}
    return bits | {name: to_bytes(values) for name, values in together.items()}


def _tree_arrays(tree: Any) -> Arrays:
    left, right = tree.children_left.tolist(), tree.children_right.tolist()
    order, stack = [], [0]
    while stack:
        node = stack.pop()
        order.append(node)
        if left[node] >= 0:
            stack += [right[node], left[node]]
    is_leaf = tree.children_left[order] < 0
    values = tree.value[order, 0]
    threshold = tree.threshold[order][~is_leaf]
    floor = threshold.astype(np.float32)
    floor = np.where(floor > threshold, np.nextafter(floor, np.float32(-np.inf)), floor)
    return {
        "is_node": ~is_leaf,
        "feature": tree.feature[order][~is_leaf].astype(np.int16),
        "threshold": floor,
        # Numbers of clips before scikit-learn 1.3, shares since: divided, they are shares in both.
        "share": np.rint(LEVELS * values[is_leaf, 1] / values[is_leaf].sum(axis=1)).astype(np.uint16),
    }


def forest_of(arrays: Arrays) -> Forest:
    """Return the trees of `forest_arrays`, laid out to be walked."""
    n_nodes = arrays["n_nodes"]
    is_node = np.unpackbits(arrays["is_node"], count=int(n_nodes.sum())).astype(bool)
    feature = np.zeros(len(is_node), dtype=np.int16)
    threshold, probability = np.zeros((2, len(is_node)), dtype=np.float32)
    feature[is_node] = from_bytes(arrays["feature"], np.int16)
    threshold[is_node] = from_bytes(arrays["threshold"], np.float32)
    probability[~is_node] = from_bytes(arrays["share"], np.uint16) / np.float32(LEVELS)
    roots = (np.cumsum(n_nodes) - n_nodes).astype(np.int32)
    return Forest(roots, feature, threshold, steps_to_right(is_node), is_node.astype(np.int8), probability)


def steps_to_right(is_node: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how far behind a node the one on its right is, where those on its left follow it; 0 in a leaf."""
    # Nodes that wait for their right side, before each one: a node adds one, a leaf takes one away. All on the left
    # of a node has been seen where there are as many as before it for the first time.
    waiting = np.concatenate([[0], np.cumsum(np.where(is_node, 1, -1))])
    order = np.argsort(waiting, kind="stable")
    alike = np.empty_like(order)
    alike[order[:-1]] = order[1:]
    nodes = np.flatnonzero(is_node)
    steps = np.zeros(len(is_node), dtype=np.int32)
    steps[nodes] = alike[nodes] - nodes
    return steps


def forest_probability(forest: Forest, X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability of ``classes_[1]``: the mean over the trees of its share in the leaf a clip reaches.

    Parameters
    ----------
    forest : Forest
        See `forest_of`.
    X : ndarray of shape (n_clips, n_features), float32
        Without missing values.

    Returns
    -------
    probabilities : ndarray of shape (n_clips,)
    """
    n_trees = len(forest.roots)
    size = max(1, BLOCK // n_trees)
    blocks = [X[start : start + size] for start in range(0, len(X), size)]
    return np.concatenate([np.zeros(0), *(_block_probability(forest, block) for block in blocks)])


def _block_probability(forest: Forest, X: NDArray[np.float32]) -> NDArray[np.float64]:
    n_clips, n_features = X.shape
    values = np.ascontiguousarray(X).ravel()
    start = n_features * np.arange(n_clips)[:, np.newaxis]
    node = np.tile(forest.roots, (n_clips, 1))
    while True:
        goes_left = values[start + forest.feature[node]] <= forest.threshold[node]
        step = np.where(goes_left, forest.to_left[node], forest.to_right[node])
        if not step.any():
            return np.asarray(forest.probability[node].mean(axis=1, dtype=np.float64))
        node += step


def to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of numbers, of shape (n_bytes, n): first the lowest of all, then the next."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return np.ascontiguousarray(little.view(np.uint8).reshape(len(values), values.itemsize).T)


def from_bytes(planes: NDArray[np.uint8], dtype: type[Any]) -> NDArray[Any]:
    """Return the numbers of `to_bytes`."""
    little = np.dtype(dtype).newbyteorder("<")
    return np.ascontiguousarray(planes.T).view(little).ravel().astype(dtype)
