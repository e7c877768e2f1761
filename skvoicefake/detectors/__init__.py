"""Whole detectors, from clips to verdicts: one that is fitted, one to fit, and baselines to hold your own against."""

from skvoicefake.detectors._baselines import baselines
from skvoicefake.detectors._blend import TreesAndKernel
from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._guarded import GuardedClassifier
from skvoicefake.detectors._recommended import recommended_detector
from skvoicefake.detectors._shipped import ShippedDetector, load_detector
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from skvoicefake.detectors._surface import SurfaceTransformer
from skvoicefake.detectors._tables import score_table

__all__ = [
    "CepstralStatisticsTransformer",
    "DomainGuard",
    "GuardedClassifier",
    "ModelCard",
    "ShippedDetector",
    "SurfaceTransformer",
    "TreesAndKernel",
    "baselines",
    "load_detector",
    "recommended_detector",
    "score_table",
]
