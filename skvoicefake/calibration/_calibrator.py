"""LLRCalibrator: the scikit-learn shell over what a calibrator learns."""

import copy
import inspect
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import Tags, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, _routing_enabled, process_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
)

from skvoicefake._warn import warn
from skvoicefake.calibration._learning import (
    answers_of,
    edge_of,
    group_folds,
    held_out,
    is_guarded,
    line_through,
    scores_of,
    two_classes,
)
from skvoicefake.metrics._inputs import check_groups

N_FOLDS = 5


class LLRCalibrator(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Turn the scores of a classifier of two classes into log-likelihood ratios.

    A slope and an offset are learned by logistic regression from scores of
    clips that the classifier was not trained on; both classes weigh the same,
    so that their shares in training play no part in the result.

    Parameters
    ----------
    estimator : classifier of two classes
        With `decision_function` or else `predict_proba`. It is cloned and
        fitted, unless it is a fitted classifier in a
        `sklearn.frozen.FrozenEstimator`: that stays as it is, and the clips of
        `fit`, which must be others than it was trained on, calibrate it.
    cv : int, splitter, iterable of splits or None, default=None
        Which clips are scored by a classifier that has not seen them. None is
        5 folds; a number is that many, stratified, and keeps the clips of a
        group together if `fit` is given groups. Not used for a frozen
        classifier.
    prior : float, default=0.5
        Probability of ``classes_[1]`` where the classifier is used:
        `predict_proba` and `predict` are about clips that come with it.
        `decision_function` does not depend on it.
    n_jobs : int or None, default=None
        Folds that are fitted at a time, in processes.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        Labels, sorted. `decision_function` and ``predict_proba[:, 1]`` rise
        towards ``classes_[1]``.
    estimator_ : classifier
        `estimator`, fitted to all clips; the frozen one itself.
    slope_, offset_ : float
        The log-likelihood ratio is ``slope_ * score + offset_``.
    n_features_in_ : int
        As that of `estimator_`, if it has any.
    feature_names_in_ : ndarray of str
        As that of `estimator_`, if it has any.

    See Also
    --------
    log_likelihood_ratio : Takes the prior out of probabilities that are right.
    sklearn.calibration.CalibratedClassifierCV : Probabilities at the prior of its training clips.

    Notes
    -----
    Scores are those of `decision_function`, or else the log-odds of
    `predict_proba`, limited as in :func:`log_likelihood_ratio`. Moreover, 0
    and 1 count as half as far away as the nearest other probability among the
    clips of calibration: of 100 trees that all agree, 0.5 % may be wrong, and
    not one in a million.

    So that the slope stays finite if the scores separate the classes without
    an error, the target of the regression is not 1 but, after Platt,
    ``(n + 1) / (n + 2)``. Here n counts the clips of both classes: Platt's
    own targets, one a class, would pull the offset towards the larger class,
    as both weigh the same. With sample weights, n is the effective number of
    clips, the sum over the classes of ``sum(w)**2 / sum(w**2)``, so only the
    ratios of weights matter.

    Clips that the guard of a `GuardedClassifier` inside has a remark on are
    not calibrated with, and their log-likelihood ratio is 0. They are known by
    their score, which is 0 to the bit.

    The scores come from as many classifiers as there are folds, and are used
    for one more, fitted to all clips. They are taken to have the same scale.

    References
    ----------
    N. Brümmer and E. de Villiers, "The BOSARIS Toolkit: theory, algorithms
    and code for surviving the new DCF", 2011.

    J. Platt, "Probabilistic outputs for support vector machines and
    comparisons to regularized likelihood methods", in Advances in Large
    Margin Classifiers, MIT Press, 1999.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skvoicefake.calibration import LLRCalibrator
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["fake", "real"], [900, 100])
    >>> X = rng.normal(size=(1000, 1)) + (y == "real")[:, np.newaxis]
    >>> clip = [[1.5]]  # e times as likely among real clips as among fakes: its log-likelihood ratio is 1
    >>> LogisticRegression().fit(X, y).decision_function(clip).round(1).tolist()
    [-1.3]
    >>> LLRCalibrator(LogisticRegression()).fit(X, y).decision_function(clip).round(1).tolist()
    [0.9]
    """

    # Features may be computed once for all of its answers: see metrics._responses.
    answers_through_estimator_: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "decision_function"]), HasMethods(["fit", "predict_proba"])],
        "cv": ["cv_object"],
        "prior": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator: Any, *, cv: Any = None, prior: float = 0.5, n_jobs: int | None = None) -> None:
        self.estimator = estimator
        self.cv = cv
        self.prior = prior
        self.n_jobs = n_jobs

    # The classifier checks its own parameters when it is fitted.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit the classifier, and the line from its scores to log-likelihood ratios.

        Parameters
        ----------
        X : sequence of n_clips
            Whatever the classifier takes.
        y : array-like of shape (n_clips,)
            Labels of two classes, numbers or strings.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the clips in the calibration, within their class. They
            are passed on to the classifier, if its `fit` takes them.
        groups : array-like of shape (n_clips,), default=None
            Speakers, recordings or sentences, to be kept on one side of every
            split. They are passed on to the classifier, if its `fit` takes
            them.
        **fit_params : dict
            Passed on to the classifier's `fit`, such as
            ``clf__sample_weight`` for a step of a Pipeline. What has a value
            a clip is cut to the clips of every fold. With metadata routing
            enabled, all of them go where they were requested.

        Returns
        -------
        self : LLRCalibrator

        Raises
        ------
        ValueError
            If there are not two classes, if a split leaves only one of them
            to train or to calibrate with, if a score is not finite, if a
            clip's group is missing, or if there are fewer groups than folds.

        Warns
        -----
        UserWarning
            If scores fall towards ``classes_[1]`` on clips that the classifier
            was not trained on, or if it does not get the weights.
        """
        y, classes, is_positive = two_classes(y)
        X, y, sample_weight, groups = indexable(X, y, sample_weight, groups)
        weights = _check_sample_weight(sample_weight, np.zeros(len(y)), ensure_non_negative=True)
        codes = None if groups is None else check_groups(groups, len(y))
        fit_params, split_params = self._route(sample_weight, groups, fit_params)
        if isinstance(self.estimator, FrozenEstimator):
            estimator, tested = self.estimator, np.arange(len(y))
            responses = answers_of(estimator, X, classes)
        else:
            cv = self.cv
            if codes is not None and (cv is None or isinstance(cv, Integral)):
                cv, split_params = group_folds(N_FOLDS if cv is None else int(cv), codes), {"groups": codes}
            splits = list(check_cv(cv, y, classifier=True).split(X, y, **split_params))
            for fold, (train, _) in enumerate(splits):
                if len(np.unique(is_positive[train])) != 2:
                    raise ValueError(
                        f"Split {fold} of LLRCalibrator leaves clips of one class alone to train with. Take fewer"
                        " folds (cv), or smaller groups."
                    )
            parts = Parallel(n_jobs=self.n_jobs)(
                delayed(held_out)(clone(self.estimator), X, y, train, test, classes, fit_params)
                for train, test in splits
            )
            responses, tested = np.concatenate(parts), np.concatenate([test for _, test in splits])
            estimator = clone(self.estimator).fit(X, y, **fit_params)
        edge = edge_of(responses)
        scores = scores_of(responses, edge)
        if is_guarded(estimator):  # What it has no verdict on tells nothing of the others.
            is_judged = scores != 0
            scores, tested = scores[is_judged], tested[is_judged]
        slope, offset = line_through(scores, is_positive[tested], weights[tested], classes)
        if slope < 0:
            warn(
                f"On clips that it was not trained on, the scores of {type(self.estimator).__name__} fall towards"
                f" {classes.tolist()[1]!r}: it is no better than chance, or upside down. The likelihood ratios turn"
                " the scores round.",
            )
        self.classes_, self.estimator_, self._edge = classes, estimator, edge
        self.slope_, self.offset_ = slope, offset
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score clips by the log-likelihood ratio of the two classes.

        Parameters
        ----------
        X : sequence of n_clips
            As in `fit`.

        Returns
        -------
        llr : ndarray of shape (n_clips,)
            Natural logarithm of how much likelier the clip is as one of
            ``classes_[1]`` than as one of ``classes_[0]``; 0 where the guard of
            a `GuardedClassifier` inside has a remark.
        """
        check_is_fitted(self)
        responses = answers_of(self.estimator_, X, self.classes_)
        scores = scores_of(responses, self._edge)
        ratios = self.slope_ * scores + self.offset_
        return np.where(scores == 0, 0.0, ratios) if is_guarded(self.estimator_) else ratios

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the probability of both classes among clips that come with `prior`.

        Parameters
        ----------
        X : sequence of n_clips
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, 2)
            In the order of `classes_`.
        """
        log_odds = self._log_odds(X)
        return np.column_stack([expit(-log_odds), expit(log_odds)])

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the class that is likelier among clips that come with `prior`.

        Parameters
        ----------
        X : sequence of n_clips
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        positive = (self._log_odds(X) > 0).astype(int)
        return self.classes_[positive]

    def get_metadata_routing(self) -> MetadataRouter:
        """Say where metadata goes.

        Returns
        -------
        routing : MetadataRouter
            From `fit` to that of the classifier and to the split of `cv`.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(estimator=self.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit"))
        return router.add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags = copy.deepcopy(get_tags(self.estimator).input_tags)
        tags.classifier_tags.multi_class = False
        return tags

    def _log_odds(self, X: Any) -> NDArray[np.float64]:
        return self.decision_function(X) + logit(float(self.prior))

    def _route(
        self, sample_weight: Any, groups: Any, fit_params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the classifier's `fit` and the splitter's `split` are given."""
        given = {"sample_weight": sample_weight, "groups": groups}
        given = {name: value for name, value in given.items() if value is not None}
        if _routing_enabled():
            routed = process_routing(self, "fit", **given, **fit_params)
            return routed.estimator.fit, routed.splitter.split
        taken = inspect.signature(self.estimator.fit).parameters
        is_trained = not isinstance(self.estimator, FrozenEstimator)
        is_left_out = "sample_weight" in given.keys() - taken.keys()
        if is_trained and is_left_out and not any("sample_weight" in name for name in fit_params):
            warn(
                f"{type(self.estimator).__name__}.fit takes no sample_weight: the weights are for the calibration"
                " alone. For a step of a Pipeline, pass STEP__sample_weight as well.",
            )
        passed_on = {name: value for name, value in given.items() if name in taken}
        return passed_on | fit_params, {} if groups is None else {"groups": groups}
