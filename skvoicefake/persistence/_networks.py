"""The fitted network: what it was built from, and weights by name.

The Keras model is built by our own code from a dozen numbers, when it is asked
for. Nothing of Keras' own files, configurations or layers is read.
"""

import copy
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from skvoicefake.persistence._errors import refuse

# The parameters of `build_cnn_lstm` that a file must have, and what they must be.
SIZES = ("kernel_size", "pool_size", "lstm_units")
MOST = 2**24  # of any one size
FLAGS = ("bidirectional", "batch_norm")
SHARES = ("dropout", "label_smoothing")
LISTS = ("filters", "dense_units")
ARRAYS = ("mean", "variance", "branch_mean", "branch_variance")
OTHERS = ("input_shape", "n_classes", "pooling", "statistics_branch", "optimizer", "seed")
ATTENTION_UNITS = 64
Shapes = Iterator[tuple[str, tuple[int, ...], str]]


def is_network(value: Any) -> bool:
    """Tell a network."""
    return type(value).__name__ == "Network" and type(value).__module__ == "skvoicefake.neural_network._network"


def network_content(network: Any) -> dict[str, Any]:
    """Take a network apart.

    Raises
    ------
    ValueError
        If it is of other layers than a file can tell of.
    """
    from skvoicefake.neural_network import build_cnn_lstm

    if network.build is not build_cnn_lstm:
        raise ValueError(
            f"holds a network of your own ({network.build.__name__}), which a file cannot build. Keep it by joblib.dump"
        )
    parameters = defaults() | network.parameters
    names = [name for name, _, _ in shapes(parameters)]
    return {
        "parameters": parameters | {"optimizer": checked_optimizer(parameters["optimizer"], ValueError)},
        "weights": dict(zip(names, network.values, strict=True)),
    }


def network_value(content: Any) -> Any:
    """Put a network together, without building the Keras model.

    Raises
    ------
    UnsafeFileError
        If parameters are not what they should be, or weights not of them.
    """
    from skvoicefake.neural_network._network import Network

    if not isinstance(content, dict) or content.keys() != {"parameters", "weights"}:
        refuse("the network in it has not the parts that it should have")
    parameters, weights = content["parameters"], content["weights"]
    check_parameters(parameters)
    wanted = list(shapes(parameters))
    if not isinstance(weights, dict) or list(weights) != [name for name, _, _ in wanted]:
        refuse("the weights of the network are not those of its layers")
    for name, shape, kinds in wanted:
        values = weights[name]
        if not isinstance(values, np.ndarray) or values.shape != shape or values.dtype.kind not in kinds:
            found = f"{values.shape} {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
            refuse(f"the network's weights {name!r} are {found}, where its layers have {shape}")
        if not np.isfinite(values).all():
            refuse(f"the network's weights {name!r} are not finite")
    network = Network.__new__(Network)
    network.__setstate__({"parameters": parameters, "values": list(weights.values())})
    return network


def defaults() -> dict[str, Any]:
    """Return what `build_cnn_lstm` takes for granted."""
    import inspect

    from skvoicefake.neural_network import build_cnn_lstm

    return {
        name: parameter.default
        for name, parameter in inspect.signature(build_cnn_lstm).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def shapes(parameters: dict[str, Any]) -> Shapes:
    """Give the name, shape and kinds of type of every variable, in the order of the Keras model's.

    The names are of this format and not of Keras, whose own change.
    """
    width = parameters["input_shape"][1]
    state = ((2,), "iu")
    n_coefficients = width
    for i, n_filters in enumerate(parameters["filters"]):
        yield f"convolution_{i}.kernel", (parameters["kernel_size"], width, n_filters), "f"
        yield f"convolution_{i}.bias", (n_filters,), "f"
        if parameters["batch_norm"]:
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                yield f"batch_norm_{i}.{name}", (n_filters,), "f"
        yield f"dropout_{i}.seed", *state
        width = n_filters
    # Keras gives the variables by how far their layers are from the output, and these along the LSTM's path first.
    branch, pooling = int(parameters["statistics_branch"]), parameters["pooling"]
    standardized = [(f"branch.{name}", (3 * n_coefficients,), "f") for name in ("mean", "scale")] if branch else []
    if pooling == "last":
        yield from standardized
    units = parameters["lstm_units"]
    directions = ("forward", "backward") if parameters["bidirectional"] else ("forward",)
    for direction in directions:
        yield f"lstm_{direction}.kernel", (width, 4 * units), "f"
        yield f"lstm_{direction}.recurrent_kernel", (units, 4 * units), "f"
        yield f"lstm_{direction}.bias", (4 * units,), "f"
        yield f"lstm_{direction}.seed", *state
    width = len(directions) * units
    if pooling == "attention":
        yield "attention.kernel", (width, ATTENTION_UNITS), "f"
        yield "attention.bias", (ATTENTION_UNITS,), "f"
        yield "attention.vector", (ATTENTION_UNITS, 1), "f"
    if pooling != "last":
        width *= 2
        yield from standardized
    if branch:
        yield "branch.kernel", (3 * n_coefficients, branch), "f"
        yield "branch.bias", (branch,), "f"
    yield "dropout_lstm.seed", *state
    if branch:
        yield "dropout_branch.seed", *state
    width += branch
    for i, n_units in enumerate(parameters["dense_units"]):
        yield f"dense_{i}.kernel", (width, n_units), "f"
        yield f"dense_{i}.bias", (n_units,), "f"
        width = n_units
    n_outputs = 1 if parameters["n_classes"] == 2 else parameters["n_classes"]
    yield "score.kernel", (width, n_outputs), "f"
    yield "score.bias", (n_outputs,), "f"


def check_parameters(parameters: Any) -> None:
    """Refuse what `build_cnn_lstm` must not be given."""
    if not isinstance(parameters, dict) or parameters.keys() != {*SIZES, *FLAGS, *SHARES, *LISTS, *ARRAYS, *OTHERS}:
        refuse("the network in it has not the parameters that it should have")
    shape, branch = parameters["input_shape"], parameters["statistics_branch"]
    width = shape[1] if isinstance(shape, tuple) and len(shape) == 2 else 0
    lists = [parameters[name] for name in LISTS]
    sizes = [parameters[name] for name in SIZES]
    is_right = [
        all(map(_is_size, sizes)),
        all(isinstance(items, tuple) and all(map(_is_size, items)) and len(items) <= 100 for items in lists),
        len(lists[0]) > 0,
        isinstance(shape, tuple) and all(map(_is_size, shape)) and len(shape) == 2,
        all(isinstance(parameters[name], bool) for name in FLAGS),
        all(isinstance(parameters[name], float) and 0 <= parameters[name] <= 1 for name in SHARES),
        _is_size(parameters["n_classes"]) and parameters["n_classes"] > 1,
        parameters["pooling"] in ("last", "statistics", "attention"),
        branch is False or (type(branch) is int and 0 <= branch < MOST),
        type(parameters["seed"]) is int and 0 <= parameters["seed"] < 2**32,
        all(_are_numbers(parameters[name], (width, 3 * width)["branch" in name]) for name in ARRAYS),
    ]
    if not all(is_right):
        refuse("the parameters of the network in it are not what they should be")
    checked_optimizer(parameters["optimizer"])


def _is_size(value: Any) -> bool:
    return type(value) is int and 1 <= value < MOST


def _are_numbers(value: Any, width: int) -> bool:
    """Tell whether a value is what inputs of such a width are standardised with."""
    array = np.asarray(value)
    return array.dtype.kind == "f" and array.shape in ((), (width,)) and bool(np.isfinite(array).all())


def is_optimizer(value: Any) -> bool:
    """Tell an optimizer of Keras, whoever wrote it."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.Optimizer)


def optimizer_content(optimizer: Any) -> dict[str, Any]:
    """Take an optimizer apart, without its state."""
    from skvoicefake.neural_network._network import optimizer_config

    return checked_optimizer(optimizer_config(optimizer, 0.0), ValueError)


def optimizer_value(content: Any) -> Any:
    """Put an optimizer of Keras' own together."""
    import keras

    return keras.optimizers.get(copy.deepcopy(checked_optimizer(content)))


def checked_optimizer(config: Any, error: type[ValueError] | None = None) -> dict[str, Any]:
    """Return what Keras makes an optimizer of, if that is one of its own and of numbers alone.

    Keras would import any module that it names.
    """
    import keras

    def fail(why: str) -> Any:
        if error is not None:
            raise error(why)
        refuse(f"the optimizer in it {why}")

    if not isinstance(config, dict) or config.keys() != {"class_name", "config"}:
        fail("is an optimizer of your own, and only those of Keras are")
    if not _is_of(keras.optimizers, keras.optimizers.Optimizer, config["class_name"]):
        fail("is none of Keras")
    if not isinstance(config["config"], dict):
        fail("has no numbers")
    for name, value in config["config"].items():
        if name == "learning_rate" and isinstance(value, dict):
            schedules = keras.optimizers.schedules
            plain = value.keys() <= {"module", "class_name", "config", "registered_name"}
            is_ours = value.get("module") == "keras.optimizers.schedules" and value.get("registered_name") is None
            is_known = _is_of(schedules, schedules.LearningRateSchedule, value.get("class_name"))
            if not (plain and is_ours and is_known and _is_flat(value.get("config"))):
                fail("has a schedule that is none of Keras")
        elif not isinstance(name, str) or not _is_flat(value):
            fail(f"has a {name!r:.50} that is no number")
    return config


def _is_of(module: Any, base: type, name: Any) -> bool:
    known = {key.lower() for key, item in vars(module).items() if isinstance(item, type) and issubclass(item, base)}
    return isinstance(name, str) and name.lower() in known


def _is_flat(value: Any) -> bool:
    """Tell whether a value is numbers and words: nothing that Keras would make an object of."""
    if isinstance(value, dict):
        return (
            all(isinstance(key, str) for key in value)
            and not {"class_name", "module"} & value.keys()
            and all(map(_is_flat, value.values()))
        )
    if isinstance(value, list | tuple):
        return all(map(_is_flat, value))
    return value is None or isinstance(value, bool | int | float | str)
