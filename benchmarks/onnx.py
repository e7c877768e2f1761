"""What does an exported detector save, from a cold start and clip by clip? Beside the pipeline and Keras' own predict.

Run it as ``python -m benchmarks.onnx``. With ``--edge PYTHON``, cold starts are also measured with another interpreter,
such as one of an environment without TensorFlow.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import soundfile

from benchmarks._harness import interleave, main, rows_of

RATE, SECONDS = 16_000, 3.0


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=30, help="times that a clip is scored (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=7, help="cold starts (default: %(default)s)")
    parser.add_argument("--edge", metavar="PYTHON", help="an interpreter with skvoicefake and little else")


def measure(results, args):
    from sklearn.pipeline import make_pipeline

    from skvoicefake import CNNLSTMClassifier, MFCCTransformer, export

    rng = np.random.default_rng(0)
    clips = [(0.1 * np.cumsum(rng.normal(size=int(SECONDS * RATE))) / 300).astype(np.float32) for _ in range(8)]
    network = CNNLSTMClassifier(epochs=1, early_stopping=False, random_state=0)
    pipeline = make_pipeline(MFCCTransformer(), network).fit(clips, ["fake", "real"] * 4)
    with tempfile.TemporaryDirectory() as folder:
        path, pickled, wav = (Path(folder, name) for name in ("detector.onnx", "pipeline.joblib", "clip.wav"))
        detector = export(pipeline, path, verify_on=clips)
        joblib.dump(pipeline, pickled)
        soundfile.write(wav, clips[0], RATE, subtype="PCM_16")
        print(f"{path.stat().st_size / 1e6:.2f} MB; a probability differs by at most", end=" ")
        print(f"{detector.about['verified']['largest_difference']:.1e}")
        _latencies(results, args, pipeline, detector, clips[:1])
        _starts(results, args, [path, pickled], wav)


def _latencies(results, args, pipeline, detector, clip):
    mfcc, model = pipeline[0], pipeline[-1].model_
    ways = {
        "MFCCTransformer, model.predict (Keras)": lambda: model.predict(mfcc.transform(clip), verbose=0),
        "MFCCTransformer, model(x) (Keras)": lambda: np.asarray(model(mfcc.transform(clip))),
        "pipeline.predict_proba": lambda: pipeline.predict_proba(clip),
        "OnnxDetector.predict_proba": lambda: detector.predict_proba(clip),
    }
    seconds = interleave(ways, repeats=args.repeats, warmups=2)
    keras, called, ours, exported = seconds.values()
    results.table(f"One clip of {SECONDS:g} s", rows_of(seconds, reference="MFCCTransformer, model.predict (Keras)"))
    results.ratio("Keras' predict / exported", keras, exported, at_least=5)
    results.ratio("Keras' model(x) / exported", called, exported, at_least=5)
    results.ratio("pipeline.predict_proba / exported", ours, exported)


def _starts(results, args, detectors, wav):
    """Measure the whole of `skvoicefake predict`: from the start of the process to the row."""
    ways = {path.name: [sys.executable, path] for path in detectors}
    if args.edge:
        ways["detector.onnx, at the edge"] = [args.edge, detectors[0]]
    seconds, busy = ({name: [] for name in ways} for _ in range(2))
    for turn in range(args.starts + 1):  # the first compiles bytecode
        for name, (python, path) in ways.items():
            start, before = time.perf_counter(), os.times()
            command = [python, "-m", "skvoicefake", "predict", path, wav]
            subprocess.run(command, capture_output=True, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
            if turn:
                seconds[name].append(time.perf_counter() - start)
                after = os.times()
                busy[name].append(sum(after[2:4]) - sum(before[2:4]))
    seconds = {name: np.array(values) for name, values in seconds.items()}
    rows = rows_of(seconds, unit="ms", reference="pipeline.joblib")
    for row, values in zip(rows, busy.values(), strict=True):
        row["of the processor"] = f"{1e3 * np.median(values):.3g}"
    results.table("A fresh process, to the row", rows)
    for what, values in (("", seconds["detector.onnx"]), (", of the processor", busy["detector.onnx"])):
        low, high = min(values), max(values)
        results.figure(f"cold start{what}", np.median(values), low=low, high=high, unit="s", at_most=1)
    results.ratio("cold start, pipeline.joblib / exported", seconds["pipeline.joblib"], seconds["detector.onnx"])


if __name__ == "__main__":
    main(__name__)
