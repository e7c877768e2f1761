import keras
import numpy as np
import pytest
from scipy.special import expit
from sklearn.utils._testing import assert_allclose

from skvoicefake.neural_network import build_cnn_lstm
from skvoicefake.neural_network._layers import as_tensors, compile_forward

SMALL = {"filters": (4,), "kernel_size": 3, "lstm_units": 4, "dense_units": (4,)}


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def layer(model: keras.Model, kind: str) -> keras.layers.Layer:
    return next(layer for layer in model.layers if type(layer).__name__ == kind)


def test_the_layers_stand_in_the_documented_order():
    assert kinds(build_cnn_lstm((20, 3))) == [
        "InputLayer",
        "Normalization",
        "Conv1D",
        "Activation",
        "MaxPooling1D",
        "Dropout",
        "LSTM",
        "Dropout",
        "Dense",
        "Dense",
        "Activation",
    ]


def test_numbers_reach_their_layers():
    model = build_cnn_lstm(
        (20, 3), filters=(5, 7), kernel_size=3, pool_size=4, dropout=0.25, lstm_units=6, dense_units=(9, 8)
    )
    convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv1D)]
    assert [(x.filters, x.kernel_size) for x in convolutions] == [(5, (3,)), (7, (3,))]
    assert [x.pool_size for x in model.layers if isinstance(x, keras.layers.MaxPooling1D)] == [(4,), (4,)]
    assert [x.rate for x in model.layers if isinstance(x, keras.layers.Dropout)] == [0.25] * 3
    assert layer(model, "LSTM").units == 6
    assert [x.units for x in model.layers if isinstance(x, keras.layers.Dense)] == [9, 8, 1]


@pytest.mark.parametrize(
    ("n_classes", "width", "activation"), [(2, 1, "sigmoid"), (3, 3, "softmax"), (5, 5, "softmax")]
)
def test_output_fits_the_number_of_classes(n_classes, width, activation):
    model = build_cnn_lstm((20, 3), n_classes, **SMALL)
    assert model.output_shape == (None, width)
    assert model.layers[-1].activation.__name__ == activation


def test_channels_are_last_whatever_keras_says_of_images():
    expected = [layer.output.shape for layer in build_cnn_lstm((20, 3), **SMALL).layers]
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        model = build_cnn_lstm((20, 3), **SMALL)
    finally:
        keras.config.set_image_data_format(before)
    assert [layer.output.shape for layer in model.layers] == expected


def test_an_odd_number_of_frames_loses_none_to_pooling():
    model = build_cnn_lstm((5, 3), **SMALL, pool_size=2)
    assert layer(model, "MaxPooling1D").output.shape == (None, 3, 4)


def test_bidirectional_reads_both_ways():
    model = build_cnn_lstm((20, 3), **SMALL, bidirectional=True)
    both = layer(model, "Bidirectional")
    assert both.output.shape == (None, 8)
    assert both.backward_layer.go_backwards
    assert not both.forward_layer.go_backwards


def test_batch_norm_stands_between_convolution_and_rectifier():
    names = kinds(build_cnn_lstm((20, 3), **SMALL, batch_norm=True))
    assert names[names.index("BatchNormalization") - 1 :][:3] == ["Conv1D", "BatchNormalization", "Activation"]


def test_no_dense_units_leave_the_output_alone():
    assert kinds(build_cnn_lstm((20, 3), **(SMALL | {"dense_units": ()}))).count("Dense") == 1


@pytest.mark.parametrize("bidirectional", [False, True])
def test_same_seed_same_weights(bidirectional):
    first, again, other = (
        build_cnn_lstm((20, 3), **SMALL, bidirectional=bidirectional, seed=seed).get_weights() for seed in (3, 3, 4)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    kernels = [(a, b) for a, b in zip(first, other, strict=True) if a.ndim == 2]
    assert not any(np.array_equal(a, b) for a, b in kernels)


def test_layers_of_one_shape_start_from_different_weights():
    model = build_cnn_lstm((20, 3), **(SMALL | {"dense_units": (4, 4)}))
    first, second = [x.get_weights()[0] for x in model.layers if isinstance(x, keras.layers.Dense)][:2]
    assert not np.array_equal(first, second)


def test_the_seed_fixes_dropout_too():
    X = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
    first, again, other = (
        np.asarray(build_cnn_lstm((20, 3), **SMALL, dropout=0.5, seed=seed)(X, training=True)) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_building_leaves_global_random_states_alone(global_states):
    keras.random.normal((1,))
    before = global_states()
    assert before[-1] is not None
    build_cnn_lstm((20, 3), **SMALL, bidirectional=True, batch_norm=True)
    assert global_states() == before


def test_mean_and_variance_standardise_the_input():
    X = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
    mean, variance = np.array([10.0, -3, 0]), np.array([4.0, 0.25, 100])
    plain = build_cnn_lstm((20, 3), **SMALL)
    standardising = build_cnn_lstm((20, 3), **SMALL, mean=mean, variance=variance)
    raw = (X * np.sqrt(variance) + mean).astype(np.float32)
    assert_allclose(np.asarray(standardising(raw)), np.asarray(plain(X)), atol=1e-5)


def test_a_serialised_optimizer_is_taken():
    config = keras.optimizers.serialize(keras.optimizers.SGD(0.125, momentum=0.5))
    optimizer = build_cnn_lstm((20, 3), **SMALL, optimizer=config).optimizer
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert float(optimizer.learning_rate) == 0.125


def test_nothing_is_left_to_build_in_the_first_training_step():
    """Variables made in the first step would have it traced twice."""
    model = build_cnn_lstm((20, 3), **SMALL)
    before = {id(variable) for variable in model.variables}
    n_before = len(model.optimizer.variables), len(model.metrics_variables)
    model.fit(np.zeros((4, 20, 3), dtype=np.float32), np.array([0, 1, 0, 1], dtype=np.float32), verbose=0)
    assert {id(variable) for variable in model.variables} == before
    assert (len(model.optimizer.variables), len(model.metrics_variables)) == n_before


def test_without_an_optimizer_the_model_is_not_compiled():
    model = build_cnn_lstm((20, 3), **SMALL, optimizer=None)
    assert not model.compiled
    compiled = build_cnn_lstm((20, 3), **SMALL)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), compiled.get_weights(), strict=True))


def tensors_of(model: keras.Model, mean: object = (0, 0, 0), scale: object = (1, 1, 1)) -> list[object]:
    return as_tensors([np.array(mean, np.float32), np.array(scale, np.float32), *model.variables])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_clips", [1, 3])
def test_compiled_scores_are_the_models_log_odds(n_clips, n_classes):
    model = build_cnn_lstm((20, 3), n_classes, **SMALL)
    X = np.random.default_rng(0).normal(size=(n_clips, 20, 3)).astype(np.float32)
    scores = compile_forward(model, n_clips)(tensors_of(model), X)
    assert scores.shape == (n_clips, 1 if n_classes == 2 else n_classes)
    odds = np.exp(scores)
    expected = expit(scores) if n_classes == 2 else odds / odds.sum(axis=1, keepdims=True)
    assert_allclose(np.asarray(model(X)), expected, atol=1e-6)


@pytest.mark.parametrize("parameters", [{}, {"bidirectional": True, "batch_norm": True}])
def test_compiled_scores_are_those_of_the_numbers_put_in(parameters):
    X = np.random.default_rng(0).normal(size=(1, 20, 3)).astype(np.float32)
    numbers = {"mean": [1, -2, 3], "variance": [4, 0.25, 9]}
    one, other = (build_cnn_lstm((20, 3), **SMALL, **parameters, **kept) for kept in ({}, numbers | {"seed": 1}))
    forward = compile_forward(one, 1)
    tensors = tensors_of(other, mean=[1, -2, 3], scale=[2, 0.5, 3])
    assert_allclose(expit(forward(tensors, X)), np.asarray(other(X)), atol=1e-6)
    assert_allclose(expit(forward(tensors_of(one), X)), np.asarray(one(X)), atol=1e-6)


# ---------------------------------------------------------------------------
# Pooling over time, the statistics branch, the loss

OPTIONS = [
    {"pooling": "statistics"},
    {"pooling": "attention"},
    {"statistics_branch": True},
    {"pooling": "attention", "statistics_branch": 5, "bidirectional": True, "batch_norm": True},
]


def panel(n_clips=3):
    return np.random.default_rng(0).normal(size=(n_clips, 20, 3)).astype(np.float32)


def part(model: keras.Model, layer: keras.layers.Layer) -> np.ndarray:
    return np.asarray(keras.Model(model.input, layer.output)(panel()))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_statistics_of_all_outputs_go_on(bidirectional):
    model = build_cnn_lstm((20, 3), **SMALL, pooling="statistics", bidirectional=bidirectional)
    outputs = part(model, layer(model, "Bidirectional" if bidirectional else "LSTM"))
    assert outputs.shape == (3, 10, 8 if bidirectional else 4)
    expected = np.concatenate([outputs.mean(axis=1), outputs.std(axis=1)], axis=1)
    assert_allclose(part(model, layer(model, "Statistics")), expected, rtol=1e-3, atol=2e-3)


def test_attention_weighs_outputs_as_its_reference_says():
    model = build_cnn_lstm((20, 3), **SMALL, pooling="attention")
    outputs = part(model, layer(model, "LSTM"))
    hidden, energy = [x for x in model.layers if isinstance(x, keras.layers.Dense)][:2]
    (w, b), (v,) = hidden.get_weights(), energy.get_weights()
    e = np.exp(np.tanh(outputs @ w + b) @ v)
    alpha = e / e.sum(axis=1, keepdims=True)
    mean = (alpha * outputs).sum(axis=1)
    deviation = np.sqrt((alpha * outputs**2).sum(axis=1) - mean**2)
    expected = np.concatenate([mean, deviation], axis=1)
    assert_allclose(part(model, layer(model, "Statistics")), expected, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize(("branch", "units"), [(True, 64), (1, 1), (5, 5)])
def test_the_branch_takes_statistics_of_the_standardised_input(branch, units):
    numbers = {"mean": [1, -2, 3], "variance": [4, 0.25, 9]}
    model = build_cnn_lstm((20, 3), **SMALL, **numbers, statistics_branch=branch)
    x = (panel() - [1, -2, 3]) / [2, 0.5, 3]
    expected = np.concatenate([x.mean(axis=1), x.std(axis=1), np.diff(x, axis=1).std(axis=1)], axis=1)
    assert_allclose(part(model, layer(model, "Statistics")), expected, rtol=1e-4, atol=1e-5)
    assert layer(model, "Concatenate").output.shape == (None, 4 + units)


def test_numbers_standardise_the_branch():
    mean, variance = np.arange(9.0), np.linspace(1, 4, 9)
    model = build_cnn_lstm((20, 3), **SMALL, statistics_branch=5, branch_mean=mean, branch_variance=variance)
    expected = (part(model, layer(model, "Statistics")) - mean) / np.sqrt(variance)
    assert_allclose(part(model, layer(model, "Standardize")), expected, rtol=1e-5, atol=1e-6)
    assert not layer(model, "Standardize").trainable_variables


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("n_clips", [1, 3])
def test_compiled_scores_of_every_kind_are_the_models(options, n_clips):
    model = build_cnn_lstm((20, 3), **SMALL, **options)
    X = panel(n_clips)
    assert_allclose(expit(compile_forward(model, n_clips)(tensors_of(model), X)), np.asarray(model(X)), atol=1e-6)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_same_seed_same_network_of_every_kind(options):
    first, again, other = (
        np.asarray(build_cnn_lstm((20, 3), **SMALL, **options, dropout=0.5, seed=seed)(panel(), training=True))
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_saved_model_is_loaded_without_running_what_it_holds(options, tmp_path):
    model = build_cnn_lstm((20, 3), **SMALL, **options, label_smoothing=0.1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.array_equal(np.asarray(loaded(panel())), np.asarray(model(panel())))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_smoothing_spreads_labels_over_the_classes(n_classes):
    model = build_cnn_lstm((20, 3), n_classes, **SMALL, label_smoothing=0.3)
    p = np.asarray(model(panel())).astype(np.float64)
    p = np.column_stack([1 - p, p]) if n_classes == 2 else p
    truth = np.array([0, 1, n_classes - 1])
    smoothed = 0.7 * np.eye(n_classes)[truth] + 0.3 / n_classes
    expected = -(smoothed * np.log(p)).sum(axis=1).mean()
    y = truth[:, np.newaxis] if n_classes == 2 else np.eye(n_classes)[truth]
    loss, accuracy = model.evaluate(panel(), y.astype(np.float32), verbose=0)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx((p.argmax(axis=1) == truth).mean())


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_weights_decay_apart_from_the_gradient_and_biases_do_not(optimizer):
    config = {"class_name": optimizer, "config": {"learning_rate": 0.1, "weight_decay": 0.5}}
    model = build_cnn_lstm((20, 3), **SMALL, batch_norm=True, optimizer=config)
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))
    # Gradients of zero, so that nothing but decay moves a weight.
    model.optimizer.apply([keras.ops.zeros(variable.shape) for variable in model.trainable_variables])
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in model.trainable_variables]
    assert {value.ndim for value in values} == {1, 2, 3}
    for value in values:
        assert_allclose(value, 0.95 if value.ndim > 1 else 1.0, rtol=1e-5)
