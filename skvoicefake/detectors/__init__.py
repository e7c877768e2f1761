"""Whole detectors, from clips to verdicts: baselines to hold your own against."""

from skvoicefake.detectors._baselines import baselines
from skvoicefake.detectors._surface import SurfaceTransformer

__all__ = ["SurfaceTransformer", "baselines"]
