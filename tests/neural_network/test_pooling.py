import keras
import numpy as np
import pytest
from sklearn.utils._testing import assert_allclose

from skvoicefake.neural_network._pooling import Statistics

X = np.random.default_rng(0).normal(size=(5, 9, 3)).astype(np.float32)


@pytest.mark.parametrize("slopes", [False, True])
def test_statistics_are_those_of_numpy(slopes):
    expected = [X.mean(axis=1), X.std(axis=1)]
    if slopes:
        expected.append(np.diff(X, axis=1).std(axis=1))
    assert_allclose(np.asarray(Statistics(slopes)(X)), np.concatenate(expected, axis=1), rtol=1e-5, atol=1e-6)


def test_weights_count_as_often_as_they_say():
    counts = np.arange(9) % 3
    weights = np.tile((counts / counts.sum()).astype(np.float32)[:, np.newaxis], (5, 1, 1))
    repeated = np.repeat(X, counts, axis=1)
    expected = np.concatenate([repeated.mean(axis=1), repeated.std(axis=1)], axis=1)
    assert_allclose(np.asarray(Statistics()(X, weights=weights)), expected, rtol=1e-5, atol=1e-6)


def test_even_weights_are_no_weights():
    assert_allclose(
        np.asarray(Statistics()(X, weights=np.full((5, 9, 1), 1 / 9))), np.asarray(Statistics()(X)), atol=1e-6
    )


def test_the_shape_is_known_before_there_are_clips():
    inputs = keras.Input((9, 3))
    assert Statistics()(inputs).shape == (None, 6)
    assert Statistics(slopes=True)(inputs).shape == (None, 9)


def test_clips_that_do_not_change_can_be_learned_from():
    """The slope of a root at zero is infinite."""
    inputs = keras.Input((9, 3))
    dense = keras.layers.Dense(2)
    model = keras.Model(inputs, Statistics(slopes=True)(dense(inputs)))
    model.compile("sgd", "mse")
    model.fit(np.ones_like(X), np.ones((5, 6)), verbose=0)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


def test_one_frame_takes_no_steps():
    one = X[:, :1]
    found = np.asarray(Statistics(slopes=True)(one))
    assert_allclose(found[:, :3], one[:, 0])
    assert_allclose(found[:, 3:], 0.001, rtol=1e-3)  # the root of the floor
