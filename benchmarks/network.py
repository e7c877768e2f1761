"""What does the classifier cost beside Keras alone? The same layers, trained and asked by hand, in one run.

With JAX installed, the same work on Keras' JAX backend is timed beside it, each in processes of its own.
"""

import importlib.util
import json
import os
import subprocess
import sys
import time

import numpy as np

from benchmarks._harness import interleave, main, rows_of

N_FRAMES, N_COEFFICIENTS = 301, 40
BACKENDS = ("tensorflow", "jax")


def add_arguments(parser):
    parser.add_argument("--n-clips", type=int, default=320, help="clips to train on (320)")
    parser.add_argument("--n-scored", type=int, default=2000, help="clips to score (2000)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of a fit (5)")
    parser.add_argument("--repeats", type=int, default=3, help="times that every way is taken (3)")
    parser.add_argument("--child", action="store_true", help="time one backend, and print JSON")


def data(n_clips, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_clips) % 2
    X = rng.standard_normal((n_clips, N_FRAMES, N_COEFFICIENTS), dtype=np.float32)
    X[:, :, 0] += 0.3 * y[:, np.newaxis]
    return X, y


def by_hand(mean, variance, *, shape=(N_FRAMES, N_COEFFICIENTS)):
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Normalization(mean=np.broadcast_to(mean, shape[1]), variance=np.broadcast_to(variance, shape[1])),
            layers.Conv1D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2, padding="same"),
            layers.Dropout(0.3),
            layers.LSTM(64),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    # As the classifier does: XLA makes TensorFlow's training three times slower on a CPU.
    jit = False if keras.backend.backend() == "tensorflow" else "auto"
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], jit_compile=jit)
    return model


def measure(results, args):
    if args.child:
        print("JSON" + json.dumps(seconds_of_backend(args)))
        return
    from skvoicefake import CNNLSTMClassifier

    X, y = data(args.n_clips)
    mean, variance = X.mean(axis=(0, 1)), X.var(axis=(0, 1))
    clf = CNNLSTMClassifier(epochs=args.epochs, early_stopping=False, random_state=0)
    traced, stopped = by_hand(mean, variance), by_hand(mean, variance)
    split = args.n_clips // 10
    stopping = CNNLSTMClassifier(epochs=args.epochs, n_iter_no_change=args.epochs, random_state=0)

    def train(model, **options):
        model.fit(X, y, batch_size=32, epochs=args.epochs, verbose=0, **options)

    def train_with_validation():
        import keras

        callback = keras.callbacks.EarlyStopping("val_loss", patience=args.epochs, restore_best_weights=True)
        stopped.fit(
            X[split:],
            y[split:],
            validation_data=(X[:split], y[:split]),
            batch_size=32,
            epochs=args.epochs,
            verbose=0,
            callbacks=[callback],
        )

    ways = {
        "model.fit, new model": lambda: train(by_hand(mean, variance)),
        "model.fit, model traced before": lambda: train(traced),
        "CNNLSTMClassifier.fit": lambda: clf.fit(X, y),
        "model.fit, traced before, early stopping": train_with_validation,
        "CNNLSTMClassifier.fit, early stopping": lambda: stopping.fit(X, y),
    }
    seconds = interleave(ways, repeats=args.repeats)
    results.table(
        f"fit: {args.n_clips} clips of {N_FRAMES} x {N_COEFFICIENTS}, {args.epochs} epochs",
        rows_of(seconds, unit="s", reference="model.fit, model traced before"),
    )
    fit = seconds["CNNLSTMClassifier.fit"]
    results.ratio("fit / model.fit of a new model", fit, seconds["model.fit, new model"], at_most=1.05)
    results.ratio("fit / model.fit of a traced model", fit, seconds["model.fit, model traced before"], at_most=1.05)
    results.ratio(
        "the same, early stopping",
        seconds["CNNLSTMClassifier.fit, early stopping"],
        seconds["model.fit, traced before, early stopping"],
        at_most=1.05,
    )

    many, _ = data(args.n_scored, seed=1)

    def loop(size):
        return np.concatenate([traced.predict_on_batch(many[i : i + size]) for i in range(0, len(many), size)])

    ways = {
        "predict_on_batch, 64 at a time": lambda: loop(64),
        "predict_on_batch, 256 at a time": lambda: loop(256),
        "model.predict": lambda: traced.predict(many, verbose=0),
        "predict_proba": lambda: clf.predict_proba(many),
    }
    seconds = interleave(ways, repeats=args.repeats)
    results.table(
        f"scores of {args.n_scored} clips",
        rows_of(seconds, per=args.n_scored, unit="us", reference="predict_on_batch, 64 at a time"),
    )
    results.ratio(
        "speed of predict_proba, of a loop of predict_on_batch",
        seconds["predict_on_batch, 64 at a time"],
        seconds["predict_proba"],
        at_least=0.9,
    )
    if importlib.util.find_spec("jax") is None:
        print("\nJAX is not installed: its backend is not timed.")
    else:
        compare_backends(results, args)


def seconds_of_backend(args):
    from skvoicefake import CNNLSTMClassifier

    X, y = data(args.n_clips)
    clf = CNNLSTMClassifier(epochs=2, early_stopping=False, random_state=0)
    start = time.perf_counter()
    clf.fit(X[:64], y[:64])
    found = {"first fit (64 clips)": time.perf_counter() - start}
    n_steps = 2 * -(-args.n_clips // 32)
    ways = {
        "step of training": lambda: clf.fit(X, y),
        "64 clips": lambda: clf.predict_proba(X[:64]),
        "1 clip": lambda: clf.predict_proba(X[:1]),
    }
    seconds = {**interleave({"step of training": ways.pop("step of training")}, repeats=1, warmups=0)}
    seconds["step of training"] /= n_steps
    seconds.update(interleave(ways, repeats=30, warmups=2))
    return found | {name: float(np.median(values)) for name, values in seconds.items()}


def compare_backends(results, args):
    """Run a process a backend in turns."""
    runs = {backend: [] for backend in BACKENDS}
    command = [sys.executable, "-m", "benchmarks.network", "--child", "--n-clips", str(args.n_clips)]
    for _ in range(args.repeats):
        for backend in BACKENDS:
            environment = os.environ | {"KERAS_BACKEND": backend}
            run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            line = next(line for line in run.stdout.splitlines() if line.startswith("JSON"))
            runs[backend].append(json.loads(line[4:]))
    rows = []
    for name in runs["jax"][0]:
        tensorflow, jax = (np.array([run[name] for run in runs[backend]]) for backend in BACKENDS)
        results.ratio(f"JAX: {name}, TensorFlow / JAX", tensorflow, jax)
        ms = [f"{1e3 * np.median(values):.3g}" for values in (tensorflow, jax)]
        ratio = f"{np.median(tensorflow) / np.median(jax):.2f}"
        rows.append({"": name, "TensorFlow (ms)": ms[0], "JAX (ms)": ms[1], "ratio": ratio})
    results.table("The two backends of Keras", rows)


if __name__ == "__main__":
    main(__name__)
