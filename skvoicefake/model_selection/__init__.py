"""Splits that keep what belongs together on one side."""

from skvoicefake.model_selection._splits import SpoofGroupKFold

__all__ = ["SpoofGroupKFold"]
