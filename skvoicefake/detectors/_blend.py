"""TreesAndKernel: two classifiers that err differently, one score."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.svm import SVC
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skvoicefake.metrics._inputs import check_groups

# No clip is surer than this, however many trees agree.
EDGE = 0.003


class TreesAndKernel(ClassifierMixin, BaseEstimator):
    """Add the log-odds of extremely randomised trees and the score of a support vector machine.

    Trees ask one statistic at a time and take no notice of how far it lies
    off; a radial kernel weighs all of them together. On voices and generators
    they have not met, they err on different clips.

    Parameters
    ----------
    n_estimators : int, default=300
        Trees.
    min_samples_leaf : int, default=2
        Clips in a leaf of a tree, at least.
    C : float, default=3.0
        Of the support vector machine.
    n_jobs : int or None, default=None
        Threads that grow trees.
    random_state : int, RandomState instance or None, default=None
        Seed of the trees.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        Labels, sorted. `decision_function` and ``predict_proba[:, 1]`` rise
        towards ``classes_[1]``.
    trees_ : ExtraTreesClassifier
    svm_ : SVC
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    Notes
    -----
    Both classes weigh the same. With groups, such as the sources of clips, a
    group's weight in its class is the square root of its clips: a large one
    counts for more than a small one, but not for as much more as it has clips.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine
    Learning 63(1), 2006.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skvoicefake.detectors import TreesAndKernel
    >>> X, y = make_classification(random_state=0)
    >>> TreesAndKernel(n_estimators=20, random_state=0).fit(X, y).decision_function(X[:2]).shape
    (2,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
        "C": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        n_estimators: int = 300,
        min_samples_leaf: int = 2,
        C: float = 3.0,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.C = C
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit both.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
        y : array-like of shape (n_clips,)
            Labels of two classes.
        groups : array-like of shape (n_clips,), default=None
            Sources, or whatever clips are alike in. None weighs all clips of a
            class the same.

        Returns
        -------
        self : TreesAndKernel
        """
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            n_classes = len(self.classes_)
            raise ValueError(
                f"Only binary classification is supported. {type(self).__name__} needs labels of two classes, got"
                f" {n_classes} {'class' if n_classes == 1 else 'classes'}: {self.classes_[:5].tolist()}."
            )
        weights = np.ones(len(y)) if groups is None else weights_of_groups(codes, check_groups(groups, len(y)))
        for code in (0, 1):
            weights[codes == code] *= len(y) / 2 / weights[codes == code].sum()
        self.trees_ = ExtraTreesClassifier(
            self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        ).fit(X, codes, sample_weight=weights)
        self.svm_ = SVC(C=self.C).fit(X, codes, sample_weight=weights)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)

        Returns
        -------
        scores : ndarray of shape (n_clips,)
            Higher towards ``classes_[1]``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        probability = np.clip(self.trees_.predict_proba(X)[:, 1], EDGE, 1 - EDGE)
        return np.asarray(logit(probability) + self.svm_.decision_function(X))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of both classes: the scores as log-odds.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_clips, 2)
            In the order of `classes_`. Too sure of themselves, unless an
            `LLRCalibrator` goes around.
        """
        scores = self.decision_function(X)
        return np.column_stack([expit(-scores), expit(scores)])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the likelier class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        is_second = (self.decision_function(X) > 0).astype(int)
        return np.asarray(self.classes_[is_second])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def weights_of_groups(codes: NDArray[Any], groups: NDArray[Any]) -> NDArray[np.float64]:
    """Return a weight a clip: one over the square root of the clips of its class and group."""
    _, inverse, counts = np.unique(np.column_stack([codes, groups]), axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1 / np.sqrt(counts[inverse.ravel()]))
