"""Warnings that name the line of the user's that asked for it."""

import sys
import warnings

# A user's call reaches us through these; a line of theirs tells nobody what to change.
PASSED_THROUGH = ("skvoicefake", "sklearn", "scikeras", "joblib", "contextlib")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn as of the innermost line that is neither this package's nor of those that call it for the user."""
    level, frame = 1, sys._getframe()
    while frame and str(frame.f_globals.get("__name__", "")).split(".")[0] in PASSED_THROUGH:
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(message, category, stacklevel=level)
