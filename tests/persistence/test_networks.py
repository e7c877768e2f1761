import json

import keras
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skvoicefake import CNNLSTMClassifier, load, save
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.neural_network import build_cnn_lstm
from skvoicefake.neural_network._batches import crop_starts
from skvoicefake.neural_network._network import Network, optimizer_config, values_of
from skvoicefake.neural_network._parameters import architecture
from skvoicefake.persistence import UnsafeFileError
from skvoicefake.persistence._networks import checked_optimizer, shapes

SMALL = {"filters": 4, "kernel_size": 3, "lstm_units": 3, "dense_units": 5, "epochs": 1, "random_state": 0}
PANEL = np.random.default_rng(0).normal(size=(12, 16, 3)).astype(np.float32)
LABELS = np.repeat(["fake", "real"], 6)
OPTIONS = [
    {},
    {"filters": (4, 6), "dense_units": (), "batch_norm": True, "statistics_branch": False},
    {"pooling": "statistics", "bidirectional": True, "dense_units": (3, 2), "statistics_branch": 0},
    {"statistics_branch": True, "label_smoothing": 0.1},
    {"statistics_branch": 7, "pooling": "attention", "bidirectional": True, "batch_norm": True, "filters": (4, 4)},
    {"crop_frames": 8, "n_crops": 3, "spec_augment": (1, 2), "optimizer": "adamw", "weight_decay": 0.01},
]


def name_of(options):
    return "-".join(options) or "usual"


def with_random_weights(n_classes=2, **options):
    """Return a classifier as `fit` leaves it, but for what it has learned."""
    clf = CNNLSTMClassifier(**(SMALL | options))
    layers = architecture(clf, PANEL.shape[1:])
    numbers = {"mean": PANEL.mean(axis=(0, 1)), "variance": PANEL.var(axis=(0, 1))}
    clf._network = Network(
        n_classes=n_classes, **layers, **numbers, optimizer=optimizer_config(clf.optimizer, 0.01), seed=3
    )
    clf.classes_ = np.array(["fake", "real", "other"][:n_classes])
    clf.panel_shape_ = PANEL.shape[1:]
    clf._crop_starts = crop_starts(16, layers["input_shape"][0], clf.n_crops)
    return clf


@pytest.mark.parametrize("options", OPTIONS, ids=name_of)
def test_every_option(check_same, options):
    check_same(with_random_weights(**options), PANEL)


def test_more_classes(check_same):
    check_same(with_random_weights(n_classes=3), PANEL)


EVERY = [
    {"pooling": pooling, "bidirectional": both, "statistics_branch": branch, "batch_norm": both, "filters": filters}
    for pooling in ("last", "statistics", "attention")
    for both, filters in ((False, 4), (True, (4, 6)))
    for branch in (0, 7)
]


@pytest.mark.parametrize("options", EVERY, ids=lambda options: "-".join(map(str, options.values())))
def test_names_are_in_the_order_of_keras_variables(options):
    """By which a weight gets its name: of the same layer, the same part and the same shape."""
    parameters = {"n_classes": 2} | architecture(CNNLSTMClassifier(**(SMALL | options)), (16, 3))
    variables = build_cnn_lstm(**parameters | {"optimizer": None}).variables
    ours = list(shapes(parameters))
    assert [shape for _, shape, _ in ours] == [tuple(variable.shape) for variable in variables]
    parts = {"vector": "kernel", "seed": "seed_generator_state"}
    assert [parts.get(part := name.rpartition(".")[2], part) for name, _, _ in ours] == [
        variable.path.rpartition("/")[2] for variable in variables
    ]
    layers = {"convolution": "conv1d", "batch": "batch_norm", "lstm": "lstm", "score": "score"}
    layers |= dict.fromkeys(("attention", "dense", "branch"), "dense")
    for (name, _, _), variable in zip(ours, variables, strict=True):
        if name in ("branch.mean", "branch.scale"):
            assert variable.path.startswith("standardize_branch/")
        elif not name.endswith(".seed"):
            assert layers[name.partition(".")[0].partition("_")[0]] in variable.path
        assert ("forward_lstm" in variable.path) == (
            options["bidirectional"] and "lstm_forward" in name and "seed" not in name
        )


# Whether it is any good is no matter here.
@pytest.mark.filterwarnings("ignore:On clips that it was not trained on:UserWarning")
@pytest.mark.slow
def test_a_fitted_one_with_all_around_it(check_same, trip):
    clf = with_random_weights(early_stopping=False, class_weight={"fake": 2.0, "real": 1})
    clf.history_, clf.n_iter_ = {"loss": [0.7]}, 1
    loaded = check_same(clf, PANEL)
    assert loaded.history_ == clf.history_
    assert loaded.n_iter_ == 1
    assert loaded.class_weight == {"fake": 2.0, "real": 1}
    np.testing.assert_array_equal(loaded.model_.predict(PANEL, verbose=0), clf.model_.predict(PANEL, verbose=0))
    check_same(LLRCalibrator(FrozenEstimator(clf)).fit(PANEL, LABELS), PANEL)
    check_same(CalibratedClassifierCV(FrozenEstimator(clf)).fit(PANEL, LABELS), PANEL)
    # It goes on from where it was.
    assert trip(loaded.set_params(warm_start=True)).fit(PANEL, LABELS).n_iter_ == 2


def test_what_was_made_of_the_model_is_saved(trip):
    clf = with_random_weights()
    weights = clf.model_.get_layer("score").get_weights()
    clf.model_.get_layer("score").set_weights([3 * weights[0], weights[1]])
    np.testing.assert_array_equal(trip(clf).decision_function(PANEL), clf.decision_function(PANEL))


SCHEDULE = keras.optimizers.schedules.CosineDecay(0.01, 100)


@pytest.mark.parametrize("optimizer", ["sgd", keras.optimizers.SGD(0.1, momentum=0.9), keras.optimizers.Adam(SCHEDULE)])
def test_optimizers(trip, optimizer):
    clf = with_random_weights(optimizer=optimizer)
    loaded = trip(clf)
    assert loaded._network.parameters["optimizer"] == clf._network.parameters["optimizer"]
    if not isinstance(optimizer, str):
        assert type(loaded.optimizer) is type(optimizer)
        assert loaded.optimizer.get_config() == optimizer.get_config()
    assert type(loaded.model_.optimizer) is type(clf.model_.optimizer)


class Mine(keras.optimizers.SGD):
    """An optimizer of a user's own."""


def test_optimizers_of_ones_own_cannot_be_saved(tmp_path):
    for clf in (CNNLSTMClassifier(optimizer=Mine(0.1)), with_random_weights(optimizer=Mine(0.1))):
        with pytest.raises(ValueError, match="cannot be saved: it is an optimizer of your own, and only"):
            save(clf, tmp_path / "a.skvf")


def test_callbacks_are_left_out(trip):
    clf = with_random_weights(callbacks=[keras.callbacks.TerminateOnNaN()])
    with pytest.warns(UserWarning, match="left out is .* alone: CNNLSTMClassifier.callbacks"):
        loaded = trip(clf)
    assert loaded.callbacks is None


def test_other_versions_of_keras_are_named(tmp_path, resaved):
    save(with_random_weights(), tmp_path / "a.skvf")
    path = resaved(tmp_path / "a.skvf", lambda manifest: manifest["versions"].update(keras="2.1.0"))
    with pytest.warns(UserWarning, match=r"saved with keras 2\.1\.0 \(now 3\.[\d.]+\)"):
        load(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "a.skvf"
    save(make_pipeline(with_random_weights(optimizer=keras.optimizers.Adam(SCHEDULE))), path)
    return path


def network_of(content):
    return dict(content["state"]["steps"][0]["tuple"][1]["state"]["_network"]["network"]["dict"])


def parameters_of(content):
    """Return the pairs of parameters, to be changed."""
    return network_of(content)["parameters"]["dict"]


def put(name, value):
    def change(content):
        pairs = parameters_of(content)
        found = [pair for pair in pairs if pair[0] == name]
        if found:
            found[0][1] = value
        else:
            pairs.append([name, value])

    return change


def check_refused(path, message):
    with pytest.raises(UnsafeFileError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not loaded: ")
    assert "\n" not in str(caught.value)


LAMBDA = {"dict": [["class_name", "Lambda"], ["config", {"dict": [["function", "4wAAAAA="]]}]]}
PARAMETERS = "the parameters of the network in it are not what they should be"
OTHERS = "has not the parameters that it should have"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lstm_units", 2**40, PARAMETERS),
        ("lstm_units", 10**6, "the network's weights 'lstm_forward.kernel' are"),
        ("lstm_units", 0, PARAMETERS),
        ("lstm_units", True, PARAMETERS),
        ("filters", {"tuple": []}, PARAMETERS),
        ("filters", {"tuple": [4, 4]}, "weights of the network are not those of its layers"),
        ("filters", {"tuple": [1] * 10**4}, PARAMETERS),
        ("filters", [4], PARAMETERS),
        ("dense_units", {"tuple": [LAMBDA]}, PARAMETERS),
        ("input_shape", {"tuple": [16]}, PARAMETERS),
        ("input_shape", {"tuple": [16, 4]}, f"the network's weights 'convolution_0.kernel' are|{PARAMETERS}"),
        ("input_shape", {"tuple": [17, 3]}, "not of the clips and classes of its classifier"),
        ("n_classes", 1, PARAMETERS),
        ("n_classes", 3, "the network's weights 'score.kernel' are"),
        ("pooling", "lambda", PARAMETERS),
        ("pooling", LAMBDA, PARAMETERS),
        ("dropout", 7.0, PARAMETERS),
        ("dropout", {"float": "nan"}, PARAMETERS),
        ("bidirectional", 1, PARAMETERS),
        ("statistics_branch", -1, PARAMETERS),
        ("mean", {"tuple": ["a"]}, PARAMETERS),
        ("mean", "a", PARAMETERS),
        ("variance", {"float": "inf"}, PARAMETERS),
        ("seed", -1, PARAMETERS),
        ("layers", [LAMBDA], OTHERS),
        ("activation", "eval", OTHERS),
        ("kernel_initializer", LAMBDA, OTHERS),
        ("loss", {"function": "numpy.log"}, OTHERS),
    ],
)
def test_layers_that_are_not_ours(saved, resaved, name, value, message):
    check_refused(resaved(saved, estimator=put(name, value)), message)


def config(**entries):
    return {"dict": [[key, value] for key, value in entries.items()]}


EVIL = config(module="os", class_name="system", config=config(command="true"), registered_name="system")


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (EVIL, "is an optimizer of your own"),
        (None, "is an optimizer of your own"),
        ("adam", "is an optimizer of your own"),
        (config(class_name="system", config=config()), "is none of Keras"),
        (config(class_name="Optimizer.__init__", config=config()), "is none of Keras"),
        (config(class_name="Lambda", config=config()), "is none of Keras"),
        (config(class_name={"tuple": []}, config=config()), "is none of Keras"),
        (config(class_name="adam", config="x"), "has no numbers"),
        (config(class_name="adam", config=config(learning_rate=EVIL)), "has a schedule that is none of Keras"),
        (
            config(
                class_name="adam",
                config=config(
                    learning_rate=config(
                        module="keras.optimizers.schedules",
                        class_name="CosineDecay",
                        config=config(decay_steps=EVIL, initial_learning_rate=0.1),
                        registered_name=None,
                    )
                ),
            ),
            "has a schedule that is none of Keras",
        ),
        (
            config(
                class_name="adam",
                config=config(learning_rate=config(module="os", class_name="CosineDecay", config=config())),
            ),
            "has a schedule that is none of Keras",
        ),
        (config(class_name="adam", config=config(name=EVIL)), "has a 'name' that is no number"),
        (config(class_name="LossScaleOptimizer", config=config(inner_optimizer=EVIL)), "has a 'inner_optimizer'"),
        (config(class_name="adam", config=config(name=[EVIL])), "has a 'name' that is no number"),
    ],
)
def test_what_keras_would_import(saved, resaved, optimizer, message):
    check_refused(resaved(saved, estimator=put("optimizer", optimizer)), message)

    def as_a_parameter(content):
        content["state"]["steps"][0]["tuple"][1]["state"]["optimizer"] = {"optimizer": optimizer}

    check_refused(resaved(saved, estimator=as_a_parameter), message)


def test_every_optimizer_of_keras_is_known():
    for optimizer in (keras.optimizers.Adam(), keras.optimizers.Lion(), keras.optimizers.Ftrl()):
        assert checked_optimizer(optimizer_config(optimizer, 0.1))


def swapped(first, second):
    """Exchange the numbers of two weights."""

    def change(content):
        pairs = network_of(content)["weights"]["dict"]
        (a,), (b,) = ([pair for pair in pairs if pair[0] == name] for name in (first, second))
        a[1], b[1] = b[1], a[1]

    return change


def renamed(old, new):
    def change(content):
        for pair in network_of(content)["weights"]["dict"]:
            if pair[0] == old:
                pair[0] = new

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swapped("lstm_forward.kernel", "lstm_forward.recurrent_kernel"), "lstm_forward.kernel' are"),
        (swapped("score.kernel", "score.bias"), "score.kernel' are"),
        (swapped("score.kernel", "dropout_0.seed"), "are"),
        (renamed("score.kernel", "score.kernels"), "weights of the network are not those of its layers"),
        (lambda content: network_of(content)["weights"]["dict"].clear(), "not those of its layers"),
        (lambda content: network_of(content)["weights"]["dict"].append(["lambda", LAMBDA]), "not those of its layers"),
        (lambda content: network_of(content)["weights"]["dict"].reverse(), "not those of its layers"),
    ],
)
def test_weights_that_are_not_of_the_layers(saved, resaved, change, message):
    check_refused(resaved(saved, estimator=change), message)


def test_weights_that_are_not_finite(saved, resaved):
    def spoil(members):
        for name in members:
            if name.startswith("arrays") and b"'<f4'" in members[name][:80] and len(members[name]) > 200:
                members[name] = members[name][:-4] + np.float32(np.nan).tobytes()

    check_refused(resaved(saved, arrays=spoil), "are not finite|not what they should be")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_network", {"bunch": {"dict": []}}),
        ("_crop_starts", {"tuple": [5]}),
        ("_crop_starts", {"tuple": []}),
        ("_crop_starts", {"tuple": [-1]}),
        ("panel_shape_", {"tuple": [16, 5]}),
        ("panel_shape_", 3),
        ("classes_", {"tuple": ["a", "b", "c"]}),
    ],
)
def test_a_classifier_that_its_network_is_not_of(saved, resaved, name, value):
    def change(content):
        content["state"]["steps"][0]["tuple"][1]["state"][name] = value

    check_refused(resaved(saved, estimator=change), "not of the clips and classes|the network in it is none")


def test_a_keras_file_is_none_of_ours(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    model.save(tmp_path / "a.keras")
    check_refused(tmp_path / "a.keras", "a zip file, but none that skvoicefake.save has written")


def test_weights_lie_in_the_file_by_their_names(saved):
    from zipfile import ZipFile

    with ZipFile(saved) as packed:
        content = json.loads(packed.read("estimator.json"))
        weights = dict(network_of(content)["weights"]["dict"])
        assert list(weights)[:3] == ["convolution_0.kernel", "convolution_0.bias", "dropout_0.seed"]
        with packed.open(f"arrays/{weights['score.bias']['array']}.npy") as file:
            assert np.load(file).shape == (1,)


def test_numbers_of_a_model(trip):
    clf = with_random_weights()
    for found, expected in zip(values_of(trip(clf).model_), clf._network.values, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
