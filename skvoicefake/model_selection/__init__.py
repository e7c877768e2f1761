"""Splits that keep what belongs together on one side."""

from skvoicefake.model_selection._splits import SpoofGroupKFold
from skvoicefake.model_selection._unseen import LeaveOneAttackOut, LeaveOneSourceOut

__all__ = ["LeaveOneAttackOut", "LeaveOneSourceOut", "SpoofGroupKFold"]
