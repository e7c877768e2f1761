"""Splits that keep what belongs together on one side."""

from skvoicefake.model_selection._attacks import LeaveOneAttackOut
from skvoicefake.model_selection._sources import LeaveOneSourceOut
from skvoicefake.model_selection._splits import SpoofGroupKFold

__all__ = ["LeaveOneAttackOut", "LeaveOneSourceOut", "SpoofGroupKFold"]
