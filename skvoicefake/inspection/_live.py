"""LiveTimeline: sound pushed in chunks, scores as soon as a window is full."""

from collections.abc import Hashable, Iterable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skvoicefake.audio import MAX_DURATION, MAX_RATE, MIN_RATE, AudioError
from skvoicefake.audio._clip import Waveform, check_n_channels
from skvoicefake.audio._load import as_channels
from skvoicefake.audio._streaming import StreamResampler, mono
from skvoicefake.inspection._answers import Asker, duration_of, rate_of
from skvoicefake.inspection._windows import Envelope, Windows

SILENT = -60.0  # dB of full scale, as in datasets.cut_segments
UNKNOWN = "samples that are not finite"
CELL = 0.01  # seconds; where such samples are is kept no finer


class Row(NamedTuple):
    """What is said of one window.

    Attributes
    ----------
    start, end : float
        Where it is in the recording, in seconds.
    score : float
        What the estimator says, towards the real voice: log-odds or
        log-likelihood ratio. NaN if it says nothing.
    probability_fake : float
        NaN if the estimator gives none.
    level : float
        Root mean square, in dB of full scale.
    is_silent : bool
        Whether `level` lies beneath -60 dB.
    remark : str
        Why the window is not judged, or "".
    """

    start: float
    end: float
    score: float
    probability_fake: float
    level: float
    is_silent: bool
    remark: str


class LiveTimeline:
    """Score sound while it comes in.

    Push chunks of any size, as a microphone or a call gives them; every window
    that is full by then comes back as a row. Memory is bounded, however long
    it goes on.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips, and of two classes: a pipeline, a search, a detector.
    rate : float
        Sample rate of the chunks in Hz.
    window : float, default=3.0
        Seconds that are judged at a time. Windows as long as the clips that
        the estimator was trained on suit it best.
    hop : float, default=1.0
        Seconds from the start of a window to that of the next, `window` at
        most.
    sample_rate : float, default=None
        Rate in Hz that the estimator takes waveforms to have; chunks of
        another are resampled. None is its own `sample_rate`, or that of its
        first step, or 16000.
    batch_size : int, default=1
        Windows that the estimator is asked about at a time. More are quicker
        with some estimators, and keep rows waiting.
    real_label : hashable, default=None
        Which class is the real voice; None goes by its name.
    on_error : {"raise", "keep"}, default="raise"
        What to do about samples that are NaN or infinite: raise, or hear
        silence there and judge no window that holds any.

    Attributes
    ----------
    estimator : classifier
        As given.
    seconds : float
        How much sound has come.

    See Also
    --------
    timeline : The same of a file, with a verdict.

    Notes
    -----
    The rows do not depend on how the sound is cut into chunks, and are those
    of :func:`timeline` with the same `batch_size`; with another, an estimator
    may round differently in the last digits.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake import load_detector
    >>> from skvoicefake.inspection import LiveTimeline
    >>> live = LiveTimeline(load_detector(), rate=8000)
    >>> for chunk in np.zeros((10, 4000), dtype=np.float32):  # half a second each
    ...     for row in live.push(chunk):
    ...         print(row.start, row.end, row.remark)
    0.0 3.0 not enough speech
    1.0 4.0 not enough speech
    >>> [(row.start, row.end) for row in live.finish()]
    [(2.0, 5.0)]
    """

    def __init__(
        self,
        estimator: Any,
        rate: float,
        *,
        window: float = 3.0,
        hop: float = 1.0,
        sample_rate: float | None = None,
        batch_size: int = 1,
        real_label: Hashable | None = None,
        on_error: str = "raise",
    ) -> None:
        self._asker = Asker(estimator, real_label)
        self.estimator = estimator
        self.sample_rate = rate_of(estimator, sample_rate)
        self.rate = _number(rate, "rate", MIN_RATE, MAX_RATE, "Hz")
        n_window, n_hop = _n_samples(window, "window", self.sample_rate), _n_samples(hop, "hop", self.sample_rate)
        if n_hop > n_window:
            raise ValueError(f"hop={hop} s must be at most window={window} s: what lies between would not be heard.")
        if (heard := duration_of(estimator)) is not None and heard < n_window / self.sample_rate - 1e-9:
            raise ValueError(
                f"window={window} s is longer than what {type(estimator).__name__} hears of a clip, its first"
                f" {heard:g} s. Set window={heard:g} or less."
            )
        if on_error not in ("raise", "keep"):
            raise ValueError(f"on_error must be 'raise' or 'keep', got {on_error!r}.")
        self.window, self.hop, self.batch_size, self.on_error = window, hop, _count(batch_size, "batch_size"), on_error
        self._resampler = StreamResampler(self.rate, self.sample_rate)
        self._windows, self._envelope = Windows(n_window, n_hop), Envelope()
        self._waiting: list[tuple[int, Waveform]] = []
        self._bad: list[int] = []  # cells
        self._n_in = 0
        self._n_channels: int | None = None
        self._is_finished = False

    @property
    def seconds(self) -> float:
        """How much sound has come."""
        return self._n_in / self.rate

    def push(self, chunk: ArrayLike) -> list[Row]:
        """Take the next samples.

        Parameters
        ----------
        chunk : array-like of shape (n_samples,) or (n_samples, n_channels)
            Any number, zero too. Integers are scaled by their type, and
            channels averaged.

        Returns
        -------
        rows : list of Row
            Of the windows that are full by now.

        Raises
        ------
        AudioError
            If the chunk is no sound, or has other channels than the one
            before; with ``on_error="raise"``, if samples are not finite.
        ValueError
            After `finish`.
        """
        return self._heard(self._finite(chunk))

    def finish(self) -> list[Row]:
        """Say that nothing more comes.

        Returns
        -------
        rows : list of Row
            What is left: the last window ends where the sound ends, and begins
            as much earlier as the others do. If there is less sound than a
            window, all of it.
        """
        self._check_open()
        rows = self._heard(self._resampler.finish())
        rows += self._scored(self._windows.finish())
        rows += self._asked()
        self._is_finished = True
        return rows

    def _check_open(self) -> None:
        if self._is_finished:
            raise ValueError("This LiveTimeline is finished. Make a new one for other sound.")

    def _heard(self, waveform: Waveform) -> list[Row]:
        """Take samples at the estimator's rate."""
        self._envelope.push(waveform)
        return self._scored(self._windows.push(waveform))

    def _finite(self, chunk: ArrayLike) -> Waveform:
        """Return a chunk at the estimator's rate, as far as it is certain."""
        self._check_open()
        waveform = mono(self._channels(chunk))
        first = self._n_in
        self._n_in += len(waveform)
        is_bad = ~np.isfinite(waveform)
        if is_bad.any():
            places = first + np.flatnonzero(is_bad)
            if self.on_error == "raise":
                raise AudioError(
                    f"expected finite samples, got {len(places)} that are NaN or infinity, the first at"
                    f" {places[0] / self.rate:.3f} s. Repair the recording, or set on_error='keep'."
                )
            self._bad += np.unique((places / self.rate / CELL).astype(np.int64)).tolist()
            waveform = np.where(is_bad, np.float32(0), waveform)
        return self._resampler.push(waveform)

    def _channels(self, chunk: ArrayLike) -> NDArray[Any]:
        samples = np.asarray(chunk)
        if samples.ndim not in (1, 2):
            raise AudioError(
                "chunk: expected samples of shape (n_samples,) or (n_samples, n_channels), got an array of shape"
                f" {samples.shape}."
            )
        n_channels = samples.shape[1] if samples.ndim == 2 else 1
        check_n_channels(n_channels, "chunk")
        if self._n_channels not in (None, n_channels) or not n_channels:
            raise AudioError(f"chunk: expected {self._n_channels or 1} channels as before, got {n_channels}.")
        if samples.size == 0 and samples.dtype.kind not in "fiu":
            samples = samples.astype(np.float32)  # []
        # Flat, as it would take a chunk of fewer samples than channels for one that stands upright.
        channels = as_channels(samples.ravel(), "chunk").reshape(-1, n_channels)
        self._n_channels = n_channels
        return channels

    def _scored(self, windows: Iterable[tuple[int, Waveform]]) -> list[Row]:
        rows = []
        for window in windows:
            self._waiting.append(window)
            if len(self._waiting) == self.batch_size:
                rows += self._asked()
        return rows

    def _asked(self) -> list[Row]:
        waiting, self._waiting = self._waiting, []
        answers = self._asker.answers([waveform for _, waveform in waiting]) if waiting else []
        rows = []
        for (first, waveform), answer in zip(waiting, answers, strict=True):
            start, end = first / self.sample_rate, (first + len(waveform)) / self.sample_rate
            if any(start < (cell + 1) * CELL and cell * CELL < end for cell in self._bad):
                answer = answer._replace(score=np.nan, probability_fake=np.nan, remark=UNKNOWN)
            power = float(np.mean(np.square(waveform, dtype=np.float64)))
            level = float(10 * np.log10(power)) if power > 0 else -np.inf
            found = Row(start, end, *answer[:2], level, level < SILENT, answer.remark)
            rows.append(found)
        if rows:  # No window that is still to come begins before.
            self._bad = [cell for cell in self._bad if (cell + 1) * CELL > rows[-1].start]
        return rows


def _number(value: Any, name: str, low: float, high: float, unit: str) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real) or not low <= float(value) <= high:
        raise ValueError(f"{name} must be a number of {unit} from {low:g} to {high:g}, got {value!r}.")
    return float(value)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral) or int(value) < 1:
        raise ValueError(f"{name} must be a whole number from 1 up, got {value!r}.")
    return int(value)


def _n_samples(seconds: Any, name: str, rate: float) -> int:
    return round(_number(seconds, name, 0.01, MAX_DURATION, "seconds") * rate)
