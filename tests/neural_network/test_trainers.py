import keras
import numpy as np
import pytest

from skvoicefake.neural_network import _trainers
from skvoicefake.neural_network._network import Network, optimizer_config, values_of
from skvoicefake.neural_network._trainers import trainer, undone_on_error
from tests.checks.networks import PARAMETERS


@pytest.fixture(autouse=True)
def _no_idle_trainers(monkeypatch):
    monkeypatch.setattr(_trainers, "_idle", _trainers._idle.copy())
    _trainers._idle.clear()


@pytest.fixture
def steps(monkeypatch):
    """Count how often a step of training is traced: its Python code runs at no other time."""
    traced = []
    original = keras.Model.compute_loss

    def compute_loss(self, *args, **kwargs):
        traced.append(self)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "compute_loss", compute_loss)
    return traced


def train(network, *, shared=True):
    X, y = np.random.default_rng(0).normal(size=(8, 12, 3)).astype(np.float32), np.arange(8) % 2
    with trainer(network, shared=shared) as (model, standardization):
        mean, scale = standardization or (0, 1)
        model.fit((X - mean) / scale, y.astype(np.float32), batch_size=4, verbose=0, shuffle=False)
    return network


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.values, other.values, strict=True))


def test_one_shape_is_traced_once(steps):
    train(Network(**PARAMETERS))
    n_traced = len(steps)
    for seed in (1, 2):
        numbers = {"seed": seed, "mean": np.ones(3), "optimizer": optimizer_config("adam", 0.5)}
        train(Network(**(PARAMETERS | numbers)))
    assert n_traced > 0
    assert len(steps) == n_traced


@pytest.mark.parametrize(
    "other",
    [
        {"filters": (5,)},
        {"dropout": 0.1},
        {"optimizer": optimizer_config("sgd", 0.01)},
        {"n_classes": 3},
        {"pooling": "statistics"},
        {"label_smoothing": 0.1},
    ],
)
def test_another_shape_is_another_trainer(other):
    train(Network(**PARAMETERS))
    with trainer(Network(**(PARAMETERS | other))) as (model, _):
        assert id(model) not in [id(idle) for idle, _ in _trainers._idle.values()]
    assert len(_trainers._idle) == 2


def test_nothing_is_left_of_the_network_trained_before():
    first = train(Network(**PARAMETERS))
    train(Network(**(PARAMETERS | {"seed": 2, "optimizer": optimizer_config("adam", 0.5)})))
    again = train(Network(**PARAMETERS))
    assert len(_trainers._idle) == 1
    assert same(again, first)
    assert float(again.model.optimizer.learning_rate) == pytest.approx(0.01)
    assert int(again.model.optimizer.iterations) == 2


def test_a_trainer_of_ones_own_learns_the_same():
    numbers = {"mean": np.array([1, 2, 3]), "variance": np.array([4.0, 1, 9])}
    shared, own = Network(**(PARAMETERS | numbers)), Network(**(PARAMETERS | numbers))
    train(shared)
    with trainer(own, shared=False) as (model, standardization):
        assert model is own.model
        assert standardization is None
    train(own, shared=False)
    assert all(np.allclose(a, b, rtol=0, atol=1e-5) for a, b in zip(shared.values, own.values, strict=True))
    assert len(_trainers._idle) == 1


def test_training_goes_on_with_the_optimizers_state():
    network = train(train(Network(**PARAMETERS)))
    assert int(network.model.optimizer.iterations) == 4
    assert not same(network, train(train(Network(**PARAMETERS)).continued(optimizer_config("adam", 0.02))))


def test_two_fits_at_once_have_a_trainer_each():
    train(Network(**PARAMETERS))
    with trainer(Network(**PARAMETERS)) as (one, _), trainer(Network(**PARAMETERS)) as (other, _):
        assert one is not other


@pytest.mark.parametrize("has_model", [False, True])
def test_a_trainer_that_failed_is_used_no_more(has_model):
    network = Network(**PARAMETERS)
    before = values_of(network.model) if has_model else network.values

    def interrupted():
        with undone_on_error(network), trainer(network) as (model, _):
            model.set_weights([np.zeros_like(weights) for weights in model.get_weights()])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not _trainers._idle
    assert all(np.array_equal(a, b) for a, b in zip(network.values, before, strict=True))


def test_few_trainers_are_kept(monkeypatch):
    monkeypatch.setattr(_trainers, "N_IDLE", 2)
    for units in (2, 3, 4):
        with trainer(Network(**(PARAMETERS | {"lstm_units": units}))):
            pass
    assert len(_trainers._idle) == 2
