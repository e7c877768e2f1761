"""recommended_detector: the best recipe known, to be fitted."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._blend import TreesAndKernel
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._guarded import GuardedClassifier
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer

DURATION = 10.0  # seconds of a clip that are heard
METHODS = ("reverb", "noise", "equalizer", "band", "resampling", "codec", "telephone")


def recommended_detector(*, cache: Any = None, n_jobs: int | None = None, random_state: Any = 0) -> GuardedClassifier:
    """Return the detector that did best on sources it had not met, unfitted.

    `load_detector` returns one that is fitted.

    Parameters
    ----------
    cache : path, FeatureStore, joblib.Memory or None, default=None
        Where the features of every clip are kept, as in `MFCCTransformer`.
    n_jobs : int or None, default=None
        Threads that copies and features are made with, and trees grown.
    random_state : int, RandomState instance or None, default=0
        Seed of the copies and of the trees.

    Returns
    -------
    detector : GuardedClassifier
        A classifier of clips, with `predict`, `predict_proba`,
        `decision_function` and `verdict`:

        1. Every training clip is joined by a copy that went through up to two
           of rooms, noise, equalizers, band limits, resampling, codecs and
           telephones (`AugmentedClassifier`).
        2. `CepstralStatisticsTransformer`: statistics over time of
           linear-frequency cepstra.
        3. `TreesAndKernel`: extremely randomised trees and a support vector
           machine.
        4. `LLRCalibrator`: scores are log-likelihood ratios.
        5. `GuardedClassifier`: what is no speech, or unlike the training clips
           in kind, gets no verdict.

    See Also
    --------
    load_detector : One that is fitted.
    baselines : The detectors to hold it against.

    Notes
    -----
    Say where clips come from: ``fit(clips, labels, clf__groups=sources)``.
    Then the scores that it is calibrated with are of sources it did not hear,
    and no source outweighs all others. Without, its probabilities are right
    for voices and generators like those of training alone. Of fewer than five
    sources, say how many before:
    ``detector.set_params(estimator__estimator__clf__cv=3)``.

    Examples
    --------
    >>> from skvoicefake.detectors import recommended_detector
    >>> detector = recommended_detector()
    >>> detector.estimator.estimator["clf"].estimator
    TreesAndKernel(random_state=0)
    """
    pipeline = Pipeline(
        [
            ("statistics", CepstralStatisticsTransformer(duration=DURATION, cache=cache, n_jobs=n_jobs)),
            ("scale", StandardScaler()),
            ("clf", LLRCalibrator(TreesAndKernel(n_jobs=n_jobs, random_state=random_state))),
        ]
    )
    copied = AugmentedClassifier(
        pipeline, methods=METHODS, methods_per_copy=(0, 2), n_jobs=n_jobs, random_state=random_state
    )
    return GuardedClassifier(copied, DomainGuard(min_speech=0.4, duration=DURATION, n_jobs=n_jobs))
