"""A clip as the network sees it."""

import copy
from pathlib import PurePath
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skvoicefake._plotting import COLOURS, import_pyplot, new_axes, shortened
from skvoicefake.audio import clip_name, load_audio
from skvoicefake.feature_extraction._mfcc import MFCCTransformer

# Pairs of lowest and highest sample that a waveform of any length is drawn with; a page shows no more.
N_COLUMNS = 2000


class MFCCDisplay:
    """The waveform of a clip, and its mel-frequency cepstral coefficients below.

    Make one by `from_clip`.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        What the coefficients were computed from.
    coefficients : ndarray of shape (n_frames, n_coefficients)
        As in a row of the panel of :class:`~skvoicefake.MFCCTransformer`.
    sample_rate : float
        Rate of `waveform` in Hz.
    hop_length : int
        Samples between frames.
    first_frame : float, default=0
        Sample on which the first frame is centred.
    unit : str, default="dB"
        Unit of the coefficients.
    n_mfcc : int, default=None
        Coefficients before the first delta; None if there are no deltas.
    name : str, default=None
        What to call the clip in the title.

    Attributes
    ----------
    axes_ : list of two matplotlib Axes
        Axes with the waveform and with the coefficients.
    ax_ : matplotlib Axes
        That of the coefficients.
    figure_ : matplotlib Figure
        Figure with the axes.
    line_ : matplotlib Line2D
        The waveform; of a long one, the lowest and highest sample of every
        stretch.
    image_ : matplotlib AxesImage
        The coefficients.
    colorbar_ : matplotlib Colorbar
        Its colours. Coefficient 0, the loudness, is far larger than the others
        and may lie beyond them.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot as plt
    >>> from skvoicefake.feature_extraction import MFCCDisplay
    >>> t = np.arange(16000) / 16000
    >>> display = MFCCDisplay.from_clip((np.sin(2 * np.pi * 200 * (1 + t) * t), 16000))
    >>> display.coefficients.shape
    (101, 40)
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        waveform: NDArray[np.float32],
        coefficients: NDArray[np.float32],
        sample_rate: float,
        hop_length: int,
        first_frame: float = 0,
        unit: str = "dB",
        n_mfcc: int | None = None,
        name: str | None = None,
    ) -> None:
        self.waveform = waveform
        self.coefficients = coefficients
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.first_frame = first_frame
        self.unit = unit
        self.n_mfcc = n_mfcc
        self.name = name

    @classmethod
    def from_clip(
        cls, clip: Any, transformer: MFCCTransformer | None = None, *, name: str | None = None, ax: Any = None
    ) -> Self:
        """Draw a clip.

        Parameters
        ----------
        clip : path, bytes, binary file, ndarray or (ndarray, rate) pair
            See :func:`~skvoicefake.audio.load_audio`.
        transformer : MFCCTransformer, default=None
            Whose coefficients to draw, of the part of the clip that it
            analyses. It has to be fitted if it learns something
            (``normalize="train"``, ``duration=None``). None takes the defaults,
            and the whole clip.
        name : str, default=None
            What to call the clip in the title; None is the name of its file.
        ax : sequence of two matplotlib Axes, default=None
            Where to draw the waveform and the coefficients; None makes a new
            figure.

        Returns
        -------
        display : MFCCDisplay

        Raises
        ------
        AudioError
            If the clip cannot be read.
        TypeError
            If the transformer is something else.
        ImportError
            If matplotlib is missing.
        """
        import_pyplot(cls.__name__)
        if transformer is not None and not isinstance(transformer, MFCCTransformer):
            raise TypeError(
                f"{cls.__name__} expected an MFCCTransformer, got {type(transformer).__name__}."
                " Pass the step of the pipeline that is one."
            )
        if transformer is None:
            y = load_audio(clip, name=clip_name(clip))
            shown = MFCCTransformer(duration=None).fit([y])
        else:
            duration = transformer.duration if transformer.crop == "start" else None
            y = load_audio(clip, transformer.sample_rate, duration=duration, name=clip_name(clip))
            # The caller's must not change, and what it learned is needed.
            shown = copy.copy(transformer).set_params(output="sequence", on_error="raise", verbose=0)
        coefficients = shown.transform([y])[0]
        if name is None and isinstance(clip, str | PurePath):
            name = PurePath(clip).name
        display = cls(
            waveform=shown._analysed(y),
            coefficients=coefficients,
            sample_rate=shown.sample_rate,
            hop_length=shown.hop_length,
            first_frame=0 if shown.center else shown.n_fft / 2,
            unit="dB" if shown.normalize is None else "standard deviations",
            n_mfcc=shown.n_mfcc if shown.deltas else None,
            name=name,
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw waveform and coefficients.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Where to draw the waveform and the coefficients; None makes a new
            figure.

        Returns
        -------
        self : MFCCDisplay

        Raises
        ------
        ValueError
            If `ax` is not two axes.
        """
        if ax is not None and np.shape(ax) != (2,):
            raise ValueError(f"{type(self).__name__} needs ax to be two axes, for the waveform and the coefficients.")
        figure, new = new_axes(
            type(self).__name__,
            None if ax is None else ax[1],
            size=(7.0, 4.6),
            **({"nrows": 2, "sharex": True, "height_ratios": [1, 2]} if ax is None else {}),
        )
        self.figure_, self.axes_ = figure, list(new if ax is None else ax)
        above, self.ax_ = self.axes_
        seconds = len(self.waveform) / self.sample_rate
        times, values = _envelope(self.waveform, self.sample_rate)
        (self.line_,) = above.plot(times, values, color=COLOURS[0], lw=0.6)
        above.set(
            title="Waveform and MFCCs" + (f" of {shortened(self.name, 50)}" if self.name else ""),
            ylabel="amplitude\n(full scale is 1)",
            xlim=(0, seconds),
        )
        frames = (self.first_frame + self.hop_length * (np.array([0, len(self.coefficients)]) - 0.5)) / self.sample_rate
        n_rows = self.coefficients.shape[1]
        # The loudness would leave a single colour for all the others.
        shaping = self.coefficients[:, 1:] if n_rows > 1 else self.coefficients
        low, high = np.percentile(shaping, [3, 97])
        self.image_ = self.ax_.imshow(
            self.coefficients.T,
            aspect="auto",
            origin="lower",
            interpolation="nearest",
            extent=(*frames, -0.5, n_rows - 0.5),
            cmap="viridis",
            vmin=low,
            vmax=high if high > low else low + 1,
        )
        rows = "coefficient" if self.n_mfcc is None else "coefficient, then its deltas"
        self.ax_.set(xlabel="time (s)", ylabel=rows, xlim=(0, seconds), ylim=(-0.5, n_rows - 0.5))
        self.ax_.yaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        if self.n_mfcc is not None:
            for row in range(self.n_mfcc, n_rows, self.n_mfcc):
                self.ax_.axhline(row - 0.5, color="white", lw=1.2)
        self.colorbar_ = figure.colorbar(self.image_, ax=self.axes_, label=f"MFCC ({self.unit})", extend="both")
        return self


def _envelope(waveform: NDArray[np.float32], sample_rate: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the points to draw a waveform with: all of a short one, the extremes of every stretch of a long one."""
    step = len(waveform) // N_COLUMNS
    if step < 3:
        return np.arange(len(waveform)) / sample_rate, waveform
    starts = np.arange(0, len(waveform), step)
    values = np.stack([np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)], axis=1).ravel()
    return np.repeat(starts, 2) / sample_rate, values
