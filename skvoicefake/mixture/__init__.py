"""Mixture models of the frames of a clip, as scikit-learn classifiers."""

from skvoicefake.mixture._gmm import GMMClassifier

__all__ = ["GMMClassifier"]
