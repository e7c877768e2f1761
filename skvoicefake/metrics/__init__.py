"""How well scores tell real from fake, in the field's own figures."""

from skvoicefake.metrics._ranking import equal_error_rate

__all__ = ["equal_error_rate"]
