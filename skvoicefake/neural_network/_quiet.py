"""Keeps TensorFlow from writing to the standard error stream what concerns no user of ours.

On import: TensorFlow's C++ side writes as it loads, past Python's logging:
about missing GPUs and rounding, some of it whatever TF_CPP_MIN_LOG_LEVEL says.
Every process of a grid search would print it. Who sets that variable, to any
value, gets TensorFlow's own behaviour.

In training: every new network has its training step traced, which TensorFlow
takes for a mistake after a few short fits, as in any grid search.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Send file descriptor 2 to nowhere; errors of the import itself are exceptions and still come through."""
    try:
        saved = os.dup(2)
    except OSError:  # A process without a standard error stream.
        yield
        return
    os.environ[LOG_LEVEL] = "3"
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        del os.environ[LOG_LEVEL]


@contextlib.contextmanager
def without_retracing_warnings() -> Iterator[None]:
    """Drop TensorFlow's warnings that a function is traced anew."""

    # A function a call, so that threads that train at once do not take away one another's.
    def is_news(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_news)
    try:
        yield
    finally:
        logger.removeFilter(is_news)


if "tensorflow" not in sys.modules and LOG_LEVEL not in os.environ:
    with _quiet():
        # scikeras imports TensorFlow, whatever the backend.
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
