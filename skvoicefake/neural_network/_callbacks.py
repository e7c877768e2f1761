"""What is called in training: early stopping, a schedule of the learning rate, a progress bar, and the user's own."""

import copy
import math
from numbers import Real
from typing import Any

import keras

from skvoicefake.neural_network._layers import set_learning_rate


def callbacks_of(estimator: Any, *, rate: Any, n_clips: int, has_validation: bool) -> list[keras.callbacks.Callback]:
    """Return copies of an estimator's callbacks, and those that its parameters ask for.

    `rate` is the learning rate of its optimizer, as Keras serializes it.
    """
    callbacks = [copy.deepcopy(callback) for callback in estimator.callbacks or ()]
    strangers = [
        type(callback).__name__ for callback in callbacks if not isinstance(callback, keras.callbacks.Callback)
    ]
    if strangers:
        raise ValueError(f"callbacks must hold instances of keras.callbacks.Callback, got {strangers}.")
    if has_validation:
        callbacks.append(
            keras.callbacks.EarlyStopping("val_loss", patience=estimator.n_iter_no_change, restore_best_weights=True)
        )
    if estimator.schedule == "cosine":
        if not isinstance(rate, Real):
            raise ValueError(
                f"schedule={estimator.schedule!r} needs an optimizer whose learning rate is a number; that of"
                f" {estimator.optimizer!r} is not. Set schedule=None."
            )
        callbacks.append(Cosine(-(-n_clips // estimator.batch_size) * estimator.epochs))
    if estimator.verbose:
        callbacks.append(EpochBar(estimator.epochs))
    return callbacks


class Cosine(keras.callbacks.Callback):
    """Lowers the learning rate from where it stands to zero, along half a cosine over so many steps.

    A schedule of Keras' own would be part of what is traced, and so keep fits from sharing it.
    """

    def __init__(self, n_steps: int) -> None:
        super().__init__()
        self.n_steps = n_steps

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Note where the rate stands."""
        self._rate, self._step = self._now(), 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Lower it."""
        set_learning_rate(self.model, self._rate * (1 + math.cos(math.pi * self._step / self.n_steps)) / 2)
        self._step += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the rate of the last step in the history."""
        if logs is not None:
            logs["learning_rate"] = self._now()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Bring it back, for a training that goes on."""
        set_learning_rate(self.model, self._rate)

    def _now(self) -> float:
        return float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))


class EpochBar(keras.callbacks.Callback):
    """A progress bar over epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show the bar."""
        from tqdm.auto import tqdm

        self._bar = tqdm(total=self.epochs, desc="Training", unit="epoch")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move it on, with the loss."""
        self._bar.set_postfix({key: f"{value:.3f}" for key, value in (logs or {}).items() if key.endswith("loss")})
        self._bar.update()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Leave it where training stopped."""
        self._bar.close()
