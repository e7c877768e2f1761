"""A panel that was flattened, but not forgotten."""

from typing import Any

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
        # The array inside is a plain one, which joblib hands to its workers by the name of its file, if it has one.
        return _with_layout, (np.asarray(self), self._layout)


def flatten(panel: np.ndarray) -> FlatPanel:
    """Return (n_clips, n_frames, n_coefficients) as (n_clips, n_frames * n_coefficients)."""
    n_clips, n_frames, n_coefficients = panel.shape
    return _with_layout(panel.reshape(n_clips, n_frames * n_coefficients), (n_frames, n_frames * n_coefficients))


def _with_layout(rows: np.ndarray, layout: tuple[int, int] | None) -> FlatPanel:
    flat = rows.view(FlatPanel)
    flat._layout = layout
    return flat
