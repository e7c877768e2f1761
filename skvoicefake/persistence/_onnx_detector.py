"""OnnxDetector: an exported detector, run by onnxruntime. No TensorFlow, Keras, librosa or scikit-learn is loaded."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake._row import part_heard
from skvoicefake.audio import MAX_DURATION, MAX_RATE, MIN_RATE, AudioError, clip_name, load_audio
from skvoicefake.audio._clip import refuse_one_clip
from skvoicefake.persistence._archive import is_estimator_file

FORMAT = 1
KEY = "skvoicefake"  # of the metadata in the file
INPUT, ANSWERS = "waveform", ("probability", "score", "label", "remark")
OUTPUTS = (*ANSWERS, "classes", "sample_rate")

Answer = tuple[NDArray[np.float32], NDArray[np.float32], str, str]


class OnnxDetector:
    """A detector in an ONNX file, from clips to answers.

    `skvoicefake.export` writes such files. To run one takes NumPy, soundfile,
    soxr and onnxruntime, and nothing else of what the package needs.

    Parameters
    ----------
    path : path
        An ONNX file.
    n_threads : int or None, default=None
        Threads of onnxruntime; None is one a core.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, as the exported detector had them.
    sample_rate : float
        Rate in Hz at which clips are analysed, and that of bare arrays.
    duration : float or None
        Seconds of a clip that are read, from its start; None is all.
    about : dict
        What the file says of itself: versions, the rule of the label, how it
        was verified, the model card if there is one.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no ONNX model, or none that `skvoicefake.export` wrote.

    Notes
    -----
    Nothing in the file is executed: it holds numbers, and the names of
    operations that onnxruntime knows. What it computes is up to whoever made
    it, though, and so is how long that takes.

    Clips are scored one at a time, so that a clip's score does not depend on
    the clips beside it. Threads may share a detector.

    See Also
    --------
    skvoicefake.export : Writes the file.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> import skvoicefake
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(size=4000) for _ in range(6)] + [np.cumsum(rng.normal(size=4000)) / 99 for _ in range(6)]
    >>> statistics = skvoicefake.MFCCTransformer(duration=0.25, output="stats")
    >>> pipe = make_pipeline(statistics, LogisticRegression(max_iter=1000))
    >>> pipe = pipe.fit(clips, ["noise"] * 6 + ["hum"] * 6)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     detector = skvoicefake.export(pipe, f"{folder}/detector.onnx")
    >>> detector.predict(clips[5:7]).tolist()
    ['noise', 'hum']
    """

    def __init__(self, path: str | os.PathLike[str], *, n_threads: int | None = None) -> None:
        path = Path(path)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{path}: no such file. `skvoicefake.export` writes detectors as .onnx files."
            ) from None
        if is_estimator_file(path):
            raise ValueError(f"{path}: of `skvoicefake.save`, not of `skvoicefake.export`: skvoicefake.load reads it.")
        self._start(content, str(path), n_threads)

    def _start(self, content: bytes, name: str, n_threads: int | None) -> None:
        self._content, self._name, self._n_threads = content, name, n_threads
        self._session = _session(content, name, n_threads)
        self.about = about = _about(self._session, name)
        self.classes_: NDArray[Any] = np.array(about["classes"])
        self.sample_rate: float = about["sample_rate"]
        self.duration: float | None = about["duration"]

    def __getstate__(self) -> dict[str, Any]:
        return {"content": self._content, "name": self._name, "n_threads": self._n_threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._start(**state)

    def __repr__(self) -> str:
        return f"OnnxDetector({self._name!r})"

    def predict(self, X: Sequence[Any]) -> NDArray[Any]:
        """Name the class of every clip, by the threshold of the exported detector.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        labels : ndarray of shape (n_clips,)

        Raises
        ------
        AudioError
            If a clip cannot be read, or holds nothing but zeros.
        """
        names = [str(label) for label in self.classes_.tolist()]
        return self.classes_[[names.index(answer[2]) for answer in self._answers(X)]]

    def predict_proba(self, X: Sequence[Any]) -> NDArray[np.float64]:
        """Estimate the probability of every class.

        Parameters
        ----------
        X : sequence of clips
            As in `predict`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`.
        """
        return np.array([answer[0] for answer in self._answers(X)], dtype=np.float64)

    def decision_function(self, X: Sequence[Any]) -> NDArray[np.float64]:
        """Score clips: what the exported detector's own `decision_function` gave, or else log-odds.

        Parameters
        ----------
        X : sequence of clips
            As in `predict`.

        Returns
        -------
        scores : ndarray of shape (n_clips,) or (n_clips, n_classes)
            Of two classes one score, which rises towards ``classes_[1]``.
        """
        scores = np.array([answer[1] for answer in self._answers(X)], dtype=np.float64)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def answer(self, y: NDArray[np.float32], name: str = "waveform") -> Answer:
        """Say all there is to say of one waveform, which was read already.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), float32
            Mono, at `sample_rate`.
        name : str, default="waveform"
            What errors call it.

        Returns
        -------
        probability : ndarray of shape (n_classes,)
        score : ndarray of shape (1,), or (n_classes,) for more than two classes
        label : str
        remark : str

        Raises
        ------
        AudioError
            If there are too few samples.
        ValueError
            If the model cannot be run, or the score is not finite.
        """
        if len(y) < (shortest := self.about["min_samples"]):
            raise AudioError(f"{name}: expected at least {shortest} samples, got {len(y)}. Drop it.")
        try:
            probability, score, label, remark = self._session.run(ANSWERS, {INPUT: y})
        except Exception as error:  # onnxruntime has errors of its own
            why = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{name}: {self._name} cannot be run on {len(y)} samples of {y.dtype} ({why}). Is the file damaged?"
            ) from error
        if not (np.isfinite(probability).all() and np.isfinite(score).all()):
            raise ValueError(f"{name}: {self._name} gave a score that is not finite.")
        return probability, score, str(label.item()), str(remark.item())

    def remarks(self, X: Sequence[Any]) -> NDArray[np.str_]:
        """Say what keeps each clip from being judged, if the exported detector had a guard.

        Parameters
        ----------
        X : sequence of clips
            As in `predict`.

        Returns
        -------
        remarks : ndarray of shape (n_clips,), str
            "" where nothing does.
        """
        return np.array([answer[3] for answer in self._answers(X)], dtype=str)

    def verdict(self, X: Sequence[Any]) -> NDArray[np.str_]:
        """Name the class of every clip, or say why it has none.

        Parameters
        ----------
        X : sequence of clips
            As in `predict`.

        Returns
        -------
        verdicts : ndarray of shape (n_clips,), str
            The label, or the guard's remark where it has one.
        """
        return np.array([answer[3] or answer[2] for answer in self._answers(X)], dtype=str)

    def _answers(self, X: Any) -> list[Answer]:
        clips, is_table = _clips(X)
        return [self._answer(clip, clip_name(clip, i), is_table) for i, clip in enumerate(clips)]

    def _answer(self, clip: Any, name: str, is_table: bool) -> Answer:
        y = load_audio(clip, self.sample_rate, duration=self.duration, name=name)
        heard = part_heard(y, self.sample_rate, self.about["front_end_duration"])
        if not (heard.any() or is_table or self.about["takes_silence"]):
            raise AudioError(
                f"{name}: expected sound, got a silent clip (all {len(heard)} samples read are zero), which says"
                " nothing about a voice. Drop it."
            )
        return self.answer(y, name)


def _clips(X: Any) -> tuple[Sequence[Any], bool]:
    """Return the clips of X, and whether they are the rows of a table of samples."""
    refuse_one_clip(X, "OnnxDetector")
    if not len(X if hasattr(X, "__len__") else (X := list(X))):
        raise ValueError("expected one clip or more, got an empty sequence.")
    if not hasattr(X, "__array__"):
        return list(X), False
    array = np.asarray(X)
    if array.ndim == 2 and array.dtype.kind in "biuf":
        return list(array), True
    if array.ndim == 2 and array.shape[1] == 1:
        return list(array[:, 0]), False
    if array.ndim != 1 or array.dtype.kind in "biuf":
        raise ValueError(
            f"expected a sequence of clips, got an array of {array.dtype} of shape {array.shape}. Wrap a single"
            " waveform: [waveform]."
        )
    return list(array), False


def _session(content: bytes, name: str, n_threads: int | None) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            "running an exported detector needs onnxruntime: pip install onnxruntime, or 'skvoicefake[onnx]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if n_threads is not None:
        options.intra_op_num_threads = n_threads
    try:
        # From bytes: other files that a model may point to are not read.
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for every reason, and no base for them.
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{name}: no ONNX model that onnxruntime can run ({why}).") from error


def _about(session: Any, name: str) -> dict[str, Any]:
    """Return what the model says of itself, once it is clear that it is a detector of ours."""
    text = session.get_modelmeta().custom_metadata_map.get(KEY)
    if text is None:
        raise ValueError(
            f"{name}: an ONNX model, but none that skvoicefake.export wrote: it does not say what it takes."
        )
    try:
        about: dict[str, Any] = json.loads(text)
        found = about["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{name}: what it says of itself is damaged ({type(error).__name__}).") from error
    if found != FORMAT:
        raise ValueError(f"{name}: expected format {FORMAT}, got {found!r}: it is of another version of skvoicefake.")
    try:
        classes, rate, duration = about["classes"], about["sample_rate"], about["duration"]
        heard = about["front_end_duration"]
        inputs = [(value.name, value.type, len(value.shape)) for value in session.get_inputs()]
        outputs = tuple(value.name for value in session.get_outputs())
        is_sound = (
            inputs == [(INPUT, "tensor(float)", 1)]
            and outputs == OUTPUTS
            and len(classes) >= 2
            and len({str(label) for label in classes}) == len(classes)
            and all(isinstance(label, str | int | float) for label in classes)
            and MIN_RATE <= rate <= MAX_RATE
            and all(seconds is None or 0 < seconds <= MAX_DURATION for seconds in (duration, heard))
            and 0 < about["seconds"] <= MAX_DURATION
            and isinstance(about["min_samples"], int)
            and isinstance(about["takes_silence"], bool)
        )
    except (KeyError, TypeError):
        is_sound = False
    if not is_sound:
        raise ValueError(f"{name}: what it says of itself does not go together: changed since it was exported.")
    return about
