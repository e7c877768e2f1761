"""From scores and probabilities to log-likelihood ratios, which hold at any prior."""

from skvoicefake.calibration._calibrator import LLRCalibrator
from skvoicefake.calibration._ratio import log_likelihood_ratio

__all__ = ["LLRCalibrator", "log_likelihood_ratio"]
