"""timeline: a recording of any length, window by window."""

import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake._warn import warn
from skvoicefake.audio import AudioError, clip_name, load_audio
from skvoicefake.audio._load import as_channels, unpack_pair
from skvoicefake.audio._streaming import BLOCK, Blocks, open_stream
from skvoicefake.inspection._answers import rate_of
from skvoicefake.inspection._live import LiveTimeline, Row
from skvoicefake.inspection._verdict import AGGREGATIONS, Stretch, fake_stretch

if TYPE_CHECKING:
    import pandas as pd

    from skvoicefake.inspection._display import TimelineDisplay

NOTHING = "nothing that could be judged"


class Timeline:
    """What a detector says of a recording, window by window; :func:`timeline` makes one.

    Attributes
    ----------
    table : DataFrame
        A row a window, with the columns

        start, end : float
            Where it is, in seconds.
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
    aggregation : str
        How `score` was made of the scores of windows.
    score : float
        Of the whole, towards the real voice; NaN if no window was judged.
    verdict : str
        The label that `score` points to, or why there is none.
    stretch : Stretch or None
        Where the recording is least like a real voice, whatever the verdict:
        where to listen first. Its `score` says how much it is so. Every
        recording has such a stretch, of which no moment scores as all others.
    is_judged : ndarray of shape (n_windows,), bool
        The windows that count: with a score, without a remark, not silent.
    duration : float
        Seconds that were heard.
    error : str or None
        What ended it before the recording did.
    name : str
        What messages call the recording.
    """

    def __init__(
        self,
        rows: list[Row],
        *,
        aggregation: str,
        labels: tuple[Hashable, Hashable],
        duration: float,
        envelope: NDArray[np.float32],
        column_seconds: float,
        name: str = "",
        error: str | None = None,
    ) -> None:
        self.rows, self.aggregation, self.labels, self.duration = rows, aggregation, labels, duration
        self.envelope, self.column_seconds, self.name, self.error = envelope, column_seconds, name, error
        self.is_judged = np.array(
            [np.isfinite(row.score) and not row.remark and not row.is_silent for row in rows], dtype=bool
        )

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row a window."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(Row._fields))

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """The score of every window."""
        return np.array([row.score for row in self.rows], dtype=np.float64)

    @property
    def score(self) -> float:
        """Of the whole."""
        judged = self.scores[self.is_judged]
        return AGGREGATIONS[self.aggregation](judged) if len(judged) else float("nan")

    @property
    def verdict(self) -> str:
        """The label that the score points to, or why there is none."""
        if self.is_judged.any():
            return str(self.labels[self.score > 0])
        remarks = [row.remark for row in self.rows if row.remark]
        return max(dict.fromkeys(remarks), key=remarks.count) if remarks else NOTHING

    @cached_property
    def stretch(self) -> Stretch | None:
        """Where the recording is least like a real voice."""
        return fake_stretch([(row.start, row.end) for row in self.rows], self.scores, self.is_judged)

    def __str__(self) -> str:
        n_judged = int(self.is_judged.sum())
        why = f" ({self.aggregation} of scores {self.score:.2f})" if n_judged else ""
        parts = [self.verdict + why, f"{n_judged} of {len(self.rows)} windows judged in {self.duration:.1f} s"]
        if self.stretch is not None:
            parts.append("least real from {:.1f} to {:.1f} s ({:.2f})".format(*self.stretch))
        return "; ".join([*parts, *([self.error] if self.error else [])])

    def __repr__(self) -> str:
        return f"<Timeline of {self.name}: {self}>"

    def plot(self, ax: Any = None) -> "TimelineDisplay":
        """Draw the waveform, and the score of every window below.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : TimelineDisplay

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        from skvoicefake.inspection._display import TimelineDisplay

        return TimelineDisplay(self).plot(ax)


def timeline(
    estimator: Any,
    path: Any,
    window: float = 3.0,
    hop: float = 1.0,
    *,
    aggregation: str = "mean",
    sample_rate: float | None = None,
    batch_size: int = 32,
    real_label: Hashable | None = None,
    on_error: str = "raise",
    verbose: int = 0,
) -> Timeline:
    """Judge a recording of any length, window by window.

    It is read a block at a time, so memory does not grow with its length, but
    for the rows of the table.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips, and of two classes: a pipeline, a search,
        :func:`~skvoicefake.load_detector`, a
        :class:`~skvoicefake.detectors.GuardedClassifier`.
    path : path, bytes, binary file, ndarray or (ndarray, rate) pair
        The recording, as for :func:`~skvoicefake.audio.load_audio`. Files of
        any length; what is no path is in memory as it is.
    window : float, default=3.0
        Seconds that are judged at a time. Windows as long as the clips that
        the estimator was trained on suit it best.
    hop : float, default=1.0
        Seconds from the start of a window to that of the next, `window` at
        most.
    aggregation : {"mean", "lowest"}, default="mean"
        What the recording scores, by the windows that are judged: the mean of
        their scores, or that of the lowest tenth. The guide has what either is
        worth.
    sample_rate : float, default=None
        Rate in Hz that the estimator takes waveforms to have. None is its own
        `sample_rate`, or that of its first step, or 16000.
    batch_size : int, default=32
        Windows that the estimator is asked about at a time.
    real_label : hashable, default=None
        Which class is the real voice; None goes by its name.
    on_error : {"raise", "keep"}, default="raise"
        What to do about a recording that breaks off, or whose samples are NaN
        or infinite: raise; or keep what was heard, and warn. Silence takes the
        place of samples that are not finite, and no window that holds any is
        judged.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    timeline : Timeline
        With the attributes `table`, `verdict`, `score`, `stretch`, and `plot`.

    Raises
    ------
    AudioError
        If the recording cannot be read.
    ValueError
        If a parameter makes no sense, or the estimator is not fitted, has not
        two classes, or hears less of a clip than a window.

    Warns
    -----
    UserWarning
        With ``on_error="keep"``, if the recording broke off.

    See Also
    --------
    LiveTimeline : The same of sound that is still coming.
    occlusion : What in one window made an estimator decide.

    Notes
    -----
    The score of a window is what the estimator says of that cut of the
    recording. The last window ends where the recording ends, and is as long as
    all others; a recording shorter than a window is one row.

    A window that an estimator refuses (:class:`~skvoicefake.audio.AudioError`,
    such as that of digital silence) has a remark and no score.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake import load_detector
    >>> from skvoicefake.inspection import timeline
    >>> found = timeline(load_detector(), np.zeros(5 * 16000))
    >>> found.verdict
    'not enough speech'
    >>> found.table[["start", "end"]].to_numpy().tolist()
    [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    """
    from tqdm.auto import tqdm

    check_aggregation(aggregation)
    options: dict[str, Any] = {"window": window, "hop": hop, "batch_size": batch_size, "real_label": real_label}
    heard = Listening(estimator, path, sample_rate=sample_rate, on_error=on_error, **options)
    rows = []
    with tqdm(desc="Listening", unit="window", disable=not verbose) as bar:
        for found in heard.rows():
            rows += found
            bar.update(len(found))
    if heard.error is not None:
        warn(f"{heard.error} The timeline ends there.")
    return heard.timeline(rows, aggregation)


def check_aggregation(aggregation: str) -> None:
    """Raise where there is no such aggregation."""
    if aggregation not in AGGREGATIONS:
        raise ValueError(f"aggregation must be one of {list(AGGREGATIONS)}, got {aggregation!r}.")


class Listening:
    """Goes through a recording: rows come while it is heard.

    Attributes
    ----------
    live : LiveTimeline
        What hears it.
    error : AudioError or None
        What ended it, if that does not raise.
    """

    def __init__(self, estimator: Any, clip: Any, *, sample_rate: float | None, on_error: str, **options: Any) -> None:
        self.clip, self.on_error, self.name = clip, on_error, clip_name(clip)
        self.estimator, self.sample_rate = estimator, rate_of(estimator, sample_rate)
        self.options = {**options, "sample_rate": self.sample_rate, "on_error": on_error}
        self.error: AudioError | None = None
        # What is wrong with the parameters shall not wait for the file.
        self.live = LiveTimeline(estimator, self.sample_rate, **self.options)

    def rows(self) -> Iterator[list[Row]]:
        """Give the rows of every block, and last those that are left."""
        keeps = self.on_error == "keep"
        with _opened(self.clip, self.name, self.sample_rate, keeps=keeps) as (rate, blocks):
            self.live = LiveTimeline(self.estimator, rate, **self.options)
            try:
                for block in blocks:
                    try:
                        rows = self.live.push(block)
                    except AudioError as error:
                        raise AudioError(f"{self.name}: {error}") from error
                    yield rows
            except AudioError as error:
                if not keeps or not self.live.seconds:
                    raise
                self.error = error
            yield self.live.finish()

    def timeline(self, rows: list[Row], aggregation: str) -> Timeline:
        """Return what the rows of the recording say of it."""
        asker, envelope = self.live._asker, self.live._envelope
        return Timeline(
            rows,
            aggregation=aggregation,
            labels=(asker.fake, asker.real),
            duration=self.live.seconds,
            envelope=envelope.columns(),
            column_seconds=envelope.step / self.live.sample_rate,
            name=self.name,
            error=None if self.error is None else str(self.error),
        )


@contextmanager
def _opened(clip: Any, name: str, sample_rate: float, *, keeps: bool) -> Iterator[tuple[float, Blocks]]:
    """Open any clip as a rate and blocks of shape (n_samples, n_channels)."""
    if isinstance(clip, str | os.PathLike):
        with open_stream(clip, name, ignores_header=keeps) as (rate, blocks):
            yield rate, blocks
        return
    if isinstance(clip, tuple | list):
        samples, rate = unpack_pair(clip, name)
    elif isinstance(clip, np.ndarray):
        samples, rate = clip, sample_rate
    else:
        samples, rate = load_audio(clip, sample_rate, name=name), sample_rate
    channels = as_channels(samples, name)
    if not channels.size:
        raise AudioError(f"{name}: expected at least one sample, got an empty clip. Leave it out.")
    yield rate, (channels[i : i + BLOCK] for i in range(0, len(channels), BLOCK))
