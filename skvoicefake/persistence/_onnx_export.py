"""export: a fitted pipeline as one ONNX file, from waveforms to probabilities."""

import json
import os
import platform
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._onnx_detector import FORMAT, INPUT, KEY, OnnxDetector
from skvoicefake.persistence._onnx_verifying import verify, without_remarks

LIBRARIES = ("skvoicefake", "scikit-learn", "keras", "tensorflow", "numpy", "scipy", "onnx")
DOC = (
    "From a mono waveform at {rate:g} Hz, in [-1, 1], to the probabilities of {classes}, a score that rises towards"
    " the last of two classes, and the label."
)


def export(
    estimator: Any, path: str | os.PathLike[str], *, verify_on: Iterable[Any] | None = None, tolerance: float = 1e-4
) -> OnnxDetector:
    """Write a fitted detector as an ONNX file that needs no TensorFlow, Keras, librosa or scikit-learn to run.

    All of it is in the file: length, padding and level, the features, the
    network or whatever classifier, calibration and threshold. What goes in is
    a waveform, what comes out are probabilities, a score and a label.

    Parameters
    ----------
    estimator : classifier
        Fitted: a Pipeline that begins with `MFCCTransformer`,
        `LFCCTransformer`, `FilterBankTransformer` or
        `CepstralStatisticsTransformer`. Behind them there may be scalers, PCA,
        selectors and imputers of scikit-learn, and one of `CNNLSTMClassifier`,
        `GMMClassifier`, `LogisticRegression`, `SVC`, `ExtraTreesClassifier`,
        `RandomForestClassifier` and `TreesAndKernel`; around it or inside,
        `LLRCalibrator`, `CalibratedClassifierCV` (``method="sigmoid"``),
        `FixedThresholdClassifier`, `TunedThresholdClassifierCV`, a search,
        `AugmentedClassifier`, `FrozenEstimator` and `GuardedClassifier`; so
        `load_detector()` and a fitted `recommended_detector()`.
    path : path
        Where to write, a name that ends in ".onnx".
    verify_on : iterable of clips, default=None
        Clips of which probabilities, scores, labels and remarks by the file
        have to be those of the detector; where a guard gives no verdict, what
        it guards is asked all the same. None takes made-up sounds of several lengths and levels; some
        of the recordings that the detector is for are better.
    tolerance : float, default=1e-4
        By how much a probability may differ. A score may by ten times that,
        on the scale of probabilities, and a label where it is that near.

    Returns
    -------
    detector : OnnxDetector
        What was written, ready to score clips.

    Raises
    ------
    ImportError
        If onnx or onnxruntime is not installed.
    ValueError
        If the detector has a step or a parameter that cannot be exported, is
        not fitted or gives no probabilities, or if an answer differs by more
        than `tolerance` allows. Nothing is written then.

    See Also
    --------
    OnnxDetector : Runs such files.

    Notes
    -----
    The input is called "waveform" (float32, mono, any length, at the rate of
    the pipeline), the outputs "probability" (float32, a number a class),
    "score" (float32: the `decision_function`, or else log-odds; one number for
    two classes), "label" (a string) and "remark" (a string: why a guard gives
    no verdict; empty if it does, or there is none). Two more are the same for all clips:
    "classes" (strings, in the order of the probabilities) and "sample_rate"
    (in Hz). What else there is to know is JSON in the metadata of the file,
    under "skvoicefake".

    The nodes are those of opset 17; onnxruntime 1.19 and later run the file,
    also in browsers. Spectra are computed in double precision, the network in
    single precision.

    Trees ask whether a number is above another: where the two are as good as
    equal, rounding decides, and the file may differ from the detector by
    what one tree of the forest has to say. Raise `tolerance` for them, to
    2e-3 or so.

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
    ...     detector = skvoicefake.export(pipe, f"{folder}/detector.onnx", verify_on=clips)
    >>> bool(np.abs(detector.predict_proba(clips) - pipe.predict_proba(clips)).max() < 1e-4)
    True
    """
    path = Path(path)
    if path.suffix.lower() != ".onnx":
        raise ValueError(f"{path}: expected the name of a file that ends in .onnx.")
    for library in ("onnx", "onnxruntime"):
        try:
            __import__(library)
        except ImportError as error:
            raise ImportError(f"exporting a detector needs {library}: pip install 'skvoicefake[onnx]'.") from error
    if not hasattr(estimator, "classes_"):
        raise ValueError(f"export expected a fitted classifier, got a {type(estimator).__name__} that is not fitted.")
    model, about, limit, guarded = _model_of(estimator)
    clips = list(_sounds(about["sample_rate"], about["seconds"]) if verify_on is None else verify_on)
    if not clips:
        raise ValueError("verify_on holds no clips. Give some, or leave it out.")
    judge = guarded[-1][0] if about["has_guard"] else None
    difference, n_judged = verify(_started(model, about, path), estimator, clips, tolerance, limit, judge)
    if n_judged < len(clips):
        # Where the guard has a remark, nothing is seen of what it guards: the same once more, by guards that have none.
        other = without_remarks(estimator, guarded)
        model_of_other, about_other, *_ = _model_of(other)
        unguarded, _ = verify(_started(model_of_other, about_other, path), other, clips, tolerance, limit, None)
        difference = max(difference, unguarded)
    about["verified"] = {"n_clips": len(clips), "n_judged": n_judged, "largest_difference": difference}
    _put(model, about)
    content = model.SerializeToString()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return OnnxDetector(path)


def _started(model: Any, about: dict[str, Any], path: Path) -> OnnxDetector:
    _put(model, about)
    detector = OnnxDetector.__new__(OnnxDetector)
    detector._start(model.SerializeToString(), str(path), None)
    return detector


def _model_of(estimator: Any) -> tuple[Any, dict[str, Any], Any, list[tuple[Any, Any]]]:
    """Return the model, what it says of itself, the limit of its label, and what heeds a guard in it."""
    from skvoicefake.persistence._onnx_classifiers import answer_of
    from skvoicefake.persistence._onnx_graph import Graph
    from skvoicefake.persistence._onnx_guard import REMARKS

    graph = Graph()
    answer = answer_of(estimator, graph.input(INPUT, np.float32))
    if answer.probabilities is None:
        raise ValueError(
            f"{type(estimator).__name__} gives no probabilities, which the file is to give. Fit an LLRCalibrator around"
            " its classifier."
        )
    scores = answer.scores
    if scores is None:
        logs = answer.probabilities.maximum(np.finfo(np.float64).tiny).apply("Log")
        scores = logs.part(1) - logs.part(0, 1)
    classes = answer.classes.tolist()
    about = {
        "format": FORMAT,
        "classes": classes,
        **graph.facts,
        "rule": answer.rule,
        "has_guard": answer.remark is not None,
        "detector": " ".join(repr(estimator).split()),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
    }
    labels = graph.constant(np.array([str(label) for label in classes], dtype=object))
    remarks = graph.constant(np.array(REMARKS, dtype=object))
    n_scores = 1 if len(classes) == 2 else len(classes)
    model = graph.model(
        {INPUT: (np.float32, ["n_samples"])},
        {
            "probability": (answer.probabilities.cast(np.float32), [len(classes)]),
            "score": (scores.cast(np.float32), [n_scores]),
            "label": (labels.take(answer.index), [1]),
            "remark": (remarks.take(answer.remark or graph.integers(0)), [1]),
            "classes": (labels, [len(classes)]),
            "sample_rate": (graph.constant([about["sample_rate"]], np.float32), [1]),
        },
        DOC.format(rate=about["sample_rate"], classes=", ".join(map(str, classes))),
    )
    card = getattr(estimator, "card", None)
    if card is not None:
        about["card"] = card.content
    return model, about, answer.limit, graph.guarded


def _sounds(rate: float, seconds: float) -> Iterator[NDArray[np.float32]]:
    """Give made-up sounds, shorter and longer than what is heard, loud and faint, of full and of narrow band."""
    rng = np.random.default_rng(0)
    for length, level, slope in ((0.3, 0.1, 0), (1.0, 0.5, 1), (1.0, 0.01, 2), (1.6, 0.2, 1), (2.1, 0.9, 2)):
        n_samples = max(1, round(length * seconds * rate))
        time = np.arange(n_samples) / rate
        pitch = 120 + 40 * np.sin(2 * np.pi * 1.3 * time)
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        n_harmonics = int(min(30, rate / 2 / 160 - 1))
        voice = sum(np.sin(k * phase) / k ** (1 + slope / 2) for k in range(1, n_harmonics + 1))
        loudness = 0.2 + np.abs(np.sin(2 * np.pi * 2.1 * time + slope))
        breath = rng.normal(size=n_samples) * 10.0 ** (-slope)
        clip = (voice * loudness + breath) * (time < 0.9 * time[-1] + 1 / rate)
        yield (level * clip / np.abs(clip).max()).astype(np.float32)


def _put(model: Any, about: dict[str, Any]) -> None:
    """Write what a model says of itself."""
    from onnx import helper

    del model.metadata_props[:]
    helper.set_model_props(model, {KEY: json.dumps(about)})


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # tensorflow-cpu, say
            found[name] = "unknown"
    return found
