"""Trees of scikit-learn: compiled code walks them without a look at what they hold, so we look first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._errors import refuse

LEAF = -1
PARTS = ("n_features", "n_classes", "n_outputs", "max_depth", "nodes", "values")


def is_mine(value: Any) -> bool:
    """Tell a tree."""
    return type(value).__name__ == "Tree" and type(value).__module__ == "sklearn.tree._tree"


def content(tree: Any) -> dict[str, Any]:
    """Take a tree apart."""
    state = tree.__getstate__()
    n_features, n_classes, n_outputs = tree.__reduce__()[1]
    return {
        "n_features": int(n_features),
        "n_classes": np.asarray(n_classes),
        "n_outputs": int(n_outputs),
        "max_depth": int(state["max_depth"]),
        "nodes": state["nodes"],
        "values": state["values"],
    }


def value(content: Any) -> Any:
    """Put a tree together.

    Raises
    ------
    UnsafeFileError
        If walking it would not end in a leaf, or read where nothing is.
    """
    from sklearn.tree._tree import Tree

    if not isinstance(content, dict) or content.keys() != set(PARTS):
        refuse("a tree in it has not the parts that it should have")
    n_features, n_classes, n_outputs, max_depth, nodes, values = (content[name] for name in PARTS)
    if any(type(number) is not int or not 0 <= number < 2**31 for number in (n_features, n_outputs, max_depth)):
        refuse("the sizes of a tree are none")
    is_right = [
        isinstance(n_classes, np.ndarray) and n_classes.shape == (n_outputs,) and n_classes.dtype.kind == "i",
        isinstance(nodes, np.ndarray) and nodes.ndim == 1 and nodes.dtype.names is not None and len(nodes) > 0,
        isinstance(values, np.ndarray) and values.dtype == np.float64 and values.ndim == 3,
    ]
    if not all(is_right) or n_outputs < 1 or np.min(n_classes) < 1:
        refuse("the arrays of a tree are none")
    if values.shape != (len(nodes), n_outputs, int(np.max(n_classes))) or not np.isfinite(values).all():
        refuse("the values of a tree are not those of its nodes")
    if not {"left_child", "right_child", "feature", "threshold"} <= set(nodes.dtype.names):
        refuse("the nodes of a tree are none")
    if depth(nodes, n_features) != max_depth:
        refuse("a tree is not as deep as it says")
    tree = Tree(n_features, n_classes.astype(np.intp), n_outputs)
    # It compares the type of the nodes with its own, of this version of scikit-learn.
    tree.__setstate__(
        {"max_depth": max_depth, "node_count": len(nodes), "nodes": nodes, "values": np.ascontiguousarray(values)}
    )
    return tree


def depth(nodes: NDArray[Any], n_features: int) -> int:
    """Return how many nodes lie above the lowest leaf.

    Raises
    ------
    UnsafeFileError
        If the nodes are no tree: each but the first is the child of one, which comes before it.
    """
    left, right, feature = (nodes[name].astype(np.int64) for name in ("left_child", "right_child", "feature"))
    inner = np.flatnonzero(left != LEAF)
    children = np.concatenate([left[inner], right[inner]])
    is_tree = np.array_equal(np.sort(children), np.arange(1, len(nodes)))
    if not is_tree or not (children > np.tile(inner, 2)).all() or (right[left == LEAF] != LEAF).any():
        refuse("the nodes of a tree are none")
    if not ((feature[inner] >= 0) & (feature[inner] < n_features)).all() or np.isnan(nodes["threshold"][inner]).any():
        refuse(f"a tree of {n_features} features asks for another")
    above = np.zeros(len(nodes), dtype=np.int64)
    # Parents come before their children, so one pass is enough.
    for node in inner.tolist():
        above[left[node]] = above[right[node]] = above[node] + 1
    return int(np.max(above))
