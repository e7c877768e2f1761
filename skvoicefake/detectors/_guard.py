"""DomainGuard: which clips a detector should not judge, because they are no speech, or none like its training clips.

`GuardedClassifier`, which heeds it, is in `_guarded`.
"""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skvoicefake._groups import connected_groups
from skvoicefake.audio import MAX_DURATION, MAX_RATE, load_audio
from skvoicefake.detectors._speech import MEASURES, MIN_RATE, speech_measures
from skvoicefake.feature_extraction._clips import as_clips
from skvoicefake.feature_extraction._parallel import for_each

NO_SPEECH, NARROW, FOREIGN = "not enough speech", "narrow band", "out of domain"
NARROW_DB = -40.0  # what has less above 6.3 kHz has nothing there
MARGIN_DB = 10.0  # beneath the least of usual clips
N_FOLDS = 5
LIMIT = 10.0  # interquartile ranges from the median; beyond it is far, however far
# What remarks depend on, and how many dimensions each of what is learned has.
SETTINGS = ("sample_rate", "min_speech", "max_rejected")
LEARNED = {"narrow_": 0, "center_": 1, "scale_": 1, "location_": 1, "precision_": 2, "threshold_": 0}


class DomainGuard(BaseEstimator):
    """Say which clips a detector should not judge: too little speech, or not the kind of sound it was trained on.

    Measures of speech, and of nothing that tells real from fake on purpose: how
    much of it there is, how voiced, at what pace the bands rise and fall, how
    fast the spectrum moves, how level is spread, and whether anything lies
    above 6 kHz. What is usual is learned from the clips of `fit`.

    Parameters
    ----------
    sample_rate : float, default=16000
        Rate in Hz at which clips are measured, 4000 at least; others are
        resampled. Bare arrays are taken to be at this rate.
    min_speech : float, default=0.5
        Least seconds of voiced speech. Of read speech, about half is voiced.
    max_rejected : float, default=0.01
        Share of clips like those of `fit` that may be called out of domain. 0
        calls none so.
    duration : float or None, default=None
        Seconds of a clip to measure at most, from its start; None is all. As
        many as the detector hears.
    n_jobs : int or None, default=None
        Threads to work with, as in scikit-learn.

    Attributes
    ----------
    narrow_ : float
        Power above 6.3 kHz, in dB relative to all of it, beneath which a clip
        is of narrow band.
    center_, scale_ : ndarray of shape (n_kinds,)
        Median and interquartile range of the measures of kind.
    location_ : ndarray of shape (n_kinds,)
        Mean of these measures, scaled.
    precision_ : ndarray of shape (n_kinds, n_kinds)
        Inverse of their covariance.
    threshold_ : float
        Squared Mahalanobis distance beyond which a clip is out of domain.
    n_features_in_ : int
        Columns of X. Only if X was a 2-D array or table of samples.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    GuardedClassifier : A classifier that heeds a guard.

    Notes
    -----
    The covariance is shrunk as in [1]_. `threshold_` is a quantile of the
    distances of clips of `fit` that were held out, five times, from what they
    are measured by; clips of a group are held out together. Clips of `fit`
    with less than `min_speech` are not learned from.

    "narrow band" is a clip with less than a ten-thousandth of its power above
    6.3 kHz, in its brightest frames too, and 10 dB less than those of `fit`
    have. Trained on telephone calls, a guard finds nothing in them.

    References
    ----------
    .. [1] Ledoit and Wolf, "A well-conditioned estimator for large-dimensional
       covariance matrices", Journal of Multivariate Analysis 88(2), 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import DomainGuard
    >>> rng = np.random.default_rng(0)
    >>> noises = [0.1 * rng.normal(size=16_000) for _ in range(20)]
    >>> guard = DomainGuard(min_speech=0).fit(noises)
    >>> guard.remarks([noises[0], np.cumsum(noises[0]) / 50]).tolist()
    ['', 'out of domain']
    >>> DomainGuard.from_arrays(guard.to_arrays(), min_speech=0.5).remarks(noises[:1]).tolist()
    ['not enough speech']
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "sample_rate": [Interval(Real, MIN_RATE, MAX_RATE, closed="both")],
        "min_speech": [Interval(Real, 0, None, closed="left")],
        "max_rejected": [Interval(Real, 0, 1, closed="left")],
        "duration": [Interval(Real, 0, MAX_DURATION, closed="right"), None],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sample_rate: float = 16_000,
        min_speech: float = 0.5,
        max_rejected: float = 0.01,
        duration: float | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.min_speech = min_speech
        self.max_rejected = max_rejected
        self.duration = duration
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None, groups: ArrayLike | None = None) -> Self:
        """Learn what is usual.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : None
            Ignored.
        groups : array-like of shape (n_clips,) or (n_clips, n_keys), default=None
            Clips that are alike, such as those of a speaker or a source.

        Returns
        -------
        self : DomainGuard

        Raises
        ------
        AudioError
            If a clip cannot be read.
        ValueError
            If fewer than two clips hold `min_speech` seconds of speech.
        """
        self._validate_params()
        measures = self._measure(X, reset=True)
        enough = measures[:, 0] >= self.min_speech
        if enough.sum() < 2:
            raise ValueError(
                f"{type(self).__name__} expected 2 clips or more with {self.min_speech:g} s of speech to learn from,"
                f" got {enough.sum()} of n_samples = {len(measures)} (the most in one: {np.max(measures[:, 0]):.2g} s)."
                f" Pass more speech, check that sample_rate={self.sample_rate:g} is that of the arrays, or set"
                " min_speech lower."
            )
        codes = np.arange(len(measures)) if groups is None else connected_groups(groups)
        check_consistent_length(measures, codes)
        measures, codes = measures[enough], codes[enough]
        kinds = measures[:, 2:]
        self.center_ = np.median(kinds, axis=0)
        quarters = np.percentile(kinds, [25, 75], axis=0)
        spread = quarters[1] - quarters[0]
        self.scale_ = np.where(spread > 1e-6, spread, 1.0)
        kinds = self._scaled(kinds)
        self.location_, self.precision_ = _shape(kinds)
        self.narrow_, self.threshold_ = -np.inf, np.inf
        if self.max_rejected > 0:
            usual = float(np.quantile(measures[:, 1], self.max_rejected))
            self.narrow_ = min(NARROW_DB, usual - MARGIN_DB)
            if len(np.unique(codes)) > 1:
                self.threshold_ = float(np.quantile(_held_out(kinds, codes), 1 - self.max_rejected))
        return self

    def measures(self, X: Any) -> NDArray[np.float64]:
        """Measure clips; needs no fit.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        measures : ndarray of shape (n_clips, 8)
            Seconds of voiced speech; power above 6.3 kHz in the brightest
            twentieth of the frames, in dB relative to all of it; and the
            measures of kind: periodicity of voiced frames (log odds); strength
            of the changes at 2 to 8 Hz relative to slower ones (nepers); shares
            of the frames that are no pauses, and that stand out of the
            background; movement of the spectrum (its lowest tenth, log); and
            standard deviation of the level (dB).

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        self._validate_params()
        return self._measure(X, reset=False)

    def remarks(self, X: Any) -> NDArray[np.str_]:
        """Say what keeps each clip from being judged.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        remarks : ndarray of shape (n_clips,), str
            "" where nothing does, "not enough speech", "narrow band" (no sound
            above 6 kHz, as over a telephone) or "out of domain"; the first
            that holds.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        check_is_fitted(self)
        measures = self.measures(X)
        distances = _distances(self._scaled(measures[:, 2:]), self.location_, self.precision_)
        reasons = [measures[:, 0] < self.min_speech, measures[:, 1] < self.narrow_, distances > self.threshold_]
        return np.select(reasons, [NO_SPEECH, NARROW, FOREIGN], "")

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was learned, and the parameters that remarks depend on.

        Returns
        -------
        arrays : dict of str to ndarray
            For `numpy.savez` and :meth:`from_arrays`.
        """
        check_is_fitted(self)
        return {name: np.array(getattr(self, name)) for name in (*SETTINGS, *LEARNED)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], **params: Any) -> Self:
        """Return the fitted guard that arrays were made of; its remarks are the same.

        Parameters
        ----------
        arrays : dict of str to ndarray
            Of :meth:`to_arrays`, or the open file of `numpy.load`.
        **params : dict
            Parameters to have instead of those in `arrays`.

        Returns
        -------
        guard : DomainGuard

        Raises
        ------
        ValueError
            If arrays are missing, or of the wrong shape.
        """
        if missing := [name for name in (*SETTINGS, *LEARNED) if name not in arrays]:
            raise ValueError(
                f"{cls.__name__}.from_arrays expected the arrays of to_arrays(), got none called {missing}."
            )
        guard = cls(**({name: np.asarray(arrays[name]).item() for name in SETTINGS} | params))
        guard._validate_params()
        n_kinds = len(MEASURES) - 2
        for name, n_dims in LEARNED.items():
            value = np.array(arrays[name], dtype=np.float64)
            if value.shape != (n_kinds,) * n_dims:
                raise ValueError(
                    f"{cls.__name__}.from_arrays expected {name} of shape {(n_kinds,) * n_dims}, got {value.shape}. It"
                    " is of another version: fit the guard again."
                )
            setattr(guard, name, value if n_dims else float(value))
        return guard

    def _measure(self, X: Any, *, reset: bool) -> NDArray[np.float64]:
        clips = as_clips(self, X, reset=reset)
        measures = np.empty((len(clips), len(MEASURES)))

        def measure(i: int) -> None:
            waveform = load_audio(clips.items[i], self.sample_rate, duration=self.duration, name=clips.name(i))
            measures[i] = speech_measures(waveform, self.sample_rate)

        for_each(measure, range(len(clips)), n_jobs=self.n_jobs, name=type(self).__name__, verbose=0)
        return measures

    def _scaled(self, kinds: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((kinds - self.center_) / self.scale_, -LIMIT, LIMIT)


def _shape(kinds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and precision of scaled measures (n_clips, n_kinds)."""
    from sklearn.covariance import LedoitWolf

    learned = LedoitWolf().fit(kinds)
    return learned.location_, learned.precision_


def _distances(
    kinds: NDArray[np.float64], location: NDArray[np.float64], precision: NDArray[np.float64]
) -> NDArray[np.float64]:
    # No BLAS: a clip's distance is the same to the bit in any company.
    off = kinds - location
    return (off[:, :, None] * precision * off[:, None, :]).sum(axis=(1, 2))


def _held_out(kinds: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the distance of every clip from the clips of other folds; groups are not parted."""
    from sklearn.model_selection import GroupKFold

    distances = np.empty(len(kinds))
    for others, held in GroupKFold(min(N_FOLDS, len(np.unique(codes)))).split(kinds, groups=codes):
        distances[held] = _distances(kinds[held], *_shape(kinds[others]))
    return distances
