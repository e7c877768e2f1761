"""A network as plain numbers: what it was built from, its weights, and a quick way to score clips with it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skvoicefake.neural_network._layers import Forward, build_cnn_lstm, compile_forward
from skvoicefake.neural_network._stretches import stretches

# Two batch shapes alone, so that little is compiled: one clip, quickly, or many.
BATCH = 64
FEW = 8


class Network:
    """A Keras model that is pickled as its parameters and weights, without Keras' own serialization.

    Parameters
    ----------
    **parameters : dict
        What `build_cnn_lstm` takes.
    """

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters
        self.model = build_cnn_lstm(**parameters)
        self._forwards: dict[int, Forward] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"parameters": self.parameters, "weights": self.model.get_weights()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["parameters"])  # type: ignore[misc]
        self.model.set_weights(state["weights"])

    def with_optimizer(self, optimizer: dict[str, Any]) -> "Network":
        """Return a network of the same weights with another optimizer, or this one if that is what it has."""
        if optimizer == self.parameters["optimizer"]:
            return self
        network = Network(**(self.parameters | {"optimizer": optimizer}))
        network.model.set_weights(self.model.get_weights())
        return network

    @contextlib.contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Take back a training that does not come to its end."""
        variables = [*self.model.variables, *self.model.optimizer.variables]
        values = [np.array(variable.numpy()) for variable in variables]
        try:
            yield
        except BaseException:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            raise

    def log_odds(self, panel: NDArray[np.float32]) -> Any:
        """Return what `scores` does, slowly, without compiling."""
        return keras.Model(self.model.input, self.model.get_layer("score").output)(panel, training=False)

    def scores(self, panel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits of shape (n_clips, n_outputs).

        Batches are filled up to a fixed shape, so that a clip's score does
        not depend on the clips beside it.
        """
        size = 1 if len(panel) <= FEW else BATCH
        forward = self._forward(size, panel.shape[1:])
        outputs = []
        for _, stretch in stretches(panel, multiple_of=size):
            for start in range(0, len(stretch), size):
                batch = stretch[start : start + size]
                n_clips = len(batch)
                if n_clips < size:
                    batch = np.concatenate([batch, np.zeros((size - n_clips, *batch.shape[1:]), dtype=np.float32)])
                outputs.append(forward(batch)[:n_clips])
        return np.concatenate(outputs)

    def _forward(self, size: int, shape: tuple[int, ...]) -> Forward:
        if size not in self._forwards:
            self._forwards[size] = compile_forward(self.model, (size, *shape))
        return self._forwards[size]


def optimizer_config(optimizer: str | keras.optimizers.Optimizer, learning_rate: float) -> dict[str, Any]:
    """Return an optimizer as its name and numbers; a name gets the learning rate, an object keeps its own."""
    if not isinstance(optimizer, str):
        config = keras.optimizers.serialize(optimizer)
        if config["module"] == "keras.optimizers":
            return {"class_name": config["class_name"], "config": config["config"]}
        # A class of the user's own is found by its module alone.
        return config
    config = {"class_name": optimizer, "config": {"learning_rate": float(learning_rate)}}
    try:
        keras.optimizers.get(config)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"optimizer={optimizer!r} is no optimizer of Keras. Try 'adam', 'adamw', 'sgd' or 'rmsprop'."
        ) from error
    return config
