"""Imports Keras without TensorFlow's greetings.

TensorFlow's C++ side writes to the standard error stream as it loads, past
Python's logging and whatever TF_CPP_MIN_LOG_LEVEL says: about missing GPUs and
rounding. Every process of a grid search would print it.
"""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def _stderr_closed() -> Iterator[None]:
    """Send file descriptor 2 to nowhere; errors of the import itself are exceptions and still come through."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


if "tensorflow" not in sys.modules and os.environ.get("TF_CPP_MIN_LOG_LEVEL") is None:
    with _stderr_closed():
        import keras  # noqa: F401
