"""What compiled code takes for granted of the attributes of an estimator, and what follows from them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from skvoicefake.persistence._allowed import is_function
from skvoicefake.persistence._errors import refuse

# Attributes that follow from others, and are no plain data.
DERIVED = {"sklearn.isotonic.IsotonicRegression": ("f_",)}
# Parameters that are called with what they are given: with a class there, a file would choose what is built of clips.
CALLED = {
    "sklearn.feature_selection.RFE": ("importance_getter",),
    "sklearn.feature_selection.SelectFromModel": ("importance_getter",),
    "sklearn.feature_selection.SelectKBest": ("score_func",),
    "sklearn.feature_selection.SelectPercentile": ("score_func",),
    "sklearn.preprocessing.FunctionTransformer": ("func", "inverse_func", "feature_names_out"),
}
KERNELS = ("linear", "poly", "rbf", "sigmoid")


def check(name: str, estimator: Any) -> None:
    """Look at an estimator that was put together, before anyone uses it.

    Raises
    ------
    UnsafeFileError
        If its attributes contradict one another.
    """
    for parameter in CALLED.get(name, ()):
        value = getattr(estimator, parameter, None)
        if not (value is None or isinstance(value, str) or is_function(value)):
            refuse(f"{name} has a {parameter!r} that is no function")
    if name in CHECKS:
        CHECKS[name](estimator)


def _tree(estimator: Any) -> None:
    tree: Any = getattr(estimator, "tree_", None)
    if tree is None:
        return
    # Whatever scikit-learn checks X by, the tree reads as many features as it was grown with.
    if type(tree).__name__ != "Tree" or getattr(estimator, "n_features_in_", None) != tree.n_features:
        refuse("a tree in it is not of the features of its estimator")


def _forest(estimator: Any) -> None:
    for one in getattr(estimator, "estimators_", []):
        tree: Any = getattr(one, "tree_", None)
        if type(tree).__name__ != "Tree" or tree.n_features != getattr(estimator, "n_features_in_", None):
            refuse("a tree in it is not of the features of its forest")


def _machine(estimator: Any) -> None:
    vectors = getattr(estimator, "support_vectors_", None)
    if vectors is None:
        return
    counts = estimator._n_support
    n_classes, n_pairs = len(counts), len(counts) * (len(counts) - 1) // 2
    n_vectors = len(vectors)
    shapes = {
        "support_": (n_vectors,),
        "support_vectors_": (n_vectors, estimator.n_features_in_),
        "_dual_coef_": (n_classes - 1, n_vectors),
        "_intercept_": (n_pairs,),
        "_probA": (n_pairs,) if np.size(estimator._probA) else (0,),
        "_probB": np.shape(estimator._probA),
    }
    is_right = [
        estimator.kernel in KERNELS,
        estimator._sparse is False,
        isinstance(counts, np.ndarray) and counts.dtype == np.int32 and bool((counts >= 0).all()),
        int(np.sum(counts, dtype=np.int64)) == n_vectors > 0,
        n_classes == len(estimator.classes_) > 1,
        getattr(estimator.support_, "dtype", None) == np.int32,
        all(isinstance(getattr(estimator, name), np.ndarray) for name in shapes),
        all(getattr(estimator, name).dtype == np.float64 for name in shapes if name != "support_"),
        all(getattr(estimator, name).shape == shape for name, shape in shapes.items()),
        type(estimator.degree) is int and type(estimator.shape_fit_) is tuple,
    ]
    if not all(is_right):
        refuse("a support vector machine in it is not whole")


def _isotonic(estimator: Any) -> None:
    if hasattr(estimator, "X_thresholds_"):
        estimator._build_f(estimator.X_thresholds_, estimator.y_thresholds_)


def _network(estimator: Any) -> None:
    network = getattr(estimator, "_network", None)
    if network is None:
        return
    if type(network).__name__ != "Network":
        refuse("the network in it is none")
    (width, n_coefficients), n_classes = network.parameters["input_shape"], network.parameters["n_classes"]
    shape, starts = estimator.panel_shape_, estimator._crop_starts
    are_tuples = isinstance(shape, tuple) and len(shape) == 2 and isinstance(starts, tuple) and len(starts) > 0
    is_right = are_tuples and [
        shape[1] == n_coefficients,
        len(estimator.classes_) == n_classes,
        *(type(start) is int and 0 <= start <= shape[0] - width for start in starts),
    ]
    if not is_right or not all(is_right):
        refuse("the network in it is not of the clips and classes of its classifier")


CHECKS: dict[str, Callable[[Any], None]] = {
    "skvoicefake.neural_network.CNNLSTMClassifier": _network,
    "sklearn.ensemble.ExtraTreesClassifier": _forest,
    "sklearn.ensemble.RandomForestClassifier": _forest,
    "sklearn.isotonic.IsotonicRegression": _isotonic,
    "sklearn.svm.NuSVC": _machine,
    "sklearn.svm.SVC": _machine,
    "sklearn.tree.DecisionTreeClassifier": _tree,
    "sklearn.tree.ExtraTreeClassifier": _tree,
}
