"""load_detector: the fitted detector that is in the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar, Never

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_consistent_length, column_or_1d

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._blend import weights_of_groups
from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._frozen import Frozen, read
from skvoicefake.detectors._frozen_steps import FrozenClassifier, Listener
from skvoicefake.feature_extraction._clips import as_clips
from skvoicefake.metrics._inputs import check_groups

FOLDER: Traversable = files("skvoicefake.detectors") / "data"
ADVICE = (
    "To train one of your own, fit recommended_detector(); to calibrate this one, call its calibrate(clips, labels)."
)


class ShippedDetector(ClassifierMixin, BaseEstimator):
    """A detector that is fitted and stays so; `load_detector` returns it.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        "fake" and "real".
    estimator_ : Pipeline
        From clips to features and remarks, and from these to scores.
    card : ModelCard
        What it is for, what it was trained on, what it scored, and where it
        fails.

    See Also
    --------
    load_detector : Makes one.
    recommended_detector : The same detector, to be fitted to clips of your own.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import load_detector
    >>> load_detector().decision_function([np.zeros(16_000)]).tolist()  # of silence it says nothing
    [0.0]
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

    def calibrate(self, X: Any, y: ArrayLike, *, groups: ArrayLike | None = None) -> "ShippedDetector":
        """Return a detector whose scores are set right for clips like these: a new one, with the same guard.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`. A few dozen of each class, that the detector was
            not trained on.
        y : array-like of shape (n_clips,)
            "fake" or "real".
        groups : array-like of shape (n_clips,), default=None
            Sources or speakers. A group's clips weigh together as the root of
            their number, within their class. None weighs all clips of a class
            the same.

        Returns
        -------
        detector : ShippedDetector
            Its `card` is the same: the thresholds in there are for the scores
            as they were.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        ValueError
            If other labels come, or no clip of a class is left that the guard
            has no remark on; if numbers of clips, labels and groups differ, or
            a clip's group is missing.

        Warns
        -----
        UserWarning
            If scores fall towards "real" on these clips.

        See Also
        --------
        skvoicefake.calibration.LLRCalibrator : How it is learned.

        Notes
        -----
        A line maps scores to scores, learned from the clips alone that the
        guard has no remark on. An `LLRCalibrator` around the detector would
        not know of remarks: it takes the 0 of a clip without verdict for its
        score.
        """
        self._check()
        (_, listener), (_, classifier) = self.estimator_.steps
        labels, classes = self._labels(y, "calibrate"), self.classes_.tolist()
        check_consistent_length(as_clips(listener, X, reset=False, name="ShippedDetector").items, labels)
        weights = None
        if groups is not None:
            weights = weights_of_groups(labels == classes[1], check_groups(groups, len(labels)))
        features = listener.transform(X)
        remarks = classifier.remarks(features)
        is_known = remarks == ""
        for label in classes:
            if not (is_known & (labels == label)).any():
                found = dict(zip(*np.unique(remarks[labels == label], return_counts=True), strict=True))
                said = ", ".join(f"{count} {str(remark)!r}" for remark, count in found.items()) or "none"
                raise ValueError(
                    f"{type(self).__name__}.calibrate found no clip of class {label!r} that its guard has no remark"
                    f" on: {said}. Pass more clips."
                )
        line = LLRCalibrator(FrozenEstimator(classifier))
        line.fit(features[is_known], labels[is_known], None if weights is None else weights[is_known])
        frozen = classifier.frozen
        slope, offset = line.slope_ * frozen.slope, line.slope_ * frozen.offset + line.offset_
        return _detector(frozen._replace(slope=slope, offset=offset), listener.n_jobs)

    def predict(self, X: Any) -> NDArray[np.str_]:
        """Name the class that the detector leans to, for every clip, whatever its guard says.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be;
            bare arrays are waveforms at 16 kHz.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
            The likelier class, among clips of which half are fakes.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        self._check()
        return self.estimator_.predict(X)

    def verdict(self, X: Any) -> NDArray[np.str_]:
        """Name the class of every clip, or say why it has none.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`.

        Returns
        -------
        verdicts : ndarray of shape (n_clips,), str
            "fake" or "real", or a remark of `remarks`.
        """
        self._check()
        features, classifier = self.estimator_[:-1].transform(X), self.estimator_[-1]
        remarks = classifier.remarks(features)
        return np.where(remarks == "", classifier.predict(features), remarks)

    def remarks(self, X: Any) -> NDArray[np.str_]:
        """Say what keeps each clip from being judged.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`.

        Returns
        -------
        remarks : ndarray of shape (n_clips,), str
            "" where nothing does, "not enough speech", "narrow band" or "out
            of domain"; see :class:`DomainGuard`.
        """
        self._check()
        return self.estimator_[-1].remarks(self.estimator_[:-1].transform(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Estimate the probability of both classes, among clips of which half are fakes.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, 2)
            Of "fake" and of "real"; 0.5 each where there is a remark.
        """
        self._check()
        return self.estimator_.predict_proba(X)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score clips by the log-likelihood ratio of the two classes.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`.

        Returns
        -------
        llr : ndarray of shape (n_clips,)
            Natural logarithm of how much likelier the clip is as real speech
            than as a fake; 0 where there is a remark.
        """
        self._check()
        return self.estimator_.decision_function(X)

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy of `predict`, remarks or none.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            As in `predict`.
        y : array-like of shape (n_clips,)
            "fake" or "real".
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the clips.

        Returns
        -------
        accuracy : float

        Raises
        ------
        AudioError
            If a clip cannot be read.
        ValueError
            If other labels come: none of them would ever be right.
        """
        return super().score(X, self._labels(y, "score"), sample_weight)

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

    def _labels(self, y: ArrayLike, method: str) -> NDArray[np.str_]:
        """Return labels as words, all of them known."""
        self._check()
        labels, classes = column_or_1d(y), self.classes_.tolist()
        if others := [label for label in dict.fromkeys(labels.tolist()) if label not in classes]:
            raise ValueError(
                f"{type(self).__name__}.{method} expected the labels {classes}, got {others[:5]}. Rename them."
            )
        return labels.astype(str)

    def _check(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"This {type(self).__name__} is empty. load_detector() returns the one in the package."
            )


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
    ShippedDetector.calibrate : Sets its scores right for clips of your own, without training.

    Notes
    -----
    The scores do not depend on the version of scikit-learn: the trees and the
    support vectors are evaluated by functions of this package.

    Calibrating it on labelled clips like those of use takes a few dozen of
    each class::

        load_detector().calibrate(clips, labels)

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import load_detector
    >>> detector = load_detector()
    >>> detector.classes_.tolist()
    ['fake', 'real']
    >>> detector.verdict([np.zeros(16_000)]).tolist()
    ['not enough speech']
    """
    return _load(FOLDER, n_jobs)


def _load(folder: Traversable, n_jobs: int | None = None) -> ShippedDetector:
    return _detector(read(folder), n_jobs)


def _detector(frozen: Frozen, n_jobs: int | None) -> ShippedDetector:
    detector = ShippedDetector()
    detector.classes_ = np.array(frozen.classes)
    detector.estimator_ = Pipeline([("features", Listener(frozen, n_jobs)), ("classifier", FrozenClassifier(frozen))])
    detector._card = frozen.card
    return detector
