"""A panel that was flattened, but not forgotten."""

from typing import Any, cast

import numpy as np


class FlatPanel(np.ndarray):
    """A 2-D array of flattened panels that knows how many frames a row holds.

    ``CNNLSTMClassifier`` reads `n_frames` to fold the rows again. It is None
    where the number of columns is no longer that of the panel.
    """

    # (n_frames, n_columns). The columns are compared when asked, as some views get their shape after they are made.
    _layout: tuple[int, int] | None

    def __array_finalize__(self, obj: Any) -> None:
        self._layout = getattr(obj, "_layout", None)

    @property
    def n_frames(self) -> int | None:
        """Frames a row, or None."""
        if self._layout is None or self.ndim != 2 or self.shape[1] != self._layout[1]:
            return None
        return self._layout[0]

    def __reduce__(self) -> Any:
        reconstruct, arguments, state = cast("tuple[Any, Any, tuple[Any, ...]]", super().__reduce__())
        return reconstruct, arguments, (*state, self._layout)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state[:-1])
        self._layout = state[-1]


def flatten(panel: np.ndarray) -> FlatPanel:
    """Return (n_clips, n_frames, n_coefficients) as (n_clips, n_frames * n_coefficients)."""
    n_clips, n_frames, n_coefficients = panel.shape
    flat = panel.reshape(n_clips, n_frames * n_coefficients).view(FlatPanel)
    flat._layout = (n_frames, n_frames * n_coefficients)
    return flat
