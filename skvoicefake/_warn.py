"""Warnings that name the line of the user's that asked for it."""

import sys
import warnings

# A user's call reaches us through these; a line of theirs tells nobody what to change.
PASSED_THROUGH = ("skvoicefake", "sklearn", "scikeras", "joblib", "contextlib")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn as of the innermost line that is neither this package's nor of those that call it for the user."""
    level, frame = 1, sys._getframe()
    while str(frame.f_globals.get("__name__", "")).split(".")[0] in PASSED_THROUGH:
        if frame.f_back is None:  # as in a thread
            level = 2
            break
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
