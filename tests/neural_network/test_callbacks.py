import math

import keras
import numpy as np
import pytest

from skvoicefake import CNNLSTMClassifier
from skvoicefake.neural_network._callbacks import Cosine, callbacks_of


class Rates(keras.callbacks.Callback):
    """Notes the learning rate of every step."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))


def train(model, epochs=2, n_steps=None, extra=()):
    rates = Rates()
    X, y = np.random.default_rng(0).normal(size=(24, 3)), np.zeros((24, 1))
    callbacks = [Cosine(3 * epochs if n_steps is None else n_steps), rates, *extra]
    history = model.fit(X, y, batch_size=8, epochs=epochs, verbose=0, callbacks=callbacks)
    return rates.rates, history.history


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    return model


def test_the_rate_falls_along_half_a_cosine_over_all_steps(model):
    rates, history = train(model)
    assert rates == pytest.approx([0.25 * (1 + math.cos(math.pi * step / 6)) for step in range(6)])
    assert history["learning_rate"] == pytest.approx([rates[2], rates[5]])


def test_the_rate_is_used_and_comes_back(model):
    """SGD on a loss without slope but for the rate: steps shrink as the rate does."""
    first = train(model)[0]
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == 0.5
    assert train(model)[0] == first


class Bias(keras.callbacks.Callback):
    """Notes a bias after every epoch of one step."""

    def __init__(self):
        super().__init__()
        self.values = [0.0]

    def on_epoch_end(self, epoch, logs=None):
        self.values.append(float(keras.ops.convert_to_numpy(self.model.layers[-1].bias)[0]))


def test_every_step_is_taken_at_its_rate():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    # A loss whose slope is 1 wherever it stands.
    model.compile(keras.optimizers.SGD(0.5), lambda y, output: keras.ops.mean(output, axis=-1))
    bias = Bias()
    model.fit(np.zeros((8, 3)), np.zeros((8, 1)), epochs=4, verbose=0, callbacks=[Cosine(4), bias])
    expected = [0.25 * (1 + math.cos(math.pi * step / 4)) for step in range(4)]
    assert -np.diff(bias.values) == pytest.approx(expected, rel=1e-5)


def kinds(clf, **options):
    return [
        type(callback).__name__
        for callback in callbacks_of(clf, **({"rate": 0.1, "n_clips": 70, "has_validation": False} | options))
    ]


def test_parameters_ask_for_their_callbacks():
    assert kinds(CNNLSTMClassifier()) == []
    assert kinds(CNNLSTMClassifier(), has_validation=True) == ["EarlyStopping"]
    assert kinds(CNNLSTMClassifier(schedule="cosine", verbose=1, callbacks=[Rates()])) == [
        "Rates",
        "Cosine",
        "EpochBar",
    ]


def test_the_schedule_ends_with_the_last_step():
    (cosine,) = callbacks_of(
        CNNLSTMClassifier(schedule="cosine", batch_size=32, epochs=5), rate=0.1, n_clips=70, has_validation=False
    )
    assert cosine.n_steps == 15
