"""Training batches in an order that depends on nothing but a seed, and what of a clip they show."""

from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from skvoicefake.neural_network._stretches import STRETCH, release


def crop_starts(n_frames: int, width: int, n_crops: int) -> tuple[int, ...]:
    """Return where evenly spaced crops of a clip begin: the first with the clip, the last to end with it.

    One crop is taken from the middle; no crop is taken twice.
    """
    rest = n_frames - width
    starts = np.linspace(0, rest, n_crops) if n_crops > 1 else np.array([rest / 2])
    return tuple(np.unique(np.round(starts).astype(int)).tolist())


Ranges = tuple[NDArray[np.intp], NDArray[np.intp]]


class Masks(NamedTuple):
    """How many stretches of frames and bands of coefficients a training clip loses, and how wide they are at most."""

    n_time: int = 0
    n_coefficients: int = 0
    width: float = 0.0
    fill: NDArray[np.float32] | float = 0.0

    def draw(self, rng: np.random.RandomState, n_clips: int, shape: tuple[int, ...]) -> list[Ranges]:
        """Draw where the masks of so many clips begin and end, over frames and over coefficients."""
        drawn = []
        for n_masks, size in zip((self.n_time, self.n_coefficients), shape, strict=True):
            widths = rng.randint(int(np.ceil(self.width * size)) + 1, size=(n_clips, n_masks, 1))
            starts = np.floor(rng.random_sample(widths.shape) * (size - widths + 1)).astype(int)
            drawn.append((starts, starts + widths))
        return drawn

    def put(self, clips: NDArray[np.float32], drawn: list[Ranges]) -> None:
        """Hide the frames and coefficients that were drawn."""
        for axis, (starts, ends) in enumerate(drawn, start=1):
            places = np.arange(clips.shape[axis])
            hidden = ((places >= starts) & (places < ends)).any(axis=1)
            np.copyto(clips, np.asarray(self.fill, dtype=np.float32), where=np.expand_dims(hidden, 3 - axis))


class Batches(keras.utils.PyDataset):
    """Batches of some rows of a panel, shuffled anew for every epoch if a seed is given.

    Keras' own shuffling draws on its global random state. `standardization` is
    what to take from every frame, and what to divide it by.

    If `n_frames` is less than a row of the panel has, rows are cropped to it:
    at random, anew for every epoch, if a seed is given; else every row gives
    `n_crops` evenly spaced crops. Rows are masked only if a seed is given.
    """

    def __init__(
        self,
        panel: NDArray[np.float32],
        targets: NDArray[np.intp] | NDArray[np.float64],
        weights: NDArray[np.float32],
        batch_size: int,
        standardization: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
        rows: NDArray[np.intp],
        seed: int | None = None,
        *,
        n_frames: int | None = None,
        n_crops: int = 1,
        masks: Masks | None = None,
    ) -> None:
        super().__init__()
        self.panel, self.targets, self.weights = panel, targets, weights
        self.batch_size = batch_size
        self.standardization = standardization
        self.n_frames = panel.shape[1] if n_frames is None else n_frames
        self.masks = masks
        self._read = 0
        self._rng = None if seed is None else np.random.RandomState(seed)
        starts = crop_starts(panel.shape[1], self.n_frames, n_crops if seed is None else 1)
        self.rows, self._starts = np.repeat(rows, len(starts)), np.tile(starts, len(rows))
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        batch = slice(i * self.batch_size, (i + 1) * self.batch_size)
        rows = self.rows[batch]
        clips = self._clips(rows, self._starts[batch])
        if self.standardization is not None:
            mean, scale = self.standardization
            # Numbers that overflow are found after training.
            with np.errstate(over="ignore", invalid="ignore"):
                clips -= mean
                clips /= scale
        if self._rng is not None and self.masks is not None:
            self.masks.put(clips, [(starts[batch], ends[batch]) for starts, ends in self._drawn])
        self._read += clips.nbytes
        if self._read > STRETCH:
            release(self.panel)
            self._read = 0
        return clips, self.targets[rows].astype(np.float32), self.weights[rows]

    def _clips(self, rows: NDArray[np.intp], starts: NDArray[np.intp]) -> NDArray[np.float32]:
        if self.n_frames == self.panel.shape[1]:
            return np.asarray(self.panel[rows], dtype=np.float32)
        crops = [self.panel[row, start : start + self.n_frames] for row, start in zip(rows, starts, strict=True)]
        return np.stack(crops).astype(np.float32, copy=False)

    def let_go(self) -> None:
        """Hold the panel no longer: TensorFlow keeps what it has read batches of for as long as the process lives.

        Batches that it may still be fetching ahead are of zeros.
        """
        self.panel = np.broadcast_to(np.float32(0), self.panel.shape)

    def on_epoch_end(self) -> None:
        """Shuffle, and draw what the coming epoch shows of every clip: Keras may ask for a batch more than once."""
        if self._rng is None:
            return
        self.rows = self._rng.permutation(self.rows)
        n_clips, (_, n_frames, n_coefficients) = len(self.rows), self.panel.shape
        if self.n_frames < n_frames:
            self._starts = self._rng.randint(n_frames - self.n_frames + 1, size=n_clips)
        if self.masks is not None:
            self._drawn = self.masks.draw(self._rng, n_clips, (self.n_frames, n_coefficients))
