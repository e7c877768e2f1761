"""GMMClassifier: a Gaussian mixture a class over the frames of its clips."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from skvoicefake._classifier_input import encode_labels
from skvoicefake.mixture._panel import Panel, as_panel, telling_frames

_taken = threading.Lock()


class GMMClassifier(ClassifierMixin, BaseEstimator):
    """Tell real from fake speech by a Gaussian mixture of each over cepstral frames.

    The classical baseline of this field: the frames of all clips of a class
    are taken for draws from one mixture of Gaussians, whatever their order
    [1]_. A clip's score is the log-likelihood ratio of the mixtures, averaged
    over its frames.

    Parameters
    ----------
    n_components : int, default=64
        Gaussians a class. ASVspoof's baseline has 512, for more speech.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="diag"
        As in :class:`sklearn.mixture.GaussianMixture`.
    reg_covar : float, default=1e-3
        Added to every variance. Coefficients are standardised inside, so it is
        a share of their variance over the training clips.
    max_iter : int, default=100
        Steps of expectation maximisation, at most.
    max_frames : int or None, default=50_000
        Frames of a class to learn from, at most; if it has more, so many are
        drawn. None takes all.
    n_frames : int or None, default=None
        Frames in a row of 2-D X. None reads it from the "flat" output of a
        transformer such as `MFCCTransformer`, array or DataFrame; any other
        2-D X is then taken to have one coefficient a frame.
    random_state : int, RandomState instance or None, default=None
        Seed of the frames that are drawn and of the start of the mixtures.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted. `decision_function` and ``predict_proba[:, 1]`` rise
        towards ``classes_[1]``.
    mixtures_ : list of GaussianMixture
        One a class, in the order of `classes_`, over standardised frames.
    mean_, scale_ : ndarray of shape (n_coefficients,)
        What frames are standardised with.
    n_iter_ : int
        Steps of expectation maximisation, of the class that took most.
    panel_shape_ : (int, int)
        Frames and coefficients of a clip.
    n_features_in_ : int
        Columns of X. Only if X was 2-D.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    skvoicefake.CNNLSTMClassifier : A network over the same panels, which hears the order of frames.
    skvoicefake.calibration.LLRCalibrator : Makes log-likelihood ratios of clips of its scores.

    Notes
    -----
    Frames that are the same as the one before, to 1e-5 of the largest number
    of the clip, are left out in `fit` and in scoring, but for the first of a
    clip: they are padding or digital silence, which tells how clips were cut.

    Frames that follow one another are alike, so the sum of their ratios would
    be far too sure. Their mean is too unsure: probabilities lie near 0.5.
    They rank clips, and are on the right side of 0.5 as far as the mixtures
    are right; calibrate them to take them at their word.

    References
    ----------
    .. [1] M. Sahidullah, T. Kinnunen, C. Hanilçi, "A comparison of features
       for synthetic speech detection", Interspeech 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.mixture import GMMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(40, 20, 3)), np.repeat(["fake", "real"], 20)
    >>> X[y == "real"] *= 1.5
    >>> gmm = GMMClassifier(n_components=2, random_state=0).fit(X[::2], y[::2])
    >>> gmm.score(X[1::2], y[1::2])
    1.0
    """

    classes_: NDArray[Any]
    panel_shape_: tuple[int, int]
    mixtures_: list[GaussianMixture]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions({"full", "tied", "diag", "spherical"})],
        "reg_covar": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_frames": [Interval(Integral, 1, None, closed="left"), None],
        "n_frames": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        n_components: int = 64,
        covariance_type: str = "diag",
        reg_covar: float = 1e-3,
        max_iter: int = 100,
        max_frames: int | None = 50_000,
        n_frames: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.max_frames = max_frames
        self.n_frames = n_frames
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn a mixture a class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_frames, n_coefficients) or (n_clips, n_features)
            A panel; see `n_frames` for how a 2-D one is read.
        y : array-like of shape (n_clips,)
            Labels of two classes or more, numbers or strings.

        Returns
        -------
        self : GMMClassifier

        Raises
        ------
        ValueError
            If X and y do not fit one another, hold NaN, infinity, numbers
            beyond 1e100, labels that cannot be sorted or only one class, or
            if a class has fewer frames than `n_components`.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` steps are too few.
        """
        if self.max_frames is not None and self.max_frames < self.n_components:
            raise ValueError(
                f"max_frames={self.max_frames} is less than n_components={self.n_components}: every Gaussian needs a"
                " frame. Raise max_frames, or lower n_components."
            )
        panel = as_panel(self, X, reset=True)
        self.classes_, targets = encode_labels(y, n_clips=len(panel))
        self.panel_shape_ = panel.shape[1:]
        rng = check_random_state(self.random_state)
        tells = np.array([telling_frames(clip) for clip in panel])
        samples = []
        for code, label in enumerate(self.classes_.tolist()):
            clips, frames = np.nonzero(tells & (targets == code)[:, np.newaxis])
            if len(clips) < self.n_components:
                raise ValueError(
                    f"Class {label!r} has {len(clips)} frames (repeated ones not counted), fewer than"
                    f" n_components={self.n_components}. Lower it, or add clips."
                )
            if self.max_frames is not None and len(clips) > self.max_frames:
                chosen = np.sort(rng.choice(len(clips), self.max_frames, replace=False))
                clips, frames = clips[chosen], frames[chosen]
            samples.append(np.asarray(panel[clips, frames], dtype=np.float64))
        everything = np.concatenate(samples)
        self.mean_, variance = everything.mean(axis=0), everything.var(axis=0)
        # The variance of a constant is not zero but what rounding leaves; the bound is that of StandardScaler.
        rounding = len(everything) * np.finfo(np.float64).eps
        is_constant = variance <= rounding * variance + (rounding * self.mean_) ** 2
        self.scale_ = np.where(is_constant, 1.0, np.sqrt(variance))
        with one_thread():
            self.mixtures_ = [
                self._mixture(rng.randint(2**31 - 1)).fit((sample - self.mean_) / self.scale_) for sample in samples
            ]
        self.n_iter_ = max(mixture.n_iter_ for mixture in self.mixtures_)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score clips by how much likelier their frames are as those of one class than of the other.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_clips,) or (n_clips, n_classes)
            For two classes the log-likelihood ratio a frame, positive for
            ``classes_[1]``; for more the log-likelihood a frame of each. In
            natural logarithms.
        """
        check_is_fitted(self)
        likelihoods = self._likelihoods(as_panel(self, X, reset=False))
        return likelihoods[:, 1] - likelihoods[:, 0] if len(self.classes_) == 2 else likelihoods

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of every class for a mean frame, where all classes are as frequent.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`.
        """
        scores = self.decision_function(X)
        return softmax(scores, axis=1) if scores.ndim == 2 else np.column_stack([expit(-scores), expit(scores)])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the likeliest class of every clip.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)]

    def _mixture(self, seed: int) -> GaussianMixture:
        return GaussianMixture(
            int(self.n_components),
            covariance_type=self.covariance_type,
            reg_covar=float(self.reg_covar),
            max_iter=int(self.max_iter),
            random_state=seed,
        )

    def _likelihoods(self, panel: Panel) -> NDArray[np.float64]:
        """Return the mean log-likelihood of the frames of every clip in every mixture, (n_clips, n_classes)."""
        found = np.empty((len(panel), len(self.mixtures_)))
        # Clip by clip: sums of a larger product have other last bits, and a score must not depend on its neighbours.
        with one_thread():
            for i, clip in enumerate(panel):
                frames = (clip[telling_frames(clip)] - self.mean_) / self.scale_
                found[i] = [mixture.score_samples(frames).mean() for mixture in self.mixtures_]
        return found


@contextmanager
def one_thread() -> Iterator[None]:
    """Have libraries work in one thread, here and in whatever else runs in the process meanwhile.

    The k-means that mixtures start from adds up in any order in several: other
    bits at every call. The products of one clip are so small that threads of
    BLAS wait for one another, for most of the time on a busy machine.
    """
    # One after the other: who sets the number while another has it set would set it back to one.
    with _taken, threadpool_limits(1):
        yield
