"""How well scores tell real from fake, in the field's own figures."""

from skvoicefake.metrics._bootstrap import ConfidenceInterval, confidence_interval
from skvoicefake.metrics._calibration import calibration_loss, cllr, min_cllr
from skvoicefake.metrics._cost import actual_detection_cost, min_detection_cost
from skvoicefake.metrics._displays import (
    BreakdownDisplay,
    DETDisplay,
    ReliabilityDisplay,
    ScoreDistributionDisplay,
    TrainingHistoryDisplay,
)
from skvoicefake.metrics._inputs import UpsideDownWarning
from skvoicefake.metrics._ranking import det_curve, equal_error_rate
from skvoicefake.metrics._report import Report, evaluate, evaluate_scores
from skvoicefake.metrics._scorers import (
    get_scorer,
    get_scorer_names,
    neg_actual_detection_cost,
    neg_calibration_loss,
    neg_cllr,
    neg_equal_error_rate,
    neg_mean_group_equal_error_rate,
    neg_min_cllr,
    neg_min_detection_cost,
    neg_worst_group_equal_error_rate,
)
from skvoicefake.metrics._tandem import asv_error_rates, min_tandem_cost

__all__ = [
    "BreakdownDisplay",
    "ConfidenceInterval",
    "DETDisplay",
    "ReliabilityDisplay",
    "Report",
    "ScoreDistributionDisplay",
    "TrainingHistoryDisplay",
    "UpsideDownWarning",
    "actual_detection_cost",
    "asv_error_rates",
    "calibration_loss",
    "cllr",
    "confidence_interval",
    "det_curve",
    "equal_error_rate",
    "evaluate",
    "evaluate_scores",
    "get_scorer",
    "get_scorer_names",
    "min_cllr",
    "min_detection_cost",
    "min_tandem_cost",
    "neg_actual_detection_cost",
    "neg_calibration_loss",
    "neg_cllr",
    "neg_equal_error_rate",
    "neg_mean_group_equal_error_rate",
    "neg_min_cllr",
    "neg_min_detection_cost",
    "neg_worst_group_equal_error_rate",
]
