"""What tests put inside of an AugmentedClassifier: classifiers and methods that keep what they are given."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer
from skvoicefake.audio import load_audio
from skvoicefake.augmentation import AugmentedClassifier


def twice(y, sample_rate, rng):
    return 2 * y


class Counting:
    """A method that counts its calls, in a list that copies of it share."""

    calls: list[int] = []  # noqa: RUF012

    def __call__(self, y, sample_rate, rng):
        self.calls.append(len(y))
        return y


class Seen(ClassifierMixin, BaseEstimator):
    """Keeps what its methods are given, as waveforms."""

    def fit(self, X, y, sample_weight=None, groups=None, extra=None):
        self.classes_ = np.unique(y)
        self.X_, self.y_ = [load_audio(clip) for clip in X], np.asarray(y)
        self.given_ = list(X)
        self.sample_weight_, self.groups_, self.extra_ = sample_weight, groups, extra
        return self

    def predict(self, X):
        self.asked_ = [load_audio(clip) for clip in X]
        return np.repeat(self.classes_[0], len(X))


class FromClips(TransformerMixin, BaseEstimator):
    """Passes clips on."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


def seen_by(X, y=None, fit_params=None, **parameters):
    parameters = {"methods": [twice], "random_state": 0} | parameters
    clf = AugmentedClassifier(Seen(), **parameters)
    return clf.fit(X, ["a", "b"] * (len(X) // 2) if y is None else y, **(fit_params or {})).estimator_


def make_pipe(**parameters):
    mfcc = MFCCTransformer(**({"duration": 0.3, "n_mfcc": 8, "output": "stats"} | parameters))
    return Pipeline([("mfcc", mfcc), ("scale", StandardScaler()), ("clf", LogisticRegression())])


def make_clf(**parameters):
    return AugmentedClassifier(
        make_pipe(), **({"methods": ["noise", "equalizer", "gain", "reverb"], "random_state": 0} | parameters)
    )
