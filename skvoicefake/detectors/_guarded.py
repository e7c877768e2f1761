"""GuardedClassifier: a classifier that says where it should not judge."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context, clone
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metadata_routing import _routing_enabled, process_routing
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from skvoicefake._meta_classifier import MetaClassifier, estimator_has
from skvoicefake.detectors._guard import DomainGuard


class GuardedClassifier(MetaClassifier):
    """A classifier of clips that says so where it should not judge.

    Parameters
    ----------
    estimator : classifier
        Of clips, such as a Pipeline of `MFCCTransformer` and a classifier. It
        is cloned.
    guard : DomainGuard or None, default=None
        Says which clips not to judge. It is cloned. None is a `DomainGuard` at
        the `sample_rate` of the estimator. A guard of your own has `fit` and
        `remarks`, and gets the groups if its `fit` takes them.

    Attributes
    ----------
    estimator_ : classifier
        `estimator`, fitted.
    guard_ : DomainGuard
        `guard`, fitted to the same clips.
    classes_ : ndarray of shape (n_classes,)
        Labels, as `estimator_` has them.
    n_features_in_ : int
        As that of `estimator_`, if it has any.
    feature_names_in_ : ndarray of str
        As that of `estimator_`, if it has any.

    See Also
    --------
    DomainGuard : What is measured, and how what is usual is learned.

    Notes
    -----
    `predict` knows no third answer, as scikit-learn's scores and searches know
    none: it names the class that the classifier leans to, for every clip.
    `verdict` has the remark instead; `predict_proba` and `decision_function`
    say there that nothing is known, and do not ask the classifier. Of digital
    silence, a transformer of clips raises an error, and so does `predict`.

    Inside an `AugmentedClassifier`, the guard is fitted to the copies too, and
    takes for usual what they are. `verdict` and `remarks` are then those of the
    `estimator_` of the `AugmentedClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skvoicefake import MFCCTransformer
    >>> from skvoicefake.detectors import DomainGuard, GuardedClassifier
    >>> rng = np.random.default_rng(0)
    >>> noises = [rng.normal(size=4000) for _ in range(6)]
    >>> hums = [np.cumsum(rng.normal(size=4000)) for _ in range(6)]
    >>> pipe = make_pipeline(MFCCTransformer(duration=0.25, output="stats"), LogisticRegression())
    >>> clf = GuardedClassifier(pipe, DomainGuard(min_speech=0, max_rejected=0))
    >>> clf.fit(noises + hums, ["noise"] * 6 + ["hum"] * 6).verdict(noises[:1]).tolist()
    ['noise']
    >>> clf.guard_.set_params(min_speech=0.1).remarks(noises[:1]).tolist()
    ['not enough speech']
    >>> clf.verdict(noises[:1]).tolist(), clf.predict_proba(noises[:1]).tolist()
    (['not enough speech'], [[0.5, 0.5]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "guard": [HasMethods(["fit", "remarks"]), None],
    }

    def __init__(self, estimator: Any, guard: Any = None) -> None:
        self.estimator = estimator
        self.guard = guard

    # The classifier and the guard check their own parameters when they are fitted.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> Self:
        """Fit the classifier and the guard.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : array-like of shape (n_clips,)
            Labels.
        **fit_params : dict
            Passed on to the classifier's `fit`, such as ``clf__sample_weight``
            for a step of a Pipeline. What is called groups, also of a step, is
            passed on to the guard too. With metadata routing enabled, they go
            where they were requested; the guard does not get groups that a
            step of a Pipeline requests under another name.

        Returns
        -------
        self : GuardedClassifier

        Raises
        ------
        AudioError
            If a clip cannot be read.
        ValueError
            If the guard has too little speech to learn from, or works at
            another sample rate than the classifier; if the estimator is no
            classifier.
        TypeError
            If the estimator is a class.
        """
        self._check_estimator(y)
        given = fit_params
        if _routing_enabled():
            given = process_routing(self, "fit", **fit_params).estimator.fit
        groups = next((value for param, value in given.items() if param.rpartition("__")[2] == "groups"), None)
        # First, as it is quick: what it finds wrong is not found after hours of training.
        guard = self._new_guard()
        guard = guard.fit(X, y, **({"groups": groups} if has_fit_parameter(guard, "groups") else {}))
        estimator = clone(self.estimator).fit(X, y, **given)
        self.guard_ = guard
        self._take(estimator)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the class that the classifier leans to, for every clip, whatever the guard says.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def verdict(self, X: Any) -> NDArray[np.str_]:
        """Name the class of every clip, or say why it has none.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        verdicts : ndarray of shape (n_clips,), str
            The label, or the guard's remark where it has one.
        """
        remarks = self.remarks(X)
        is_known = remarks == ""
        if not is_known.any():
            return remarks
        labels = np.asarray(self._ask("predict", X, is_known)).astype(str)
        # Wide enough for both.
        verdicts = remarks.astype(np.result_type(remarks, labels))
        verdicts[is_known] = labels
        return verdicts

    def remarks(self, X: Any) -> NDArray[np.str_]:
        """Say what keeps each clip from being judged.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        remarks : ndarray of shape (n_clips,), str
            "" where nothing does; see :meth:`DomainGuard.remarks`.
        """
        check_is_fitted(self)
        return np.asarray(self.guard_.remarks(X), dtype=str)

    @estimator_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the probability of every class: the same for all where the guard has a remark.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`; 0.5 each, of two, where nothing is
            known.
        """
        remarks = self.remarks(X)
        is_known = remarks == ""
        n_classes = len(self.classes_)
        probabilities = np.full((len(remarks), n_classes), 1 / n_classes)
        if is_known.any():
            probabilities[is_known] = self._ask("predict_proba", X, is_known)
        return probabilities

    @estimator_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score clips: 0 where the guard has a remark.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_clips,) or (n_clips, n_classes)
            As the classifier's: log-likelihood ratios or log odds, of which 0
            is no evidence either way.
        """
        remarks = self.remarks(X)
        is_known = remarks == ""
        if not is_known.any():
            return np.zeros(len(remarks) if len(self.classes_) == 2 else (len(remarks), len(self.classes_)))
        found = self._ask("decision_function", X, is_known)
        scores = np.zeros((len(remarks), *found.shape[1:]))
        scores[is_known] = found
        return scores

    def _ask(self, method: str, X: Any, is_known: NDArray[np.bool_]) -> NDArray[Any]:
        """Return what the classifier says of the clips that may be judged: of others it may say an error."""
        answers: NDArray[Any] = getattr(self.estimator_, method)(X if is_known.all() else _safe_indexing(X, is_known))
        return answers

    def _new_guard(self) -> Any:
        rates = {
            param: value
            for param, value in self.estimator.get_params().items()
            if param.rpartition("__")[2] == "sample_rate" and value is not None
        }
        if self.guard is None:
            return DomainGuard(sample_rate=next(iter(rates.values()), 16_000))
        guard = clone(self.guard)
        for param, value in rates.items():
            # A guard of one's own need have none.
            if value != getattr(guard, "sample_rate", value):
                raise ValueError(
                    f"sample_rate={guard.sample_rate} of the guard contradicts {param}={value} of the estimator: set"
                    " both to the same rate."
                )
        return guard
