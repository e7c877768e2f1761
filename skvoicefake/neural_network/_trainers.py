"""Keras models that train one network after another, since a training step takes seconds to trace.

TensorFlow never frees what it has traced, so that a model a fit would also be
a leak of some 10 MB a fit.
"""

import contextlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from skvoicefake.neural_network._network import (
    NUMBERS_ALONE,
    Network,
    Standardization,
    Values,
    assign,
    structure,
    values_of,
)

# Models kept between fits, of the shapes that were trained last. Each holds weights three times and some MB of code.
N_IDLE = 8

_idle: OrderedDict[str, tuple[keras.Model, Values]] = OrderedDict()
_lock = threading.Lock()


@contextlib.contextmanager
def trainer(network: Network, *, shared: bool = True) -> Iterator[tuple[keras.Model, Standardization | None]]:
    """Lend a model that starts where a network stands, and let the network take over what it has learned.

    With it comes how its input must be standardised; None where the model does
    so itself. A shared model trains others later, and is the network's for
    this time alone: two fits at once get two. One that failed in training is
    used no more.
    """
    config = network.parameters["optimizer"]
    # A model that was asked for may have been changed, and classes of the user's own are known by their names alone.
    if not shared or network.has_model or not _is_of_keras(config):
        yield network.model, None
        return
    rate = config["config"].get("learning_rate")
    is_number = isinstance(rate, int | float)
    # A learning rate is a variable; all other numbers of an optimizer are part of what is traced.
    traced = {name: value for name, value in config["config"].items() if name != "learning_rate" or not is_number}
    key = repr((network.build, structure(network.parameters), config | {"config": traced}))
    with _lock:
        model, fresh = _idle.pop(key, (None, []))
    if model is None:
        parameters = {name: value for name, value in network.parameters.items() if name not in NUMBERS_ALONE}
        model = network.build(**parameters, optimizer=config)
        fresh = values_of(model.optimizer)
    assign(model, network.values)
    assign(model.optimizer, fresh if network.optimizer_values is None else network.optimizer_values)
    if is_number:
        model.optimizer.learning_rate = rate
    yield model, network.standardization()
    network.take(model)
    with _lock:
        _idle[key] = model, fresh
        while len(_idle) > N_IDLE:
            _idle.popitem(last=False)


def _is_of_keras(config: dict[str, Any]) -> bool:
    return all(module.startswith("keras") for module in re.findall(r"'module': '([^']*)'", repr(config)))


@contextlib.contextmanager
def undone_on_error(network: Network) -> Iterator[None]:
    """Take back a training of a model that others know, if it does not come to its end."""
    if not network.has_model:
        yield
        return
    variables = [*network.model.variables, *network.model.optimizer.variables]
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    except BaseException:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        raise
