"""Speech to train on."""

from skvoicefake.datasets._copysynthesis import make_copysynthesis

__all__ = ["make_copysynthesis"]
