"""How long does one clip take to score? ``predict_proba`` beside Keras' own ways, interleaved in one run."""

import numpy as np

from benchmarks._harness import interleave, main, rows_of

N_FRAMES, N_COEFFICIENTS = 301, 40


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=50, help="times that every way is taken (50)")


def measure(results, args):
    from sklearn.base import clone

    from skvoicefake import CNNLSTMClassifier

    X = np.random.default_rng(0).standard_normal((64, N_FRAMES, N_COEFFICIENTS), dtype=np.float32)
    clf = CNNLSTMClassifier(epochs=1, early_stopping=False, random_state=0).fit(X, np.arange(64) % 2)
    clip = X[:1]
    model = clone(clf).fit(X, np.arange(64) % 2).model_
    clf.predict_proba(clip)
    network = clf._network
    ways = {
        "model.predict (Keras)": lambda: model.predict(clip, verbose=0),
        "model(x) (Keras)": lambda: np.asarray(model(clip)),
        "model.predict_on_batch (Keras)": lambda: model.predict_on_batch(clip),
        "predict_proba (skvoicefake)": lambda: clf.predict_proba(clip),
        "the compiled network alone": lambda: network.scores(clip),
    }
    seconds = interleave(ways, repeats=args.repeats, warmups=2)
    results.table(
        f"One clip of {N_FRAMES} x {N_COEFFICIENTS}", rows_of(seconds, reference="predict_proba (skvoicefake)")
    )
    ours = seconds["predict_proba (skvoicefake)"]
    results.figure("predict_proba of one clip", 1e3 * np.median(ours), unit="ms", at_most=5)
    results.ratio("Keras' predict / predict_proba", seconds["model.predict (Keras)"], ours, at_least=20)


if __name__ == "__main__":
    main(__name__)
