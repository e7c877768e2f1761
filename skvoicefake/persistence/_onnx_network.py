"""A fitted `CNNLSTMClassifier` as ONNX nodes: from a panel to log-odds.

Written node by node, since Keras' own export to ONNX (through tf2onnx) gives
models of these networks that cannot be run, and knows no crops.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._onnx_graph import Value

FLOOR = 1e-6  # of a variance, as in neural_network._pooling


def network_scores(panel: Value, classifier: Any) -> Value:
    """Return the logits of a panel (n_frames, n_coefficients), of shape (1,) for two classes, else (n_classes,)."""
    network = classifier._network
    parameters, layers = network.parameters, _Layers(classifier.model_)
    n_frames, _ = parameters["input_shape"]
    mean, scale = network.standardization()
    x = (panel.reshape(*classifier.panel_shape_).cast(np.float32) - mean) / scale
    # The crops of a clip are a batch.
    starts = np.array(classifier._crop_starts)[:, np.newaxis]
    standard = x.take(starts + np.arange(n_frames))
    x = standard.transpose(0, 2, 1)
    length = n_frames
    for _ in parameters["filters"]:
        x = _convolved(x, layers.next("Conv1D"))
        if parameters["batch_norm"]:
            x = _normalized(x, layers.next("BatchNormalization"))
        x, length = _pooled(x.apply("Relu"), parameters["pool_size"], length)
    x = x.transpose(2, 0, 1)  # time first, as ONNX has it
    if parameters["bidirectional"]:
        around = layers.next("Bidirectional")
        x, last = _lstm(x, [around.forward_layer, around.backward_layer])
    else:
        x, last = _lstm(x, [layers.next("LSTM")])
    if parameters["pooling"] == "last":
        x = last
    else:
        x = x.transpose(1, 0, 2)
        weights = None
        if parameters["pooling"] == "attention":
            hidden = _dense(x, layers.next("Dense"), "Tanh")
            weights = _dense(hidden, layers.next("Dense")).apply("Softmax", axis=1)
        x = panel.graph.join(*_moments(x, weights), axis=1)
    if parameters["statistics_branch"]:
        slopes = standard.part(1, axis=1) - standard.part(0, -1, axis=1)
        branch = panel.graph.join(*_moments(standard), _moments(slopes)[1], axis=1)
        standardize = layers.next("Standardize")
        branch = (branch - _array(standardize.mean)) / _array(standardize.scale)
        x = panel.graph.join(x, _dense(branch, layers.next("Dense"), "Relu"), axis=1)
    for _ in parameters["dense_units"]:
        x = _dense(x, layers.next("Dense"), "Relu")
    scores = _dense(x, layers.next("Dense"))
    return scores.mean(0).cast(np.float64)


class _Layers:
    """The layers of a Keras model, each kind in the order in which they were made."""

    def __init__(self, model: Any) -> None:
        self._kinds: dict[str, Iterator[Any]] = {}
        for kind in {type(layer).__name__ for layer in model.layers}:
            self._kinds[kind] = iter([layer for layer in model.layers if type(layer).__name__ == kind])

    def next(self, kind: str) -> Any:
        return next(self._kinds[kind])


def _array(variable: Any) -> NDArray[np.float32]:
    return np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable, dtype=np.float32)


def _convolved(x: Value, layer: Any) -> Value:
    kernel, bias = (_array(weight) for weight in layer.weights)
    size = len(kernel)
    of = x.graph
    before = (size - 1) // 2
    weights = of.constant(kernel.transpose(2, 1, 0))
    return of.op("Conv", x, weights, of.constant(bias), pads=[before, size - 1 - before])


def _normalized(x: Value, layer: Any) -> Value:
    gain = _array(layer.gamma) / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    shift = _array(layer.beta) - _array(layer.moving_mean) * gain
    return x * gain[:, np.newaxis] + shift[:, np.newaxis]


def _pooled(x: Value, size: int, length: int) -> tuple[Value, int]:
    """Return the maxima of so many frames, and how many there are."""
    n = -(-length // size)
    missing = n * size - length
    pads = [missing // 2, missing - missing // 2]
    return x.apply("MaxPool", kernel_shape=[size], strides=[size], pads=pads), n


def _lstm(x: Value, directions: list[Any]) -> tuple[Value, Value]:
    """Return the outputs (n_frames, n_crops, n_units) and the last ones (n_crops, n_units), directions side by side."""
    of, units = x.graph, directions[0].units
    kernels, recurrent, biases = [], [], []
    for layer in directions:
        kernel, recurrent_kernel, bias = (_array(weight) for weight in layer.cell.weights)
        kernels.append(_gates(kernel.T, units))
        recurrent.append(_gates(recurrent_kernel.T, units))
        biases.append(np.concatenate([_gates(bias, units), np.zeros(4 * units, dtype=np.float32)]))
    weights = [of.constant(np.stack(arrays)) for arrays in (kernels, recurrent, biases)]
    y, last = of.ops(
        "LSTM", 2, x, *weights, hidden_size=units, direction="bidirectional" if len(directions) == 2 else "forward"
    )
    n = len(directions) * units
    return y.transpose(0, 2, 1, 3).reshape(0, 0, n), last.transpose(1, 0, 2).reshape(-1, n)


def _gates(array: NDArray[np.float32], units: int) -> NDArray[np.float32]:
    """Put the gates in the order of ONNX: input, output, forget, cell; Keras has input, forget, cell, output."""
    i, f, c, o = (array[k * units : (k + 1) * units] for k in range(4))
    return np.concatenate([i, o, f, c])


def _dense(x: Value, layer: Any, activation: str | None = None) -> Value:
    x = x @ _array(layer.kernel)
    if layer.use_bias:
        x = x + _array(layer.bias)
    return x if activation is None else x.apply(activation)


def _moments(frames: Value, weights: Value | None = None) -> tuple[Value, Value]:
    """Return mean and standard deviation over time of (n_crops, n_frames, n_channels)."""

    def average(x: Value) -> Value:
        return x.mean(1, keepdims=True) if weights is None else (weights * x).sum(1, keepdims=True)

    mean = average(frames)
    off = frames - mean
    deviation = (average(off * off) + FLOOR).apply("Sqrt")
    n = -1
    return mean.reshape(0, n), deviation.reshape(0, n)
