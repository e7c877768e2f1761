"""Training batches in an order that depends on nothing but a seed."""

import keras
import numpy as np
from numpy.typing import NDArray

from skvoicefake.neural_network._stretches import STRETCH, release


class Batches(keras.utils.PyDataset):
    """Batches of some rows of a panel, shuffled anew for every epoch if a seed is given.

    Keras' own shuffling draws on its global random state. `standardization` is
    what to take from every frame, and what to divide it by.
    """

    def __init__(
        self,
        panel: NDArray[np.float32],
        targets: NDArray[np.intp],
        weights: NDArray[np.float32],
        batch_size: int,
        standardization: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
        rows: NDArray[np.intp],
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.panel, self.targets, self.weights, self.rows = panel, targets, weights, rows
        self.batch_size = batch_size
        self.standardization = standardization
        self._read = 0
        self._rng = None if seed is None else np.random.RandomState(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        rows = self.rows[i * self.batch_size : (i + 1) * self.batch_size]
        clips = np.asarray(self.panel[rows], dtype=np.float32)
        if self.standardization is not None:
            mean, scale = self.standardization
            # Numbers that overflow are found after training.
            with np.errstate(over="ignore", invalid="ignore"):
                clips -= mean
                clips /= scale
        self._read += clips.nbytes
        if self._read > STRETCH:
            release(self.panel)
            self._read = 0
        return clips, self.targets[rows].astype(np.float32), self.weights[rows]

    def on_epoch_end(self) -> None:
        """Shuffle."""
        if self._rng is not None:
            self.rows = self._rng.permutation(self.rows)


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
