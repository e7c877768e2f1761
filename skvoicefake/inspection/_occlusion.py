"""occlusion: which seconds, bands and coefficients of a clip carried a decision."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain, islice, pairwise, repeat
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from skvoicefake.audio import clip_name, load_audio
from skvoicefake.audio._clip import Waveform
from skvoicefake.inspection._answers import Asker, duration_of, rate_of
from skvoicefake.inspection._live import _count, _n_samples
from skvoicefake.metrics._responses import inner, is_guard

if TYPE_CHECKING:
    import pandas as pd

    from skvoicefake.inspection._occlusion_display import OcclusionDisplay

Part = tuple[float, float]
Scores = NDArray[np.float64]
FRAME = 0.032  # seconds of a frame of the transform in which sound is replaced
FILLS = ("mean", "floor", "silence")
ROUNDING = 1e-6  # of the peak
QUIET = 10  # percentile of a frequency's magnitudes that is its floor


class Effect(NamedTuple):
    """What the score owes to one part of a clip.

    Attributes
    ----------
    start, end : float
        Seconds, Hz, or the number of a coefficient and the next.
    effect : float
        The score less that without the part: above 0, the part speaks for a
        real voice; below, for a fake. NaN where the estimator gives no score.
    """

    start: float
    end: float
    effect: float


class Occlusion:
    """What parts of a clip add to its score; :func:`occlusion` makes one.

    Attributes
    ----------
    score : float
        Of the clip as it is, towards the real voice. Guards are not asked.
    times, bands, coefficients : list of Effect
        Of stretches in seconds, of bands in Hz, and of the coefficients of a
        panel, if the estimator's first step makes one (else empty).
    coefficient_names : list of str
    waveform : ndarray of shape (n_samples,)
        What was heard.
    sample_rate : float
        Its rate in Hz.
    labels : tuple
        The classes of fake and of real voices.
    fill : str
        What took the place of parts.
    """

    def __init__(
        self,
        *,
        score: float,
        times: list[Effect],
        bands: list[Effect],
        coefficients: list[Effect],
        coefficient_names: list[str],
        waveform: Waveform,
        sample_rate: float,
        labels: tuple[Hashable, Hashable],
        fill: str,
        name: str = "",
    ) -> None:
        self.score, self.times, self.bands, self.coefficients = score, times, bands, coefficients
        self.coefficient_names, self.waveform, self.sample_rate = coefficient_names, waveform, sample_rate
        self.labels, self.fill, self.name = labels, fill, name

    @property
    def table(self) -> "pd.DataFrame":
        """A row a part, with the columns kind ("time", "band" or "coefficient"), start, end and effect."""
        import pandas as pd

        kinds = {"time": self.times, "band": self.bands, "coefficient": self.coefficients}
        rows = [(kind, *part) for kind, parts in kinds.items() for part in parts]
        return pd.DataFrame(rows, columns=["kind", *Effect._fields])

    def __repr__(self) -> str:
        parts = f"{len(self.times)} stretches, {len(self.bands)} bands, {len(self.coefficients)} coefficients"
        return f"<Occlusion of {self.name}: score {self.score:.2f}, {parts}>"

    def plot(self, ax: Any = None) -> "OcclusionDisplay":
        """Draw the waveform, and the effects of stretches, of bands and of coefficients.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Three, or four if there are coefficients; None makes a new figure.

        Returns
        -------
        display : OcclusionDisplay

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        from skvoicefake.inspection._occlusion_display import OcclusionDisplay

        return OcclusionDisplay(self).plot(ax)


def occlusion(
    estimator: Any,
    clip: Any,
    *,
    window: float = 0.5,
    hop: float = 0.25,
    bands: int | Sequence[float] = 8,
    fill: str = "mean",
    background: Sequence[Any] | None = None,
    sample_rate: float | None = None,
    batch_size: int = 32,
    real_label: Hashable | None = None,
    random_state: Any = 0,
) -> Occlusion:
    """Show which seconds, bands and coefficients of a clip carried a decision.

    One part after the other is taken out of the clip, and the estimator asked
    again, as in [1]_. What the score falls by, the part had added to it.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips, and of two classes. A guard is not asked, as a clip
        that lacks a part is hardly ever what it knows.
    clip : path, bytes, binary file, ndarray or (ndarray, rate) pair
        See :func:`~skvoicefake.audio.load_audio`; as much of its start as the
        estimator hears.
    window : float, default=0.5
        Seconds that are taken out at a time.
    hop : float, default=0.25
        Seconds from the start of one such stretch to that of the next.
    bands : int or sequence of float, default=8
        How many bands of the same width to take out, up to half the sample
        rate; or their edges in Hz. 0 takes out none.
    fill : {"mean", "floor", "silence"}, default="mean"
        What takes the place of a part: noise that has, at every frequency, the
        clip's own mean power, or its quietest tenth; or nothing. No voice has a
        hole in its spectrum, and detectors take one for a fake, wherever it is.
    background : sequence of clips, default=None
        What takes the place of a coefficient: its mean over these, such as
        some clips of training. None is its mean over the clip itself, which
        leaves out how it moves and not where it lies.
    sample_rate : float, default=None
        Rate in Hz that the estimator takes waveforms to have. None is its own
        `sample_rate`, or that of its first step, or 16000.
    batch_size : int, default=32
        Clips that the estimator is asked about at a time.
    real_label : hashable, default=None
        Which class is the real voice; None goes by its name.
    random_state : int, RandomState instance or None, default=0
        Of the noise.

    Returns
    -------
    occlusion : Occlusion
        With the attributes `score`, `times`, `bands`, `coefficients`, `table`,
        and `plot`.

    Raises
    ------
    AudioError
        If the clip cannot be read.
    ValueError
        If a parameter makes no sense, or the estimator gives the clip as it is
        no score.

    See Also
    --------
    timeline : Judges a long recording, window by window.

    Notes
    -----
    Effects do not add up to the score: what two parts say alike, neither takes
    along. A part can also matter because it is missing: no clip of training
    had such a gap. Compare with the effects on clips that you know.

    Sound is replaced in a short-time Fourier transform of 32 ms, so a stretch
    begins and ends within that.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional
       networks", ECCV 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake import load_detector
    >>> from skvoicefake.inspection import occlusion
    >>> rng = np.random.default_rng(0)
    >>> found = occlusion(load_detector(), 0.1 * rng.normal(size=24000), bands=4)
    >>> found.table["kind"].value_counts().to_dict()
    {'time': 5, 'band': 4}
    >>> [(part.start, part.end) for part in found.bands]
    [(0.0, 2000.0), (2000.0, 4000.0), (4000.0, 6000.0), (6000.0, 8000.0)]
    """
    estimator = unguarded(estimator)
    asker, rate = Asker(estimator, real_label), rate_of(estimator, sample_rate)
    n_window, n_hop = _n_samples(window, "window", rate), _n_samples(hop, "hop", rate)
    if fill not in FILLS:
        raise ValueError(f"fill must be one of {list(FILLS)}, got {fill!r}.")
    edges, batch_size = _edges(bands, rate), _count(batch_size, "batch_size")
    y = load_audio(clip, rate, duration=duration_of(estimator))
    (answer,) = asker.answers([y])
    if not np.isfinite(score := answer.score):
        raise ValueError(f"{clip_name(clip)}: there is no score to explain. {answer.remark}")
    starts = range(0, max(1, len(y) - n_window + n_hop), n_hop)
    times = [(start / rate, min(start + n_window, len(y)) / rate) for start in starts if start < len(y)]
    clip_without = without(y, rate, fill, check_random_state(random_state))
    clips = chain(map(clip_without, times, repeat(None)), map(clip_without, repeat(None), edges))
    effects = score - _in_batches(asker, clips, batch_size)
    parts = [Effect(*part, float(effect)) for part, effect in zip([*times, *edges], effects, strict=True)]
    coefficients, names = _coefficients(estimator, y, background, real_label, batch_size)
    return Occlusion(
        score=score,
        times=parts[: len(times)],
        bands=parts[len(times) :],
        coefficients=coefficients,
        coefficient_names=names,
        waveform=y,
        sample_rate=rate,
        labels=(asker.fake, asker.real),
        fill=fill,
        name=clip_name(clip),
    )


def unguarded(estimator: Any) -> Any:
    """Return an estimator without the guards around and in it."""
    if isinstance(estimator, Pipeline) and any("frozen" in _params(step) for _, step in estimator.steps):
        # The detector in the package, whose first step asks the guard.
        steps = [(name, type(step)(**_without_guard(step))) for name, step in estimator.steps]
        return Pipeline(steps)
    if (inside := inner(estimator)) is not None:
        return unguarded(inside)
    if is_guard(estimator):
        return unguarded(estimator.estimator_)
    return estimator


def without(y: Waveform, rate: float, fill: str, rng: Any) -> Callable[[Part | None, Part | None], Waveform]:
    """Return a function that gives the clip without a stretch (seconds) of a band (Hz); None is all of either."""
    from scipy.signal import istft, stft

    n_frame = 2 * max(1, round(FRAME * rate / 2))
    padded = np.pad(y.astype(np.float64), (0, max(0, n_frame - len(y))))
    frequencies, middles, spectrum = stft(padded, rate, nperseg=n_frame)
    magnitudes = np.abs(spectrum)
    power = {"silence": 0.0, "floor": np.percentile(magnitudes, QUIET, axis=1, keepdims=True) ** 2}
    level = np.sqrt(power.get(fill, np.mean(magnitudes**2, axis=1, keepdims=True)))
    # Complex noise of power 2: frames overlap by half, and noise that differs from frame to frame loses half of it.
    noise = rng.normal(size=(2, *spectrum.shape))
    change = level * (noise[0] + 1j * noise[1]) - spectrum
    least = ROUNDING * float(np.abs(y).max())

    def clip_without(time: Part | None, band: Part | None) -> Waveform:
        is_taken = np.ones(spectrum.shape, dtype=bool)
        if time is not None:
            is_taken &= _within(middles, time, len(y) / rate)
        if band is not None:
            is_taken &= _within(frequencies, band, rate / 2)[:, np.newaxis]
        _, difference = istft(np.where(is_taken, change, 0), rate, nperseg=n_frame)
        difference = difference[: len(y)]
        # Added, so that all else stays as it is to the bit.
        changed = (y + difference).astype(np.float32)
        changed[(difference != 0) & (np.abs(changed) < least)] = 0  # or silence would be noise of rounding
        return changed

    return clip_without


def _within(values: Scores, part: Part, end: float) -> NDArray[np.bool_]:
    """Tell which values lie in a part; what lies at the end of all belongs to the last."""
    return (values >= part[0]) & (values < (np.inf if part[1] >= end else part[1]))


def _coefficients(
    estimator: Any, y: Waveform, background: Sequence[Any] | None, real_label: Hashable | None, batch_size: int
) -> tuple[list[Effect], list[str]]:
    """Return what coefficients add, where a pipeline's first step makes a panel of them, and their names."""
    if not isinstance(estimator, Pipeline) or len(estimator) < 2:
        return [], []
    panel = estimator[:1].transform([y])
    if not isinstance(panel, np.ndarray) or panel.ndim != 3:
        return [], []
    known = panel if background is None else estimator[:1].transform(background)
    means = np.nanmean(known, axis=(0, 1))

    def without(i: int) -> NDArray[np.float32]:
        changed = panel[0].copy()
        changed[:, i] = means[i]
        return changed

    clips = (panel[0] if i is None else without(i) for i in (None, *range(panel.shape[2])))
    scores = _in_batches(Asker(estimator[1:], real_label), clips, batch_size, np.stack)
    effects = scores[0] - scores[1:]
    name_all = getattr(estimator[0], "_coefficient_names", None)
    names = [str(i) for i in range(panel.shape[2])] if name_all is None else list(name_all())
    return [Effect(i, i + 1, float(effect)) for i, effect in enumerate(effects)], names


def _in_batches(asker: Asker, clips: Iterable[Any], size: int, join: Callable[[list[Any]], Any] = list) -> Scores:
    rest, found = iter(clips), []
    while batch := list(islice(rest, size)):
        found += [answer.score for answer in asker.answers(join(batch))]
    return np.array(found)


def _edges(bands: Any, rate: float) -> list[Part]:
    edges = np.zeros(1)
    if isinstance(bands, Integral) and bands is not True and int(bands) >= 0:
        edges = np.linspace(0, rate / 2, int(bands) + 1)
    else:
        if isinstance(bands, Sequence | np.ndarray) and not isinstance(bands, str):
            edges = np.asarray(bands, dtype=np.float64)
        if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all() or edges[0] < 0 or edges[-1] > rate / 2:
            raise ValueError(
                f"bands must be a number of bands from 0 up, or their edges in Hz, rising from 0 to at most"
                f" {rate / 2:g}, got {bands!r}."
            )
    return [(float(low), float(high)) for low, high in pairwise(edges)]


def _params(step: Any) -> dict[str, Any]:
    return step.get_params(deep=False) if hasattr(step, "get_params") else {}


def _without_guard(step: Any) -> dict[str, Any]:
    return {name: value._replace(guard=None) if name == "frozen" else value for name, value in _params(step).items()}
