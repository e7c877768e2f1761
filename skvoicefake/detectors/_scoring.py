"""Clips -> rows of label, probability, score, warnings and error. A bad clip costs no other."""

import io
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from skvoicefake.audio import AudioError, clip_name, fetch, is_address, load_audio
from skvoicefake.detectors._frozen_steps import Listener
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from skvoicefake.feature_extraction._transformer import ClipTransformer
from skvoicefake.metrics._responses import _past_features, inner, responses

# When a clip is said to be quiet, clipped or of a narrow band.
QUIET = 1e-3  # of full scale, as the highest peak: -60 dBFS
CLIPPED = 0.01  # share of samples at full scale
NO_VERDICT = "no verdict: "
NARROW, NARROW_ABOVE = 1e-6, 4_000  # share of the power that lies above so many Hz: a telephone passes none


@dataclass
class Row:
    """What a detector says of a clip."""

    path: str
    label: str | None = None
    probability: float | None = None
    score: float | None = None
    warnings: list[str] = field(default_factory=list)
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the columns by name, in their order."""
        return asdict(self)


class Scorer:
    """Scores clips, a batch at a time.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips, with two classes.
    real : hashable
        The class that is the real voice.
    n_jobs : int or None, default=None
        Threads; None leaves the estimator those it has.
    labels_all : bool, default=False
        Whether clips that it gives no verdict on have a label too.
    """

    def __init__(self, estimator: Any, real: Hashable, *, n_jobs: int | None = None, labels_all: bool = False) -> None:
        self.estimator, self.n_jobs, self.labels_all = estimator, n_jobs, labels_all
        self.real_is_greater = np.asarray(estimator.classes_).tolist().index(real) == 1
        pipeline = self.estimator
        while (inside := inner(pipeline)) is not None:
            pipeline = inside
        steps = getattr(pipeline, "steps", [("", None)])
        self.transformer: Any = None
        if isinstance(steps[0][1], ClipTransformer | CepstralStatisticsTransformer | Listener):
            self.transformer = steps[0][1]
            if n_jobs is not None:
                self.transformer.set_params(n_jobs=n_jobs)

    def rows(self, paths: Sequence[str]) -> list[Row]:
        """Return a row a path."""
        rows = [Row(path) for path in paths]
        # Where the features are ours, clips are decoded here, once, which finds the bad ones and what is odd about
        # the good ones. Other pipelines get the paths.
        clips: list[Any] = list(paths)
        if self.transformer is not None:
            load = delayed(_load)
            clips = Parallel(n_jobs=self.n_jobs, require="sharedmem")(load(row, self.transformer) for row in rows)
        good = [i for i, row in enumerate(rows) if row.error is None]
        try:
            self._fill([rows[i] for i in good], [clips[i] for i in good])
        except (ValueError, OSError, ArithmeticError):
            for i in good:
                try:
                    self._fill([rows[i]], [clips[i]])
                except (ValueError, OSError, ArithmeticError) as error:
                    rows[i].error = _reason(error, rows[i].path)
        return rows

    def _fill(self, rows: list[Row], clips: list[Any]) -> None:
        if not rows:
            return
        # A guard may stand inside a calibrator, a search or augmentation. What comes last has it, or is it.
        answering, X, last = _past_features(self.estimator, clips)
        labels, scores, limit, probabilities, _ = responses(answering, X)
        if scores is None:
            raise ValueError(f"{type(self.estimator).__name__} has neither predict_proba nor decision_function.")
        if limit is not None:  # A score that is written has no second rule for its use as a log-likelihood ratio.
            scores = np.clip(scores, -limit, limit)
        greater = self.estimator.classes_[1]
        # A remark makes a guard's own score 0, and hardly anything else does. What is around it may move the score.
        remarks = _remarks(last, X, np.flatnonzero(scores == 0) if answering is last else np.arange(len(rows)))
        for i, row in enumerate(rows):
            if not np.isfinite(scores[i]):
                row.error = f"the detector gave the score {scores[i]}."
                continue
            row.label, row.error = str(labels[i]), None
            row.score = float(scores[i] if self.real_is_greater else -scores[i]) + 0.0  # no "-0"
            if probabilities is not None:
                row.probability = float(probabilities[i] if labels[i] == greater else 1 - probabilities[i])
            if i in remarks:
                row.warnings = [f"{NO_VERDICT}{remarks[i]}", *row.warnings]
                row.label = row.label if self.labels_all else None
                row.score, row.probability = 0.0, None if probabilities is None else 0.5


def _remarks(guard: Any, X: Any, asked: NDArray[np.intp]) -> dict[int, str]:
    """Return why clips have no verdict, by position, if it is a guard."""
    if not len(asked) or not hasattr(guard, "remarks"):
        return {}
    remarks = guard.remarks(_safe_indexing(X, asked))
    return {i: str(remark) for i, remark in zip(asked.tolist(), remarks, strict=True) if remark}


def _load(row: Row, transformer: Any) -> NDArray[np.float32] | None:
    """Load a clip just as the transformer would; note in the row what is wrong with it."""
    is_panel = isinstance(transformer, ClipTransformer)  # clips of one length, of which none is silent
    duration = None if is_panel and transformer.crop != "start" else transformer.duration
    source: Any = row.path
    try:
        if is_address(row.path):  # once, for the sound and for its header
            source = fetch(row.path)
        y = load_audio(source, transformer.sample_rate, duration=duration, name=clip_name(row.path))
        if is_panel and not y.any():
            raise AudioError(f"silent: all {len(y)} samples read are zero.")
    except (ValueError, OSError) as error:
        row.error = _reason(error, row.path)
        return None
    row.warnings = _oddities(source, y, transformer.sample_rate, transformer.duration if is_panel else None)
    # What a panel is made of is known to whoever made it.
    if duration is not None and not is_panel and len(y) >= round(duration * transformer.sample_rate):
        _, seconds = _header(source)
        if seconds is not None and seconds > 1.05 * duration:
            row.warnings.append(f"long: the first {duration:g} of {seconds:.1f} s were heard, not the rest")
    return y


def _reason(error: Exception, path: str) -> str:
    """Return an error's message without the path, which has a column of its own."""
    message = " ".join(str(error).split("\n"))
    for name in (clip_name(path, 0), clip_name(path)):
        message = message.removeprefix(f"{name}: ")
    return message


def _oddities(source: str | bytes, y: NDArray[np.float32], rate: float, duration: float | None) -> list[str]:
    """Return what makes a clip's score doubtful, as far as the samples and the file's header tell."""
    if not y.any():
        return [f"silent: all {len(y)} samples read are zero"]
    found = []
    if duration is not None and len(y) < round(duration * rate):
        found.append(f"short: {len(y) / rate:.2f} of {duration:g} s, the rest is padding")
    peak = float(np.abs(y).max())
    if peak < QUIET:
        found.append(f"quiet: peak at {20 * np.log10(peak):.0f} dBFS")
    if np.mean(np.abs(y) >= 0.999) > CLIPPED:
        found.append("clipped: samples at full scale")
    recorded, _ = _header(source)
    if recorded is not None and recorded < rate:
        found.append(f"low rate: {recorded} Hz, resampled to {rate:g} Hz")
    elif rate > 2.2 * NARROW_ABOVE and _share_above(y, rate, 1.1 * NARROW_ABOVE) < NARROW:
        found.append(f"narrow band: no sound above {NARROW_ABOVE / 1000:g} kHz")
    return found


def _header(source: str | bytes) -> tuple[int, float] | tuple[None, None]:
    """Return the rate in Hz and the seconds that a file's header tells of, if it does."""
    import soundfile

    try:
        about = soundfile.info(io.BytesIO(source) if isinstance(source, bytes) else source)
        return int(about.samplerate), float(about.duration)
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError, ZeroDivisionError):  # what ffmpeg decodes
        return None, None


def _share_above(y: NDArray[np.float32], rate: float, frequency: float) -> float:
    """Return the share of the power above a frequency."""
    # A window, or the clip's ends would smear the strong low frequencies over all others.
    power = np.square(np.abs(np.fft.rfft(y * np.hanning(len(y) + 2)[1:-1])))
    total = float(power.sum())
    return float(power[int(frequency / rate * len(y)) :].sum()) / total if total else 1.0
