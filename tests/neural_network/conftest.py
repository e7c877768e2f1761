import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from skvoicefake import CNNLSTMClassifier


@pytest.fixture(scope="session")
def tiny() -> Callable[..., CNNLSTMClassifier]:
    """Make a classifier that trains in about a second."""

    def make(**parameters: Any) -> CNNLSTMClassifier:
        defaults: dict[str, Any] = {
            "filters": 4,
            "kernel_size": 3,
            "lstm_units": 4,
            "dense_units": 4,
            "dropout": 0.1,
            "learning_rate": 0.02,
            "batch_size": 16,
            "epochs": 1,
            "early_stopping": False,
            "random_state": 0,
        }
        return CNNLSTMClassifier(**(defaults | parameters))

    return make


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Make a panel whose classes differ in one coefficient, and codes sorted by class."""

    def make(n_clips: int = 40, n_classes: int = 2, shape: tuple[int, int] = (12, 3), seed: int = 0) -> Any:
        y = np.arange(n_clips) * n_classes // n_clips
        X = np.random.default_rng(seed).normal(size=(n_clips, *shape)).astype(np.float32)
        X[:, :, 1] += 3 * y[:, np.newaxis]
        return X, y

    return make


@pytest.fixture(scope="session")
def global_states() -> Callable[[], list[object]]:
    """Read the global random states of NumPy, Python and Keras."""

    def read() -> list[object]:
        generator = keras.src.backend.common.global_state.get_global_attribute("global_seed_generator")
        keras_state = None if generator is None else np.asarray(generator.state.value).tolist()
        _, numbers, position, *_ = np.random.get_state()  # noqa: NPY002
        return [numbers.tolist(), position, random.getstate(), keras_state]

    return read
