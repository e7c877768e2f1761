"""load_detector: the fitted detector that is in the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar, Never, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags

from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._frozen import Frozen, read

FOLDER: Traversable = files("skvoicefake.detectors") / "data"
ADVICE = "To train one of your own, fit recommended_detector(); to calibrate this one, put it in a FrozenEstimator."


class ShippedDetector(ClassifierMixin, BaseEstimator):
    """A detector that is fitted and stays so; `load_detector` returns it.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        "fake" and "real".
    estimator_ : Pipeline
        From clips to features, and from these to scores.
    card : ModelCard
        What it is for, what it was trained on, what it scored, and where it
        fails.

    See Also
    --------
    load_detector : Makes one.
    recommended_detector : The same detector, to be fitted to clips of your own.
    """

    # Features may be computed once for all of its answers: see metrics._responses.
    answers_through_estimator_: ClassVar[bool] = True

    def fit(self, X: Any, y: ArrayLike | None = None, **fit_params: Any) -> Never:
        """Raise: it is fitted, and stays so.

        Parameters
        ----------
        X, y, **fit_params
            Ignored.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(f"{type(self).__name__} is fitted already, and cannot be fitted again. {ADVICE}")

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score clips by the log-likelihood ratio of the two classes.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be;
            bare arrays are waveforms at 16 kHz.

        Returns
        -------
        llr : ndarray of shape (n_clips,)
            Natural logarithm of how much likelier the clip is as real speech
            than as a fake.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        self._check()
        return np.asarray(self.estimator_.decision_function(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the probability of both classes, among clips of which half are fakes.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `decision_function`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, 2)
            Of "fake" and of "real".
        """
        llr = self.decision_function(X)
        return np.column_stack([expit(-llr), expit(llr)])

    def predict(self, X: Any) -> NDArray[np.str_]:
        """Name the class that is likelier, among clips of which half are fakes.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `decision_function`.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        called_real = (self.decision_function(X) > 0).astype(int)
        return np.asarray(self.classes_[called_real])

    @property
    def card(self) -> ModelCard:
        """What it is for, what it was trained on, what it scored, and where it fails."""
        self._check()
        return self._card

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_clone__(self) -> Never:
        raise TypeError(f"{type(self).__name__} cannot be cloned: clones are there to be fitted. {ADVICE}")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _check(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"This {type(self).__name__} is empty. load_detector() returns the one in the package."
            )


class FrozenClassifier(ClassifierMixin, BaseEstimator):
    """The last step of the detector in the package: from features to log-likelihood ratios.

    Parameters
    ----------
    frozen : Frozen
        See `read`.
    """

    def __init__(self, frozen: Frozen) -> None:
        self.frozen = frozen

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return itself, as it is."""
        return self

    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the log-likelihood ratios of rows of features."""
        return self.frozen.score(X)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def load_detector(*, n_jobs: int | None = None) -> ShippedDetector:
    """Return the fitted detector that is in the package: nothing is downloaded, and nothing unpickled.

    It is :func:`recommended_detector`, fitted and calibrated. Read its card
    before you rely on it.

    Parameters
    ----------
    n_jobs : int or None, default=None
        Threads that features are computed with.

    Returns
    -------
    detector : ShippedDetector
        A fitted classifier of clips, with `predict`, `predict_proba`,
        `decision_function`, `verdict`, `remarks` and `card`. It looks at the
        first 10 s of a clip.

    See Also
    --------
    recommended_detector : The same detector, to be fitted to clips of your own.
    skvoicefake.calibration.LLRCalibrator : Calibrates it on clips of your own, without training.

    Notes
    -----
    The scores do not depend on the version of scikit-learn: the trees and the
    support vectors are evaluated by functions of this package.

    Calibrating it on labelled clips like those of use takes a few dozen of
    each class::

        LLRCalibrator(FrozenEstimator(load_detector())).fit(clips, labels)

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import load_detector
    >>> detector = load_detector()
    >>> detector.classes_.tolist()
    ['fake', 'real']
    """
    return _load(FOLDER, n_jobs)


def _load(folder: Traversable, n_jobs: int | None = None) -> ShippedDetector:
    frozen = read(folder)
    transformer = frozen.transformer.set_params(n_jobs=n_jobs)
    detector = ShippedDetector()
    detector.classes_ = np.array(frozen.classes)
    detector.estimator_ = Pipeline([("features", transformer), ("classifier", FrozenClassifier(frozen))])
    detector._card = frozen.card
    return detector
