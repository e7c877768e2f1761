"""How well scores tell real from fake, in the field's own figures."""

from skvoicefake.metrics._bootstrap import ConfidenceInterval, confidence_interval
from skvoicefake.metrics._calibration import calibration_loss, cllr, min_cllr
from skvoicefake.metrics._cost import actual_detection_cost, asv_error_rates, min_detection_cost, min_tandem_cost
from skvoicefake.metrics._inputs import UpsideDownWarning
from skvoicefake.metrics._ranking import det_curve, equal_error_rate

__all__ = [
    "ConfidenceInterval",
    "UpsideDownWarning",
    "actual_detection_cost",
    "asv_error_rates",
    "calibration_loss",
    "cllr",
    "confidence_interval",
    "det_curve",
    "equal_error_rate",
    "min_cllr",
    "min_detection_cost",
    "min_tandem_cost",
]
