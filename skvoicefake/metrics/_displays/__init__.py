"""Pictures of how a detector does, after the displays of scikit-learn."""

from skvoicefake.metrics._displays._breakdown import BreakdownDisplay
from skvoicefake.metrics._displays._det import DETDisplay
from skvoicefake.metrics._displays._history import TrainingHistoryDisplay
from skvoicefake.metrics._displays._reliability import ReliabilityDisplay
from skvoicefake.metrics._displays._scores import ScoreDistributionDisplay

__all__ = [
    "BreakdownDisplay",
    "DETDisplay",
    "ReliabilityDisplay",
    "ScoreDistributionDisplay",
    "TrainingHistoryDisplay",
]
