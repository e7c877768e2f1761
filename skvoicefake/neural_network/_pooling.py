"""What frames become over time: their mean, and how far they stray from it."""

from typing import Any

import keras
from keras import ops

# Keeps the gradient of the root finite where nothing changes over time.
FLOOR = 1e-6


@keras.saving.register_keras_serializable("skvoicefake")
class Statistics(keras.layers.Layer):
    """Mean and standard deviation over time, from (n_clips, n_frames, n_channels) to (n_clips, 2 * n_channels).

    Parameters
    ----------
    slopes : bool, default=False
        Add the standard deviation of the change from a frame to the next:
        (n_clips, 3 * n_channels).
    **kwargs : dict
        Of every Keras layer.
    """

    def __init__(self, slopes: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slopes = slopes

    def call(self, frames: Any, weights: Any = None) -> Any:
        """Pool frames, all alike or by weights of shape (n_clips, n_frames, 1) that sum to 1."""
        results = list(_moments(frames, weights))
        if self.slopes:
            # One frame takes no step: those of length zero to itself.
            steps = frames[:, 1:] - frames[:, :-1] if frames.shape[1] != 1 else frames - frames
            results.append(_moments(steps)[1])
        return ops.concatenate(results, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made from."""
        return super().get_config() | {"slopes": self.slopes}


@keras.saving.register_keras_serializable("skvoicefake")
class Standardize(keras.layers.Layer):
    """Take numbers from every channel and divide it by others, which are variables that are not trained.

    (Those of Keras' own Normalization are constants, and would keep networks from sharing what is traced.)
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the variables."""
        of_channels = (input_shape[-1],)
        self.mean = self.add_weight(shape=of_channels, initializer="zeros", trainable=False, name="mean")
        self.scale = self.add_weight(shape=of_channels, initializer="ones", trainable=False, name="scale")

    def call(self, x: Any) -> Any:
        """Standardise."""
        return (x - self.mean) / self.scale


def _moments(frames: Any, weights: Any = None) -> tuple[Any, Any]:
    def average(x: Any) -> Any:
        return ops.mean(x, axis=1) if weights is None else ops.sum(weights * x, axis=1)

    mean = average(frames)
    variance = average(ops.square(frames - ops.expand_dims(mean, 1)))
    return mean, ops.sqrt(variance + FLOOR)
