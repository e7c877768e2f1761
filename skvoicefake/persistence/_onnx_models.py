"""What classifiers of rows and of frames compute, as ONNX nodes: kernels, trees, Gaussian mixtures."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skvoicefake.mixture._panel import SAME
from skvoicefake.persistence._onnx_graph import Value


class Trees(NamedTuple):
    """The nodes of all trees, one tree after the other; a leaf is what follows it."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]  # a feature that is no greater goes left
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    share: NDArray[np.float32]  # of classes_[1]


def trees_of(forest: Any) -> Trees:
    """Return the trees of a fitted scikit-learn forest of two classes, over float32 features."""
    parts, start = [], 0
    for tree in (estimator.tree_ for estimator in forest.estimators_):
        here, is_leaf = start + np.arange(tree.node_count), tree.children_left < 0
        left, right = (np.where(is_leaf, here, start + child) for child in (tree.children_left, tree.children_right))
        # The greatest float32 that is no greater parts all float32 numbers as the threshold does.
        floor = tree.threshold.astype(np.float32)
        floor = np.where(floor > tree.threshold, np.nextafter(floor, np.float32(-np.inf)), floor)
        values = tree.value[:, 0]
        share = values[:, 1] / values.sum(axis=1)
        parts.append((np.array([start]), np.maximum(tree.feature, 0), floor, left, right, share))
        start += tree.node_count
    roots, feature, threshold, left, right, share = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Trees(
        roots.astype(np.int32),
        feature.astype(np.int32),
        threshold.astype(np.float32),
        left.astype(np.int32),
        right.astype(np.int32),
        share.astype(np.float32),
    )


def thawed_trees(forest: Any) -> Trees:
    """Return the trees of a `Forest` of the detector in the package."""
    here = np.arange(len(forest.feature), dtype=np.int32)
    return Trees(
        forest.roots,
        forest.feature.astype(np.int32),
        forest.threshold,
        here + forest.to_left,
        here + forest.to_right,
        forest.probability,
    )


def forest_probability(row: Value, trees: Trees) -> Value:
    """Return the mean share of ``classes_[1]`` in the leaves that a row (n_features,), float32, reaches; shape (1,).

    In plain operations, which every runtime has, a level of all trees at a
    time: the operator for trees is not in all builds for browsers, and spells
    every node out.
    """
    of = row.graph
    feature, threshold, left, right, share = (of.constant(array) for array in trees[1:])
    node = of.constant(trees.roots)
    reached: NDArray[Any] = trees.roots
    while True:
        children = np.flatnonzero(_marked(len(trees.left), trees.left[reached], trees.right[reached]))
        goes_right = row.take(feature.take(node)) > threshold.take(node)
        node = of.where(goes_right, right.take(node), left.take(node))
        if _marked(len(trees.left), reached)[children].all():
            return share.take(node).cast(np.float64).mean(0, keepdims=True)
        reached = children


def _marked(n: int, *places: NDArray[Any]) -> NDArray[np.bool_]:
    # np.unique takes a second for as many nodes as large forests have.
    marks = np.zeros(n, dtype=bool)
    marks[np.concatenate(places)] = True
    return marks


def kernel_scores(
    row: Value, kernel: str, vectors: Any, weights: Any, intercept: float, gamma: float, degree: int, coef0: float
) -> Value:
    """Return the decision of a support vector machine on a row (n_features,), double; of shape (1,)."""
    # They were features in single precision, and are kept so.
    single = np.asarray(vectors, dtype=np.float32)
    # Factors are put in before the product: onnxruntime would join them, which older ones cannot in double precision.
    if kernel == "rbf":
        squares = np.square(single, dtype=np.float64).sum(axis=1)
        products = row.graph.constant(-2 * single).cast(np.float64) @ row
        distances = (products + (row * row).sum(0, keepdims=True) + squares).maximum(0)
        values = (distances * -gamma).apply("Exp")
    else:
        values = row.graph.constant((1 if kernel == "linear" else gamma) * single.astype(np.float64)) @ row
        if kernel != "linear":
            values = values + coef0
            values = (
                values.apply("Tanh")
                if kernel == "sigmoid"
                else row.graph.op("Pow", values, row.graph.constant(float(degree)))
            )
    return (values * np.asarray(weights, dtype=np.float64)).sum(0, keepdims=True) + intercept


def mixture_scores(panel: Value, classifier: Any) -> Value:
    """Return the mean log-likelihood of the frames of a panel in every mixture of a `GMMClassifier`, (n_classes,)."""
    of = panel.graph
    panel = panel.reshape(*classifier.panel_shape_)
    # Frames that repeat the one before tell nothing.
    step = (panel.part(1) - panel.part(0, -1)).apply("Abs").greatest(1)
    tells = (step > panel.apply("Abs").greatest(0, 1) * np.float32(SAME)).cast(np.float64)
    tells = of.join(of.constant([1.0]), tells)
    weights = (tells / tells.sum(0)).reshape(1, -1)
    frames = (panel.cast(np.float64) - classifier.mean_) / classifier.scale_
    likelihoods = [_likelihoods(frames, mixture) for mixture in classifier.mixtures_]
    return of.join(*[(weights @ found.reshape(-1, 1)).reshape(1) for found in likelihoods])


def _likelihoods(frames: Value, mixture: Any) -> Value:
    """Return the log-likelihood of every frame in a `sklearn.mixture.GaussianMixture`, of shape (n_frames,)."""
    means, roots, kind = mixture.means_, mixture.precisions_cholesky_, mixture.covariance_type
    n_components, n_features = means.shape
    constants = np.log(mixture.weights_) - n_features / 2 * np.log(2 * np.pi)
    if kind in ("diag", "spherical"):
        roots = np.broadcast_to(roots.reshape(n_components, -1), means.shape)
        constants = constants + np.log(roots).sum(axis=1)
        precisions = roots**2
        squares = (
            (frames * frames) @ precisions.T - frames @ (2 * means * precisions).T + (means**2 * precisions).sum(axis=1)
        )
    else:
        roots = np.broadcast_to(roots, (n_components, n_features, n_features))
        constants = constants + np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        whitened = frames @ roots.transpose(1, 0, 2).reshape(n_features, -1)
        off = whitened.reshape(-1, n_components, n_features) - np.einsum("kd,kde->ke", means, roots)
        squares = (off * off).sum(2)
    logs = squares * -0.5 + constants
    peak = logs.greatest(1, keepdims=True)
    return ((logs - peak).apply("Exp").sum(1).apply("Log")) + peak.reshape(-1)
