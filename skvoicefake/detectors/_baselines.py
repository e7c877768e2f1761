"""Detectors that cost little, by name: what a network has to beat."""

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._surface import SurfaceTransformer
from skvoicefake.feature_extraction import LFCCTransformer, MFCCTransformer
from skvoicefake.mixture import GMMClassifier


def baselines(
    *,
    sample_rate: float = 16_000,
    duration: float = 3.0,
    cache: Any = None,
    n_jobs: int | None = None,
    random_state: Any = 0,
) -> dict[str, Pipeline]:
    """Return the usual detectors, unfitted, to hold a new one against.

    A detector earns its cost where it is better than all of these, on splits
    that part speakers and sources; see the [guide](detectors.md).

    Parameters
    ----------
    sample_rate : float, default=16000
        Rate in Hz at which clips are analysed, and that of bare arrays.
    duration : float, default=3.0
        Seconds of every clip to analyse. The trivial features are of whole
        clips.
    cache : path, FeatureStore, joblib.Memory or None, default=None
        Where the features of every clip are kept, as in `MFCCTransformer`.
    n_jobs : int or None, default=None
        Threads that features are computed with.
    random_state : int, RandomState instance or None, default=0
        Seed of the mixtures and of the network.

    Returns
    -------
    pipelines : dict of str to Pipeline
        Classifiers of clips, each with `predict`, `predict_proba` and
        `decision_function`; from the cheapest to the dearest:

        - "trivial features": length, level, pauses, noise floor and bandwidth,
          as :class:`SurfaceTransformer` measures them, and a logistic
          regression. It knows nothing of voices: what it scores is what the
          corpus gives away.
        - "LFCC statistics + logistic regression": mean and deviation over time
          of linear-frequency cepstra and their slopes.
        - "LFCC statistics + SVM": the same for a support vector machine with a
          radial kernel, whose scores an `LLRCalibrator` turns into
          log-likelihood ratios.
        - "LFCC-GMM": a Gaussian mixture of the frames of each class, as in the
          baselines of the ASVspoof challenges.
        - "MFCC + CNN-LSTM": `MFCCTransformer` and `CNNLSTMClassifier` with
          their defaults.

    Notes
    -----
    Both classes weigh the same in the regression and the support vector
    machine, however many clips there are of each.

    Examples
    --------
    >>> from skvoicefake.detectors import baselines
    >>> list(baselines())[:3]
    ['trivial features', 'LFCC statistics + logistic regression', 'LFCC statistics + SVM']
    >>> baselines(random_state=1)["LFCC-GMM"]["gmm"]
    GMMClassifier(random_state=1)
    """
    # Loads TensorFlow, which nothing else here does.
    from skvoicefake.neural_network import CNNLSTMClassifier

    of_clips = {"sample_rate": sample_rate, "duration": duration, "cache": cache, "n_jobs": n_jobs}

    def statistics() -> list[tuple[str, Any]]:
        return [("lfcc", LFCCTransformer(**of_clips, deltas=1, output="stats")), ("scale", StandardScaler())]

    return {
        "trivial features": Pipeline(
            [
                ("surface", SurfaceTransformer(sample_rate=sample_rate, cache=cache, n_jobs=n_jobs)),
                # The bands that a low sample rate does not have.
                ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
                ("scale", StandardScaler()),
                ("clf", LogisticRegression(class_weight="balanced", max_iter=1000)),
            ]
        ),
        "LFCC statistics + logistic regression": Pipeline(
            [*statistics(), ("clf", LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))]
        ),
        "LFCC statistics + SVM": Pipeline([*statistics(), ("clf", LLRCalibrator(SVC(C=10, class_weight="balanced")))]),
        "LFCC-GMM": Pipeline(
            [
                ("lfcc", LFCCTransformer(**of_clips, n_lfcc=20, deltas=2)),
                ("gmm", GMMClassifier(random_state=random_state)),
            ]
        ),
        "MFCC + CNN-LSTM": Pipeline(
            [("mfcc", MFCCTransformer(**of_clips)), ("clf", CNNLSTMClassifier(random_state=random_state))]
        ),
    }
