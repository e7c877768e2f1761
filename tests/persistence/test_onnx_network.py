import numpy as np
import onnxruntime
import pytest

from skvoicefake import CNNLSTMClassifier
from skvoicefake.neural_network._batches import crop_starts
from skvoicefake.neural_network._network import Network
from skvoicefake.neural_network._parameters import architecture
from skvoicefake.persistence._onnx_graph import Graph
from skvoicefake.persistence._onnx_network import network_scores

SHAPE = (30, 3)  # of a clip


def random_classifier(n_classes=2, **parameters):
    """Return a classifier that passes for a fitted one: none of its weights is what a new network has."""
    rng = np.random.default_rng(0)
    classifier = CNNLSTMClassifier(**{"filters": 4, "lstm_units": 5, "dense_units": 6, **parameters})
    layers = architecture(classifier, SHAPE)
    network = Network(n_classes=n_classes, **layers, mean=rng.normal(size=3), variance=np.array([0.5, 2, 3]))
    # Variances and scales are above zero; the states of dropout are whole numbers.
    network._values = [
        value if value.dtype.kind != "f" else rng.uniform(0.2, 0.8, value.shape).astype(np.float32) * sign
        for value in network.values
        for sign in [rng.choice([-1, 1], value.shape) if value.ndim > 1 else 1]
    ]
    classifier.classes_, classifier.panel_shape_ = np.arange(n_classes), SHAPE
    classifier._network = network
    classifier._crop_starts = crop_starts(SHAPE[0], layers["input_shape"][0], classifier.n_crops)
    return classifier


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_classes": 3},
        {"filters": (4, 5), "kernel_size": 4, "pool_size": 4, "dense_units": ()},
        {"bidirectional": True, "batch_norm": True, "pool_size": 3},
        {"pooling": "statistics", "statistics_branch": 3, "crop_frames": 13, "n_crops": 1},
        {"pooling": "attention", "bidirectional": True, "crop_frames": 20, "n_crops": 3, "dense_units": (6, 2)},
    ],
    ids=str,
)
def test_scores_are_those_of_the_network(parameters):
    classifier = random_classifier(**parameters)
    graph = Graph()
    scores = network_scores(graph.input("panel", np.float32), classifier)
    model = graph.model({"panel": (np.float32, list(SHAPE))}, {"scores": (scores, ["n"])}, "")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    panel = np.random.default_rng(1).normal(size=(9, *SHAPE)).astype(np.float32)
    found = np.array([session.run(None, {"panel": clip})[0] for clip in panel])
    expected = classifier.decision_function(panel)
    assert np.ptp(expected, axis=0).min() > 1e-3
    np.testing.assert_allclose(found[:, 0] if expected.ndim == 1 else found, expected, rtol=1e-5, atol=1e-5)
