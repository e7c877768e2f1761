"""A network as plain numbers: what it was built from, its weights, and a quick way to score clips with it."""

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skvoicefake.neural_network._layers import Forward, as_tensors, build_cnn_lstm, compile_forward
from skvoicefake.neural_network._stretches import stretches

# Two batch shapes alone, so that little is compiled: one clip, quickly, or many.
BATCH = 64
FEW = 8

Values = list[NDArray[Any]]
Build = Callable[..., keras.Model]
Standardization = tuple[NDArray[np.float32], NDArray[np.float32]]

# What two networks may differ in and still be one computation, with other numbers put in.
NUMBERS_ALONE = ("mean", "variance", "branch_mean", "branch_variance", "seed", "optimizer")


class Network:
    """Parameters, weights and the state of an optimizer; the Keras model is made when it is asked for.

    It is pickled without Keras' own serialization, and without the optimizer's
    state.

    Parameters
    ----------
    build : callable, default=build_cnn_lstm
        From parameters to a Keras model, uncompiled where the optimizer is None.
    **parameters : dict
        What `build` takes.
    """

    def __init__(self, build: Build = build_cnn_lstm, /, **parameters: Any) -> None:
        self.build = build
        self._set(parameters, values_of(build(**(parameters | {"optimizer": None}))), None)

    def _set(self, parameters: dict[str, Any], values: Values, optimizer_values: Values | None) -> None:
        self.parameters = parameters
        self._values, self._optimizer_values = values, optimizer_values
        self._model: keras.Model | None = None
        self._tensors: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {"build": self.build, "parameters": self.parameters, "values": self.values}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.build = state.get("build", build_cnn_lstm)
        self._set(state["parameters"], state["values"], None)

    @property
    def values(self) -> Values:
        """Weights, and the states of dropout."""
        # Who has asked for the model may have changed it.
        return self._values if self._model is None else values_of(self._model)

    @property
    def optimizer_values(self) -> Values | None:
        """The optimizer's state, None for a fresh one."""
        return self._optimizer_values if self._model is None else values_of(self._model.optimizer)

    @property
    def model(self) -> keras.Model:
        """The Keras model, ready to predict or to go on with training."""
        if self._model is None:
            model = self.build(**self.parameters)
            assign(model, self._values)
            if self._optimizer_values is not None:
                assign(model.optimizer, self._optimizer_values)
            self._model = model
        return self._model

    def take(self, model: keras.Model) -> None:
        """Take over what a model has learned."""
        self._set(self.parameters, values_of(model), values_of(model.optimizer))

    def continued(self, optimizer: dict[str, Any]) -> "Network":
        """Return a copy that trains on, with another optimizer or with this one in its state."""
        network = Network.__new__(Network)
        network.build = self.build
        same = optimizer == self.parameters["optimizer"]
        network._set(self.parameters | {"optimizer": optimizer}, self.values, self.optimizer_values if same else None)
        if same:
            # With what whoever asked for the model has made of it: frozen layers, another rate, another optimizer.
            network._model = self._model
        return network

    @property
    def has_model(self) -> bool:
        """Whether the Keras model was asked for."""
        return self._model is not None

    def standardization(self) -> Standardization:
        """Return what the model's first layer takes from its input, and what it divides it by, bit for bit."""
        n_coefficients = self.parameters["input_shape"][1]
        mean, variance = (
            np.broadcast_to(self.parameters.get(name, default), n_coefficients).astype(np.float32)
            for name, default in (("mean", 0), ("variance", 1))
        )
        return mean, np.maximum(np.sqrt(variance), np.float32(keras.config.epsilon()))

    def scores(self, panel: NDArray[np.float32], starts: Sequence[int] = (0,)) -> NDArray[np.float32]:
        """Return logits of shape (n_clips, n_outputs), averaged over crops of every clip.

        Batches are filled up to a fixed shape, so that a clip's score does
        not depend on the clips beside it.
        """
        size = 1 if len(panel) <= FEW else BATCH
        forward = _forward(size, self.build, structure(self.parameters))
        tensors = self._as_tensors()
        n_frames = self.parameters["input_shape"][0]
        outputs = []
        for _, stretch in stretches(panel, multiple_of=size):
            for first in range(0, len(stretch), size):
                batch = stretch[first : first + size]
                n_clips = len(batch)
                if n_clips < size:
                    batch = np.concatenate([batch, np.zeros((size - n_clips, *batch.shape[1:]), dtype=np.float32)])
                crops = [forward(tensors, batch[:, start : start + n_frames])[:n_clips] for start in starts]
                outputs.append(crops[0] if len(crops) == 1 else np.mean(crops, axis=0))
        return np.concatenate(outputs)

    def _as_tensors(self) -> Any:
        if self._model is not None:
            return as_tensors([*self.standardization(), *self._model.variables])
        if self._tensors is None:
            self._tensors = as_tensors([*self.standardization(), *self._values])
        return self._tensors


def structure(parameters: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return all that a computation depends on but the numbers put in, to know it again by."""
    kept = {name: value for name, value in parameters.items() if name not in NUMBERS_ALONE}
    return (*sorted(kept.items()), ("dtype", keras.config.dtype_policy().name))


def values_of(owner: Any) -> Values:
    """Return the variables of a model or an optimizer as arrays of their own."""
    return [np.array(keras.ops.convert_to_numpy(tensor)) for tensor in as_tensors(owner.variables)]


def assign(owner: Any, values: Values) -> None:
    """Set the variables of a model or an optimizer."""
    for variable, value in zip(owner.variables, values, strict=True):
        variable.assign(value)


_compiling = threading.Lock()


def _forward(size: int, build: Build, of: tuple[tuple[str, Any], ...]) -> Forward:
    with _compiling:
        return _compiled_forward(size, build, of)


@lru_cache(maxsize=8)
def _compiled_forward(size: int, build: Build, of: tuple[tuple[str, Any], ...]) -> Forward:
    parameters = dict(of)
    del parameters["dtype"]
    return compile_forward(build(**parameters, optimizer=None), size)


def optimizer_config(
    optimizer: str | keras.optimizers.Optimizer, learning_rate: float, weight_decay: float | None = None
) -> dict[str, Any]:
    """Return an optimizer as its name and numbers; a name gets those given here, an object keeps its own."""
    if not isinstance(optimizer, str):
        if weight_decay is not None:
            raise ValueError(
                f"weight_decay={weight_decay} is for an optimizer that is given by name, and optimizer is a"
                f" {type(optimizer).__name__}. Give that its own weight_decay, and leave this one None."
            )
        config = keras.optimizers.serialize(optimizer)
        if config["module"] == "keras.optimizers":
            return {"class_name": config["class_name"], "config": config["config"]}
        # A class of the user's own is found by its module alone.
        return config
    numbers = {"learning_rate": float(learning_rate)}
    if weight_decay is not None:
        numbers["weight_decay"] = float(weight_decay)
    config = {"class_name": optimizer, "config": numbers}
    try:
        keras.optimizers.get(config)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"optimizer={optimizer!r} is no optimizer of Keras. Try 'adam', 'adamw', 'sgd' or 'rmsprop'."
        ) from error
    return config
