"""AugmentedClassifier: a classifier whose training clips, and no others, are augmented."""

import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context, clone
from sklearn.utils import _safe_indexing, check_consistent_length, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skvoicefake._meta_classifier import MetaClassifier, estimator_has
from skvoicefake.audio import MAX_DURATION, MAX_RATE, MIN_RATE
from skvoicefake.augmentation._augment import USUAL, Method, changed, check_methods, check_number, seed_of
from skvoicefake.augmentation._copies import clips_of, copies_of, is_file, like, renaming
from skvoicefake.augmentation._fit_params import last, repeated, with_groups


class AugmentedClassifier(MetaClassifier):
    """Train a classifier of clips on augmented copies of its training clips as well.

    `fit` makes the copies, of both classes alike: what is done to a clip is
    drawn without regard to its label. `predict` and the like hand clips on as
    they are, so that augmentation stays in the training folds of any
    cross-validation.

    Parameters
    ----------
    estimator : classifier
        Of clips, such as a Pipeline of `MFCCTransformer` and a classifier. It
        is cloned.
    methods : sequence of str or callable, default=("reverb", "noise", ...)
        What may be done to a clip, in this order; see `augment`.
    n_copies : int, default=1
        Copies of every clip.
    methods_per_copy : int or (int, int), default=2
        How many of the methods are done to a copy; a range is drawn from, both
        ends included.
    keep_original : bool, default=True
        Train on the clips themselves, too.
    sample_rate : int, default=16000
        Rate of the copies in Hz, and of clips that are arrays: the
        `sample_rate` of the transformer.
    duration : float or None, default=None
        Seconds that are read of every clip for its copies; None takes it all.
        No less than the transformer reads.
    n_jobs : int or None, default=None
        Threads that make copies, as in joblib.
    random_state : int, RandomState, Generator or None, default=None
        Seed. With an int, a clip at a position of X has the same copies, to
        the bit, whatever the other clips and `n_jobs`.

    Attributes
    ----------
    estimator_ : classifier
        `estimator`, fitted to clips and copies.
    classes_ : ndarray of shape (n_classes,)
        Labels, as `estimator_` has them.
    n_features_in_ : int
        As that of `estimator_`, if it has any.
    feature_names_in_ : ndarray of str
        As that of `estimator_`, if it has any.

    See Also
    --------
    augment : What is done to one waveform.

    Notes
    -----
    **Copies** of files and bytes are written to a temporary folder, as wav
    files of 4 bytes a sample, which is removed when `fit` ends; those of
    arrays stay in memory. The rows of a 2-D X stay as long as they are.

    **Parameters of fit** that have a value a clip, such as
    ``clf__sample_weight``, are repeated for the copies. Groups are numbered
    anew; a clip and its copies are always one group, also if the clip's own is
    not known. If none are given, or None, and `fit` of the classifier (of the
    last step of a Pipeline, or of what a GuardedClassifier holds) takes
    `groups`, every clip with its copies is one: a network that holds clips
    back for early stopping then holds no copies of its training clips back.
    With metadata routing enabled, groups that no part has refused are
    requested for this, in `estimator_` alone.

    What passes no groups on to what is inside, such as a VotingClassifier or a
    search, keeps a network in it from knowing what are copies of what: it
    holds copies of training clips back, and a search tests on them. Put this
    classifier inside each member of a vote instead, and searches around it.

    **Stores of features.** Without an int as `random_state` no copy comes
    twice, so the ``cache`` of a transformer is not used while fitting, and
    nothing is put there. With an int, it is used: candidates of a search that
    share a training fold share its copies. A Pipeline's ``memory`` is never
    used while fitting, as it goes by the names of files, and those of copies
    do not come again.

    **Bad clips** raise an error that names them. If a transformer has a way
    with them (``on_error``), it meets them in the place of their copies.

    **Silence.** What would leave nothing but zeros of a sound, in the clip or
    in the first seconds that a transformer reads (its ``duration``), is not
    done.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skvoicefake import MFCCTransformer
    >>> from skvoicefake.augmentation import AugmentedClassifier
    >>> rng = np.random.default_rng(0)
    >>> noises = [rng.normal(size=4000) for _ in range(6)]
    >>> hums = [np.cumsum(rng.normal(size=4000)) for _ in range(6)]
    >>> pipe = make_pipeline(MFCCTransformer(duration=0.25, output="stats"), LogisticRegression())
    >>> clf = AugmentedClassifier(pipe, methods=["noise", "gain"], random_state=0)
    >>> clf.fit(noises + hums, ["noise"] * 6 + ["hum"] * 6).predict([rng.normal(size=4000)]).tolist()
    ['noise']
    """

    # Features may be computed once for all of its answers: see metrics._responses.
    answers_through_estimator_: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "methods": [list, tuple],
        "n_copies": [Interval(Integral, 1, None, closed="left")],
        "methods_per_copy": [Interval(Integral, 0, None, closed="left"), tuple],
        "keep_original": ["boolean"],
        "sample_rate": [Interval(Integral, MIN_RATE, MAX_RATE, closed="both")],
        "duration": [Interval(Real, 0, MAX_DURATION, closed="right"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state", np.random.Generator],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        methods: Sequence[str | Method] = USUAL,
        n_copies: int = 1,
        methods_per_copy: int | tuple[int, int] = 2,
        keep_original: bool = True,
        sample_rate: int = 16_000,
        duration: float | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.methods = methods
        self.n_copies = n_copies
        self.methods_per_copy = methods_per_copy
        self.keep_original = keep_original
        self.sample_rate = sample_rate
        self.duration = duration
        self.n_jobs = n_jobs
        self.random_state = random_state

    # The classifier checks its own parameters when it is fitted.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> Self:
        """Augment the clips, and fit the classifier.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : array-like of shape (n_clips,)
            Labels.
        **fit_params : dict
            Passed on to the classifier's `fit`, such as
            ``clf__sample_weight`` for a step of a Pipeline. What has a value a
            clip is repeated for its copies. With metadata routing enabled,
            they go where they were requested.

        Returns
        -------
        self : estimator

        Raises
        ------
        AudioError
            If a clip cannot be read.
        TypeError
            If the estimator is a class.
        ValueError
            If parameters make no sense, or contradict those of the classifier;
            if the estimator is no classifier.
        """
        self._check_estimator(y)
        methods = check_methods(self.methods)
        bounds = check_number(self.methods_per_copy, len(methods), "methods_per_copy")
        given = self.estimator.get_params()
        self._check_sample_rate(given)
        durations = self._durations(given)
        clips = clips_of(X, type(self).__name__)
        (y,) = indexable(y)
        check_consistent_length(clips, y)
        inner = clone(self.estimator)
        fit_params = with_groups(self, inner, fit_params, len(clips))
        places = np.tile(np.arange(len(clips)), self.n_copies + self.keep_original)
        fit_params = repeated(clips, fit_params, places)
        unused = self._stores(given)
        estimator = inner.set_params(**dict.fromkeys(unused))
        is_tolerant = any(last(param) == "on_error" and value != "raise" for param, value in given.items())
        # The first samples that a transformer reads; all of them in any case.
        lengths = [None, *(max(1, round(seconds * self.sample_rate)) for seconds in durations)]
        are_files = not isinstance(clips, np.ndarray) and any(is_file(clip) for clip in clips)
        with tempfile.TemporaryDirectory(prefix="skvoicefake-") if are_files else nullcontext() as folder:
            all_clips = copies_of(
                clips,
                lambda waveform, rng: changed(waveform, self.sample_rate, methods, bounds, rng, lengths),
                n_copies=self.n_copies,
                seed=seed_of(self.random_state),
                sample_rate=self.sample_rate,
                duration=self.duration,
                folder=folder,
                is_tolerant=is_tolerant,
                n_jobs=self.n_jobs,
            )
            if self.keep_original:
                all_clips = [*clips, *all_clips]
            n_originals = len(clips) if self.keep_original else 0
            with renaming(clips, all_clips, n_originals, is_tolerant):
                estimator.fit(
                    like(X, np.stack(all_clips) if isinstance(clips, np.ndarray) else all_clips),
                    _safe_indexing(y, places),
                    **fit_params,
                )
        self._take(estimator.set_params(**unused))
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the class of every clip; nothing is augmented.

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

    @estimator_has("predict_proba")
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the probability of every class; nothing is augmented.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @estimator_has("predict_log_proba")
    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the logarithm of the probability of every class; nothing is augmented.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @estimator_has("decision_function")
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score clips; nothing is augmented.

        Parameters
        ----------
        X : sequence of clips
            As in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_clips,) or (n_clips, n_classes)
            As the classifier's.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def _check_sample_rate(self, given: dict[str, Any]) -> None:
        for param, value in given.items():
            if last(param) == "sample_rate" and value not in (None, self.sample_rate):
                raise ValueError(
                    f"sample_rate={self.sample_rate} of {type(self).__name__} contradicts {param}={value} of its"
                    " estimator: set both to the same rate."
                )

    def _durations(self, given: dict[str, Any]) -> list[float]:
        """Return the seconds that transformers read from the start of clips."""
        durations = {
            param: float(value)
            for param, value in given.items()
            if last(param) == "duration" and isinstance(value, Real)
        }
        for param, value in durations.items():
            if self.duration is not None and self.duration < value:
                raise ValueError(
                    f"duration={self.duration} of {type(self).__name__} is less than {param}={value:g} of its"
                    " estimator: copies would be shorter than what is read of clips. Leave it at None, or take as much."
                )
        crops = {param: given.get(f"{param.removesuffix('duration')}crop", "start") for param in durations}
        return [value for param, value in durations.items() if crops[param] == "start"]

    def _stores(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters with stores that copies must not get into."""
        names = {"memory"} if isinstance(self.random_state, Integral) else {"memory", "cache"}
        return {param: value for param, value in given.items() if last(param) in names and value is not None}
