"""Splits that keep what belongs together on one side, and the audit of what would fool a detector."""

from skvoicefake.model_selection._attacks import LeaveOneAttackOut
from skvoicefake.model_selection._audit import AuditReport, audit
from skvoicefake.model_selection._sources import LeaveOneSourceOut
from skvoicefake.model_selection._splits import SpoofGroupKFold

__all__ = ["AuditReport", "LeaveOneAttackOut", "LeaveOneSourceOut", "SpoofGroupKFold", "audit"]
