"""What transformers that filter the spectra of frames share, in the shell of `_transformer`."""

from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from skvoicefake._warn import warn
from skvoicefake.feature_extraction import _cepstra, _filters, _spectrum
from skvoicefake.feature_extraction._transformer import ClipTransformer

PAD_MODES = {"constant", "edge", "reflect", "symmetric"}
# Of those whose filters lie on any scale.
FILTER_CONSTRAINTS: dict[str, list[Any]] = {
    "n_filters": [Interval(Integral, 1, None, closed="left")],
    "scale": [StrOptions(set(_filters.SCALES))],
    "filter_norm": [StrOptions({"area", "peak"})],
    "floor": [Interval(Real, _spectrum.MIN_FLOOR, 1 / _spectrum.MIN_FLOOR, closed="both")],
}


class SpectralTransformer(ClipTransformer):
    """Base of transformers that filter the spectra of frames.

    A subclass says which filters these are, and which function computes the
    coefficients of a waveform: its parameters are those of the function.
    """

    n_fft: int
    win_length: int | None
    hop_length: int
    window: str | float | tuple[Any, ...]
    center: bool
    pad_mode: str
    fmin: float
    fmax: float | None
    top_db: float | None
    pre_emphasis: float
    deltas: int

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **ClipTransformer._parameter_constraints,
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "win_length": [Interval(Integral, 1, None, closed="left"), None],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "window": [str, Real, tuple],
        "center": ["boolean"],
        "pad_mode": [StrOptions(PAD_MODES)],
        "fmin": [Interval(Real, 0, None, closed="left")],
        "fmax": [Interval(Real, 0, None, closed="neither"), None],
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        "pre_emphasis": [Interval(Real, 0, 1, closed="both")],
        "deltas": [Interval(Integral, 0, 2, closed="both")],
    }
    # What a coefficient is called, the parameter that counts them, the one that counts the bands, and these.
    _stem: ClassVar[str]
    _counter: ClassVar[str]
    _band_counter: ClassVar[str] = "n_filters"
    _bands: ClassVar[str] = "bands"

    @abstractmethod
    def _filters(self) -> tuple[int, str]:
        """Return how many filters there are, and on which scale."""

    @abstractmethod
    def _function(self) -> Callable[..., NDArray[np.float32]]:
        """Return the function from a waveform to its coefficients."""

    def _check_parameters(self) -> None:
        """Raise where parameters contradict one another."""
        _filters.check_range(self.fmin, self.fmax, self.sample_rate)
        win_length = self.n_fft if self.win_length is None else self.win_length
        _spectrum.check_lengths(win_length, self.n_fft)
        try:
            _spectrum.padded_window(self.window, win_length, self.n_fft)
        except (ValueError, TypeError) as error:
            raise ValueError(f"window={self.window!r} is no window of scipy.signal.get_window: {error}") from error
        if not self.center and self._n_samples() < self.n_fft:
            raise ValueError(
                f"Clips of {self._n_samples()} samples are shorter than one frame of n_fft={self.n_fft} samples."
                " Raise duration, lower n_fft, or set center=True."
            )
        if self.deltas and self._n_frames() < _cepstra.DELTA_WIDTH:
            raise ValueError(
                f"deltas={self.deltas} needs at least {_cepstra.DELTA_WIDTH} frames a clip, got {self._n_frames()}."
                " Raise duration, lower hop_length, or set deltas=0."
            )

    def _warn_of_empty_bands(self) -> None:
        n_bands, scale = self._filters()
        filters = _filters.triangles(self.sample_rate, self.n_fft, n_bands, self.fmin, self.fmax, scale, "peak")
        if n_empty := int(np.count_nonzero(filters.max(axis=1) == 0)):
            warn(
                f"{n_empty} of {self._band_counter}={n_bands} {self._bands} hold no frequency bin of"
                f" n_fft={self.n_fft} and are always silent. Take fewer bands or longer frames.",
            )

    def _n_frames(self) -> int:
        padding = 2 * (self.n_fft // 2) if self.center else 0
        return 1 + (self._n_samples() + padding - self.n_fft) // self.hop_length

    def _coefficient_names(self) -> list[str]:
        n_coefficients = getattr(self, self._counter)
        width = len(str(n_coefficients - 1))
        kinds = ["", "delta_", "delta2_"][: 1 + self.deltas]
        return [f"{kind}{self._stem}{i:0{width}d}" for kind in kinds for i in range(n_coefficients)]

    def _coefficients(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        function = self._function()
        coefficients = function(y, **{name: getattr(self, name) for name in function.__kwdefaults__ or ()})
        slopes = [_cepstra.delta(coefficients, order) for order in range(1, self.deltas + 1)]
        return np.concatenate([coefficients, *slopes], axis=1) if slopes else coefficients


class CepstralTransformer(SpectralTransformer):
    """Base of those that transform the bands into cepstra."""

    dct_type: int
    norm: str | None
    lifter: float

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SpectralTransformer._parameter_constraints,
        "dct_type": [Interval(Integral, 1, 3, closed="both")],
        "norm": [StrOptions({"ortho"}), None],
        "lifter": [Interval(Real, 0, None, closed="left")],
    }

    def _check_parameters(self) -> None:
        """Raise where parameters contradict one another."""
        n_coefficients, n_bands = getattr(self, self._counter), getattr(self, self._band_counter)
        if n_coefficients > n_bands:
            raise ValueError(
                f"{self._counter}={n_coefficients} coefficients need as many {self._bands}, got"
                f" {self._band_counter}={n_bands}."
            )
        if self.dct_type == 1 and self.norm is not None:
            raise ValueError('dct_type=1 has no norm="ortho". Set norm=None, or take dct_type 2 or 3.')
        if self.dct_type == 1 and n_bands < 2:
            raise ValueError(f"dct_type=1 needs at least two {self._bands}, got {self._band_counter}={n_bands}.")
        super()._check_parameters()
