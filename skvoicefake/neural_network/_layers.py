"""Shapes and numbers in, a compiled Keras model out. The only file that asks which backend Keras runs on."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import initializers, layers
from numpy.typing import ArrayLike, NDArray

from skvoicefake.neural_network._pooling import Standardize, Statistics

BRANCH_UNITS = 64
ATTENTION_UNITS = 64

Forward = Callable[[Sequence[Any], NDArray[np.float32]], NDArray[np.float32]]


def build_cnn_lstm(
    input_shape: tuple[int, int],
    n_classes: int = 2,
    *,
    filters: Sequence[int] = (64,),
    kernel_size: int = 5,
    pool_size: int = 2,
    dropout: float = 0.3,
    lstm_units: int = 64,
    bidirectional: bool = False,
    dense_units: Sequence[int] = (64,),
    batch_norm: bool = False,
    pooling: str = "last",
    statistics_branch: bool | int = False,
    label_smoothing: float = 0.0,
    mean: ArrayLike = 0.0,
    variance: ArrayLike = 1.0,
    branch_mean: ArrayLike = 0.0,
    branch_variance: ArrayLike = 1.0,
    optimizer: str | dict[str, Any] | None = "adam",
    seed: int = 0,
) -> keras.Model:
    """Build and compile the network: (Conv1D, max pooling, dropout) a block, LSTM, dense layers, output.

    Parameters
    ----------
    input_shape : (int, int)
        Frames and coefficients of a clip.
    n_classes : int, default=2
        Two classes get one sigmoid output, more a softmax.
    filters : sequence of int, default=(64,)
        Filters of every convolution block.
    kernel_size, pool_size : int, default=5, 2
        Frames that a filter sees, and that pooling joins.
    dropout : float, default=0.3
        Share of activations dropped after every pooling, and after the LSTM.
    lstm_units : int, default=64
        Units of the LSTM (of each direction, if bidirectional).
    bidirectional : bool, default=False
        Read the clip in both directions.
    dense_units : sequence of int, default=(64,)
        Units of the dense layers before the output.
    batch_norm : bool, default=False
        Normalise activations between convolution and rectifier.
    pooling : {"last", "statistics", "attention"}, default="last"
        What goes on from the LSTM: its last output; mean and standard
        deviation of its outputs over time; or these weighted by a learned
        attention [1]_.
    statistics_branch : bool or int, default=False
        Join the LSTM's output with statistics of the standardised input over
        time, through a dense layer of so many units (True: 64).
    label_smoothing : float, default=0.0
        Share of every label that the loss spreads over all classes. With it,
        three classes or more take one-hot targets.
    mean, variance : array-like of shape (n_coefficients,) or float
        Standardise the input with these.
    branch_mean, branch_variance : array-like of shape (3 * n_coefficients,) or float
        Standardise what goes into the statistics branch with these.
    optimizer : str, dict or None, default="adam"
        Name of a Keras optimizer, or its serialized form. None leaves the
        model uncompiled.
    seed : int, default=0
        Fixes initial weights and dropout.

    Returns
    -------
    model : keras.Model
        From (n_clips, n_frames, n_coefficients) to probabilities. The layer
        before the last, "score", gives log-odds (logits).

    References
    ----------
    .. [1] K. Okabe, T. Koshinaka, K. Shinoda, "Attentive statistics pooling
       for deep speaker embedding", Interspeech 2018.

    Examples
    --------
    >>> from skvoicefake.neural_network import build_cnn_lstm
    >>> model = build_cnn_lstm((301, 40))
    >>> model.output_shape
    (None, 1)
    """
    seeds = iter(np.random.RandomState(seed).randint(2**31 - 1, size=4 * len(filters) + len(dense_units) + 16).tolist())
    n_coefficients = input_shape[1]
    sequences = pooling != "last"
    axes = "channels_last"  # Whatever keras.config says of images.

    def kernel() -> initializers.Initializer:
        return initializers.GlorotUniform(seed=next(seeds))

    def lstm(go_backwards: bool = False) -> layers.Layer:
        recurrent = initializers.Orthogonal(seed=next(seeds))
        return layers.LSTM(
            lstm_units,
            kernel_initializer=kernel(),
            recurrent_initializer=recurrent,
            go_backwards=go_backwards,
            return_sequences=sequences,
            seed=next(seeds),
        )

    inputs, x = panel_input(input_shape, mean, variance)
    panel = x
    for n_filters in filters:
        x = layers.Conv1D(n_filters, kernel_size, padding="same", kernel_initializer=kernel(), data_format=axes)(x)
        if batch_norm:
            x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling1D(pool_size, padding="same", data_format=axes)(x)
        x = layers.Dropout(dropout, seed=next(seeds))(x)
    x = layers.Bidirectional(lstm(), backward_layer=lstm(go_backwards=True))(x) if bidirectional else lstm()(x)
    if pooling == "attention":
        # A scalar a frame, v . tanh(W h + b), as in the reference; its constant k would fall out of the softmax.
        hidden = layers.Dense(ATTENTION_UNITS, activation="tanh", kernel_initializer=kernel())(x)
        energies = layers.Dense(1, use_bias=False, kernel_initializer=kernel())(hidden)
        x = Statistics()(x, weights=layers.Softmax(axis=1)(energies))
    elif pooling == "statistics":
        x = Statistics()(x)
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    if statistics_branch:
        units = BRANCH_UNITS if statistics_branch is True else statistics_branch
        standardize = Standardize(name="standardize_branch")
        branch = standardize(Statistics(slopes=True)(panel))
        standardize.mean.assign(np.broadcast_to(branch_mean, 3 * n_coefficients))
        standardize.scale.assign(np.sqrt(np.broadcast_to(branch_variance, 3 * n_coefficients)))
        branch = layers.Dense(units, activation="relu", kernel_initializer=kernel())(branch)
        x = layers.Concatenate()([x, layers.Dropout(dropout, seed=next(seeds))(branch)])
    for units in dense_units:
        x = layers.Dense(units, activation="relu", kernel_initializer=kernel())(x)
    return classifier(inputs, x, n_classes, kernel(), optimizer, label_smoothing)


def panel_input(input_shape: tuple[int, int], mean: ArrayLike, variance: ArrayLike) -> tuple[Any, Any]:
    """Return the input of a network, frames and coefficients of a clip, and that standardised."""
    n_coefficients = input_shape[1]
    inputs = keras.Input(input_shape, name="panel")
    standardize = layers.Normalization(
        axis=-1,
        mean=np.broadcast_to(mean, n_coefficients).astype(np.float32),
        variance=np.broadcast_to(variance, n_coefficients).astype(np.float32),
        name="standardize",
    )
    return inputs, standardize(inputs)


def classifier(
    inputs: Any,
    x: Any,
    n_classes: int,
    kernel: initializers.Initializer,
    optimizer: str | dict[str, Any] | None,
    label_smoothing: float = 0.0,
) -> keras.Model:
    """Put the output behind the layers, and compile the model where there is an optimizer.

    Whatever lies between: the layer "score" gives what `compile_forward` looks for.
    """
    is_binary = n_classes == 2
    x = layers.Dense(1 if is_binary else n_classes, kernel_initializer=kernel, name="score")(x)
    model = keras.Model(inputs, layers.Activation("sigmoid" if is_binary else "softmax", name="probability")(x))
    if optimizer is None:
        return model
    model.compile(
        # A copy, as Keras writes objects into what it is given.
        optimizer=keras.optimizers.get(copy.deepcopy(optimizer)),
        loss=_loss(is_binary, label_smoothing),
        metrics=["accuracy"],
        # TensorFlow's XLA makes training three times slower on a CPU; JAX has nothing else.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    # Variables of optimizer and metrics that only the first training step made would have TensorFlow
    # trace that step twice, which takes seconds, and memory that it never frees.
    if model.optimizer.weight_decay:
        # Not of biases, nor of what normalisation scales and shifts with.
        model.optimizer.exclude_from_weight_decay([v for v in model.trainable_variables if len(v.shape) < 2])
    model.optimizer.build(model.trainable_variables)
    one_clip = keras.ops.zeros((1, *model.output_shape[1:]))
    model.compute_metrics(None, one_clip if label_smoothing and not is_binary else one_clip[:, 0], one_clip)
    model.reset_metrics()
    return model


def _loss(is_binary: bool, label_smoothing: float) -> str | keras.losses.Loss:
    if not label_smoothing:
        return "binary_crossentropy" if is_binary else "sparse_categorical_crossentropy"
    # Keras' loss of class numbers knows no smoothing.
    loss = keras.losses.BinaryCrossentropy if is_binary else keras.losses.CategoricalCrossentropy
    return loss(label_smoothing=label_smoothing)


def set_learning_rate(model: keras.Model, rate: float) -> None:
    """Change the learning rate, between two steps of training too."""
    if keras.backend.backend() == "jax":
        # Keras keeps all variables out of the model while it trains there.
        model.jax_state_sync()
    model.optimizer.learning_rate = rate


def compile_forward(model: keras.Model, n_clips: int) -> Forward:
    """Return a fast function from tensors and a batch of so many clips to scores (logits).

    The tensors are what the input is standardised with, mean and scale, and
    the variables of the model; its own do not count. So one compilation serves
    all networks of one shape. ``model.predict`` costs tens of milliseconds a
    call, whatever the batch.
    """
    scores = keras.Model(model.input, model.get_layer("score").output)

    def call(tensors: Any, batch: Any) -> Any:
        mean, scale, *values = tensors
        with keras.StatelessScope(state_mapping=list(zip(model.variables, values, strict=True))):
            return scores((batch - mean) / scale, training=False)

    if keras.backend.backend() == "jax":
        import jax

        compiled = jax.jit(call)
        return lambda tensors, batch: np.asarray(compiled(tensors, batch))
    if keras.backend.backend() != "tensorflow":
        return lambda tensors, batch: keras.ops.convert_to_numpy(call(tensors, keras.ops.convert_to_tensor(batch)))
    import tensorflow as tf

    row = tf.TensorSpec(model.input_shape[-1:], tf.float32)
    specification = [row, row, *(tf.TensorSpec(variable.shape, variable.dtype) for variable in model.variables)]
    batch_shape = (n_clips, *model.input_shape[1:])

    def compile_with(**options: bool) -> Any:
        # A concrete function, since calls through tf.function itself cost more.
        return tf.function(call, autograph=False, **options).get_concrete_function(
            specification, tf.TensorSpec(batch_shape, tf.float32)
        )

    if n_clips > 1:
        compiled = compile_with()
    else:
        # XLA is three times quicker for one clip, but compiles for longer, and its code is never freed.
        try:
            compiled = compile_with(jit_compile=True)
            compiled([tf.zeros(one.shape, one.dtype) for one in specification], tf.zeros(batch_shape))
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, tf.errors.NotFoundError):
            # Not every platform's TensorFlow has XLA.
            compiled = compile_with()
    return lambda tensors, batch: compiled(tensors, tf.constant(batch)).numpy()


def as_tensors(values: Sequence[Any]) -> list[Any]:
    """Return arrays or variables as what a compiled function takes without a further copy."""
    return [keras.ops.convert_to_tensor(value) for value in values]
