import pickle
import pickletools
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from scipy.special import expit
from sklearn.utils._testing import assert_allclose

from skvoicefake.neural_network import _network
from skvoicefake.neural_network._network import BATCH, FEW, Network, optimizer_config
from tests.checks.networks import PARAMETERS


@pytest.fixture(scope="module")
def network():
    return Network(**PARAMETERS)


@pytest.fixture(scope="module")
def panel():
    return np.random.default_rng(0).normal(size=(2 * BATCH + 3, 12, 3)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, FEW, FEW + 1, BATCH, BATCH + 1])
def test_a_score_does_not_depend_on_the_batch(network, panel, size):
    together = network.scores(panel)
    parts = [network.scores(panel[start : start + size]) for start in range(0, len(panel), size)]
    assert_allclose(np.concatenate(parts), together, rtol=0, atol=1e-6)


def test_a_score_does_not_depend_on_the_place(network, panel):
    order = np.random.default_rng(1).permutation(len(panel))
    assert_allclose(network.scores(panel[order]), network.scores(panel)[order], rtol=0, atol=1e-6)


def test_a_score_does_not_depend_on_a_huge_neighbour(network, panel):
    loud = panel.copy()
    loud[0] = 1e6
    assert_allclose(network.scores(loud)[1:], network.scores(panel)[1:], rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [1, FEW + 1, BATCH + 1])
def test_scores_are_averaged_over_crops(network, size):
    longer = np.random.default_rng(0).normal(size=(size, 20, 3)).astype(np.float32)
    starts = (0, 3, 8)
    expected = np.mean([network.scores(longer[:, start : start + 12].copy()) for start in starts], axis=0)
    assert_allclose(network.scores(longer, starts), expected, rtol=0, atol=1e-6)


def test_a_pickled_network_scores_the_same_bits(network, panel):
    copy = pickle.loads(pickle.dumps(network))
    assert np.array_equal(copy.scores(panel), network.scores(panel))
    assert copy.parameters == network.parameters


def test_the_pickle_holds_nothing_of_keras(network):
    """Loading Keras' own serialized form can run code that it names."""
    network.scores(np.zeros((1, 12, 3), dtype=np.float32))
    words = " ".join(
        str(argument) for _, argument, _ in pickletools.genops(pickle.dumps(network)) if argument is not None
    )
    assert "skvoicefake.neural_network._network" in words
    assert "keras" not in words
    assert "tensorflow" not in words


def test_threads_may_score_a_network_that_has_not_been_compiled(network, panel):
    expected = network.scores(panel[:20])
    fresh = pickle.loads(pickle.dumps(network))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fresh.scores, [panel[:20]] * 4))
    for scores in together:
        assert_allclose(scores, expected, rtol=0, atol=1e-6)


def test_an_optimizers_name_gets_the_learning_rate():
    optimizer = keras.optimizers.get(optimizer_config("sgd", np.float64(0.5)))
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert float(optimizer.learning_rate) == 0.5


def test_an_optimizer_keeps_its_own_learning_rate():
    optimizer = keras.optimizers.get(optimizer_config(keras.optimizers.RMSprop(0.25), 0.5))
    assert isinstance(optimizer, keras.optimizers.RMSprop)
    assert float(optimizer.learning_rate) == 0.25


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop"])
def test_an_optimizers_name_gets_the_decay(name):
    for decay in (0, 0.25):
        assert keras.optimizers.get(optimizer_config(name, 0.5, decay)).weight_decay == decay


def test_without_a_decay_an_optimizer_does_what_it_does_by_itself():
    assert keras.optimizers.get(optimizer_config("adamw", 0.5)).weight_decay == keras.optimizers.AdamW().weight_decay
    assert keras.optimizers.get(optimizer_config("adam", 0.5)).weight_decay is None


def test_a_decay_for_an_optimizer_object_is_refused():
    with pytest.raises(ValueError, match=r"weight_decay=0\.1 is for an optimizer that is given by name, .* a SGD\."):
        optimizer_config(keras.optimizers.SGD(), 0.5, 0.1)


@pytest.mark.parametrize("optimizer", [keras.optimizers.AdamW(0.25, beta_1=0.5), keras.optimizers.Adafactor(0.25)])
def test_an_optimizer_object_is_kept_as_its_name_and_numbers(optimizer):
    config = optimizer_config(optimizer, 0.5)
    assert "keras" not in repr(config)
    network = pickle.loads(pickle.dumps(Network(**(PARAMETERS | {"optimizer": config}))))
    assert type(network.model.optimizer) is type(optimizer)
    assert network.model.optimizer.get_config() == optimizer.get_config()


def test_a_schedule_is_kept_as_numbers_too():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)
    config = optimizer_config(keras.optimizers.SGD(schedule), 0.1)
    network = Network(**(PARAMETERS | {"optimizer": config}))
    assert network.parameters["optimizer"]["config"]["learning_rate"]["config"]["initial_learning_rate"] == 0.5
    rate = pickle.loads(pickle.dumps(network)).model.optimizer.get_config()["learning_rate"]
    assert rate == keras.optimizers.schedules.serialize(schedule)


def test_a_network_goes_on_with_another_optimizer(network, panel):
    other = network.continued(optimizer_config("sgd", 0.5))
    assert isinstance(other.model.optimizer, keras.optimizers.SGD)
    assert np.array_equal(other.scores(panel), network.scores(panel))


def test_a_network_goes_on_with_its_optimizers_state():
    network = Network(**PARAMETERS)
    network.model.optimizer.iterations.assign(7)
    assert int(network.continued(PARAMETERS["optimizer"]).model.optimizer.iterations) == 7
    assert int(network.continued(optimizer_config("adam", 0.5)).model.optimizer.iterations) == 0


def test_what_a_copy_learns_does_not_show_in_the_network(panel):
    network = Network(**PARAMETERS)
    before = network.scores(panel)
    other = network.continued(PARAMETERS["optimizer"])
    for values in other.values:
        values *= 0
    other.model.set_weights([np.zeros_like(weights) for weights in other.model.get_weights()])
    assert np.all(other.scores(panel) == 0)
    assert np.array_equal(network.scores(panel), before)


def test_the_models_probabilities_are_the_scores(network, panel):
    assert_allclose(network.model.predict_on_batch(panel), expit(network.scores(panel)), rtol=0, atol=1e-6)


def test_scores_follow_a_model_that_the_user_changes(panel):
    network = Network(**PARAMETERS)
    before = network.scores(panel)
    network.model.set_weights([weights + 1 for weights in network.model.get_weights()])
    after = network.scores(panel)
    assert not np.array_equal(after, before)
    assert np.array_equal(pickle.loads(pickle.dumps(network)).scores(panel), after)


def test_networks_of_one_shape_are_compiled_once(panel):
    _network._compiled_forward.cache_clear()
    for seed in range(3):
        numbers = {"seed": seed, "mean": np.full(3, seed), "variance": np.full(3, 1.0 + seed)}
        network = Network(**(PARAMETERS | numbers | {"optimizer": optimizer_config("sgd", 0.1 + seed)}))
        network.scores(panel)
        network.scores(panel[:1])
    assert _network._compiled_forward.cache_info().misses == 2


@pytest.mark.parametrize("name", ["adamm", "", "LossScaleOptimizer"])
def test_an_unknown_optimizer_is_named(name):
    with pytest.raises(ValueError, match=rf"optimizer='{name}' is no optimizer of Keras\. Try 'adam'"):
        optimizer_config(name, 0.1)
