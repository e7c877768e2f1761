import copy
import os
import pickle
import pickletools
import re
import subprocess
import sys
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_score
from sklearn.utils._testing import assert_allclose
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import CNNLSTMClassifier, MFCCTransformer
from skvoicefake.neural_network import _stretches

# ---------------------------------------------------------------------------
# scikit-learn's own checks


def expected_failed_checks(estimator):
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "a clip of weight 2 and the same clip twice fall into other batches, so training takes other steps;"
            " HistGradientBoostingClassifier fails it too"
        ),
        "check_methods_subset_invariance": (
            "one clip is computed as a batch of one, three times as quick, in sums of another order: float32 scores"
            " differ by 1e-6, and the check wants 1e-7; test_a_probability_does_not_depend_on_batch_or_place tests that"
        ),
    }


@pytest.mark.slow
@parametrize_with_checks(
    [
        CNNLSTMClassifier(
            filters=8,
            lstm_units=8,
            dense_units=8,
            kernel_size=3,
            dropout=0.0,
            learning_rate=0.05,
            batch_size=16,
            epochs=6,
            early_stopping=False,
        )
    ],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


# ---------------------------------------------------------------------------
# One network of strings, one of three classes, for all that only looks


@pytest.fixture(scope="module")
def binary(tiny, make_panel):
    X, y = make_panel(60)
    labels = np.array(["bonafide", "spoof"])[y]
    clf = tiny(epochs=12, early_stopping=True, validation_fraction=0.2, n_iter_no_change=12).fit(X, labels)
    return clf, X, labels


@pytest.fixture(scope="module")
def ternary(tiny, make_panel):
    X, y = make_panel(60, n_classes=3)
    return tiny(epochs=25).fit(X, y * 10), X, y * 10


def test_binary_outputs(binary):
    clf, X, y = binary
    assert clf.classes_.tolist() == ["bonafide", "spoof"]
    assert clf.score(X, y) > 0.9
    assert set(clf.predict(X)) == {"bonafide", "spoof"}
    scores, probabilities = clf.decision_function(X), clf.predict_proba(X)
    assert scores.shape == (60,)
    assert probabilities.shape == (60, 2)
    assert scores.dtype == probabilities.dtype == np.float64
    assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(np.argsort(scores), np.argsort(probabilities[:, 1]))
    assert np.array_equal(clf.predict(X) == "spoof", scores > 0)
    assert_allclose(probabilities[:, 1], np.asarray(clf.model_(X))[:, 0], atol=1e-6)


def test_multiclass_outputs(ternary):
    clf, X, y = ternary
    assert clf.classes_.tolist() == [0, 10, 20]
    assert clf.score(X, y) > 0.9
    scores, probabilities = clf.decision_function(X), clf.predict_proba(X)
    assert scores.shape == probabilities.shape == (60, 3)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(clf.classes_[probabilities.argmax(axis=1)], clf.predict(X))
    assert_allclose(probabilities, np.asarray(clf.model_(X)), atol=1e-6)


@pytest.mark.parametrize("fitted", ["binary", "ternary"])
def test_a_probability_does_not_depend_on_batch_or_place(fitted, request):
    clf, X, _ = request.getfixturevalue(fitted)
    together = clf.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(X))
    alone = np.concatenate([clf.predict_proba(X[i : i + 1]) for i in range(len(X))])
    assert_allclose(alone, together, rtol=0, atol=1e-6)
    assert_allclose(clf.predict_proba(X[order]), together[order], rtol=0, atol=1e-6)
    assert_allclose(clf.predict_proba(np.concatenate([X] * 3))[-60:], together, rtol=0, atol=1e-6)


def test_history_holds_every_epoch(binary, ternary):
    clf = binary[0]
    assert sorted(clf.history_) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert {len(values) for values in clf.history_.values()} == {clf.n_iter_} == {12}
    assert all(type(value) is float for values in clf.history_.values() for value in values)
    assert sorted(ternary[0].history_) == ["accuracy", "loss"]


def test_the_input_is_standardised_inside(tiny, make_panel):
    X, y = make_panel()
    plain = tiny().fit(X, y).predict_proba(X)
    scaled = X.astype(np.float64) * [1e3, 1e-3, 50] + [500, -3, 0]
    assert_allclose(tiny().fit(scaled, y).predict_proba(scaled), plain, atol=1e-3)


def test_not_fitted(make_panel):
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(CNNLSTMClassifier(), method)(make_panel()[0])
    with pytest.raises(NotFittedError):
        CNNLSTMClassifier().model_  # noqa: B018


# ---------------------------------------------------------------------------
# What scikeras gets wrong, and must not show through


def test_sorted_labels_are_stratified(tiny, make_panel):
    """Unstratified folds of sorted labels would train on one class and test on the other."""
    X, y = make_panel(120)
    clf = tiny(epochs=15, dense_units=16)
    assert is_classifier(clf)
    assert cross_val_score(clf, X, y, cv=2).min() > 0.9


def test_scorers_of_scores_and_probabilities_work(binary):
    clf, X, y = binary
    assert get_scorer("roc_auc")(clf, X, y) > 0.9
    odds = clf.decision_function(X) * np.where(y == "spoof", 1, -1)
    assert get_scorer("neg_log_loss")(clf, X, y) == pytest.approx(-np.log1p(np.exp(-odds)).mean())


def test_roc_auc_of_three_classes(ternary):
    assert get_scorer("roc_auc_ovr")(*ternary) > 0.9


def test_fit_float32_predict_float64(binary):
    clf, X, _ = binary
    assert np.array_equal(clf.predict_proba(X.astype(np.float64)), clf.predict_proba(X))


def test_sample_weight_is_not_changed_in_place(tiny, make_panel):
    X, y = make_panel()
    mine = np.linspace(1, 2, len(y))
    before = mine.copy()
    tiny(class_weight={0: 5, 1: 1}).fit(X, y, sample_weight=mine)
    assert np.array_equal(mine, before)


def test_feature_names_are_kept_and_checked(tiny, make_panel):
    X, y = make_panel()
    table = pd.DataFrame(X[:, :, 1], columns=[f"x{i}" for i in range(12)])
    clf = tiny().fit(table, y)
    assert clf.feature_names_in_.tolist() == table.columns.tolist()
    assert clf.n_features_in_ == 12
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(table.rename(columns={"x0": "other"}))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        clf.predict(table.to_numpy())


def test_a_panel_has_no_number_of_features(binary):
    assert not hasattr(binary[0], "n_features_in_")


def test_sparse_is_refused_clearly():
    with pytest.raises(TypeError, match="Sparse data was passed"):
        CNNLSTMClassifier().fit(sparse.eye(10, format="csr"), np.arange(10) % 2)


def test_every_kind_of_seed_works_and_counts(tiny, make_panel):
    X, y = make_panel()

    def probabilities(seed):
        return tiny(random_state=seed).fit(X, y).predict_proba(X)

    results = {
        "int": probabilities(1),
        "RandomState 1": probabilities(np.random.RandomState(1)),
        "RandomState 2": probabilities(np.random.RandomState(2)),
        "Generator 1": probabilities(np.random.default_rng(1)),
        "Generator 2": probabilities(np.random.default_rng(2)),
    }
    assert np.array_equal(probabilities(np.int64(1)), results["int"])
    assert np.array_equal(probabilities(np.random.RandomState(1)), results["RandomState 1"])
    assert np.array_equal(probabilities(np.random.default_rng(1)), results["Generator 1"])
    assert not np.array_equal(results["RandomState 1"], results["RandomState 2"])
    assert not np.array_equal(results["Generator 1"], results["Generator 2"])


def test_a_shared_random_state_moves_on(tiny, make_panel):
    X, y = make_panel()
    rng = np.random.RandomState(0)
    clf = tiny(random_state=rng)
    assert not np.array_equal(clf.fit(X, y).predict_proba(X), clf.fit(X, y).predict_proba(X))


def test_the_pickle_holds_nothing_of_keras(binary):
    """Loading Keras' own serialized form can run code that it names."""
    clf, X, _ = binary
    clf.predict_proba(X)
    dumped = pickle.dumps(clf)
    words = " ".join(str(argument) for _, argument, _ in pickletools.genops(dumped) if argument is not None)
    assert "CNNLSTMClassifier" in words
    assert not {name for name in ("keras", "tensorflow", "scikeras") if name in words}
    assert np.array_equal(pickle.loads(dumped).predict_proba(X), clf.predict_proba(X))


def test_deepcopy_trains_apart(tiny, make_panel):
    X, y = make_panel()
    clf = tiny(warm_start=True).fit(X, y)
    before = clf.predict_proba(X)
    copy.deepcopy(clf).fit(X, y)
    assert np.array_equal(clf.predict_proba(X), before)


# ---------------------------------------------------------------------------
# Randomness, and silence

ORDINARY_USE = """
import numpy as np
from skvoicefake import CNNLSTMClassifier

rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 12, 3)).astype(np.float32), np.arange(40) % 2
for _ in range(6):
    clf = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=1, random_state=3).fit(X, y)
    probabilities = clf.predict_proba(X), clf.predict_proba(X[:1])
print(probabilities[0].tobytes().hex())
"""


@pytest.fixture(scope="module")
def fresh_process():
    # Not what JAX leaves in this process: who sets a log level gets TensorFlow's own behaviour.
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", ORDINARY_USE]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_fresh_process_finds_the_same_bits(fresh_process):
    X, y = np.random.default_rng(0).normal(size=(40, 12, 3)).astype(np.float32), np.arange(40) % 2
    clf = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=1, random_state=3)
    first, again = clf.fit(X, y).predict_proba(X), clf.fit(X, y).predict_proba(X)
    assert np.array_equal(first, again)
    assert fresh_process.stdout.strip() == first.tobytes().hex()


def test_nothing_is_written_to_standard_error(fresh_process):
    """Neither TensorFlow's greetings nor its warnings of retracing."""
    # TensorFlow 2.18's XLA tells of itself once a process, whatever the log level.
    of_xla = re.compile("WARNING: All log messages before absl|I0000 .*(XLA|StreamExecutor)")
    assert [line for line in fresh_process.stderr.splitlines() if not of_xla.match(line)] == []
    assert fresh_process.returncode == 0


def test_an_int_seed_leaves_global_states_alone(tiny, make_panel, global_states):
    X, y = make_panel()
    keras.utils.set_random_seed(11)
    keras.random.normal((1,))
    before = global_states()
    assert before[-1] is not None
    clf = tiny(early_stopping=True, validation_fraction=0.3, bidirectional=True, batch_norm=True).fit(X, y)
    clf.predict_proba(X)
    pickle.loads(pickle.dumps(clf))
    assert global_states() == before


def test_no_seed_draws_from_numpys_global_state(tiny, make_panel):
    X, y = make_panel()

    def probabilities():
        return tiny(random_state=None).fit(X, y).predict_proba(X)

    np.random.seed(0)  # noqa: NPY002
    first, second = probabilities(), probabilities()
    np.random.seed(0)  # noqa: NPY002
    assert np.array_equal(probabilities(), first)
    assert not np.array_equal(first, second)


# ---------------------------------------------------------------------------
# Weights and groups


def test_clips_of_no_weight_teach_nothing(tiny, make_panel):
    X, y = make_panel(60)
    wrong = np.concatenate([y, 1 - y])
    both = np.concatenate([X, X])
    weight = np.repeat([1.0, 0.0], 60)
    clf = tiny(epochs=15).fit(both, wrong, sample_weight=weight)
    assert clf.score(X, y) > 0.9
    clf = tiny(epochs=15).fit(both, wrong, sample_weight=1 - weight)
    assert clf.score(X, y) < 0.1


@pytest.mark.parametrize("groups", [None, np.arange(80) // 4])
def test_clips_of_no_weight_are_as_if_they_were_not_there(tiny, make_panel, groups):
    """In the split, the statistics, the batches and the loss."""
    X, y = make_panel(80)
    weight = np.linspace(1, 2, 80) * (np.arange(80) % 4 < 2)
    few = weight > 0
    clf = tiny(early_stopping=True, validation_fraction=0.3)
    all_clips = clf.fit(X, y, sample_weight=weight, groups=groups).predict_proba(X)
    clf.fit(X[few], y[few], sample_weight=weight[few], groups=None if groups is None else groups[few])
    assert np.array_equal(clf.predict_proba(X), all_clips)


def test_weights_on_the_validation_side_alone_are_no_trouble(tiny, make_panel):
    X, y = make_panel(40)
    weight = np.zeros(40)
    weight[[0, 1, 38, 39]] = 1
    clf = tiny(early_stopping=True, validation_fraction=0.5).fit(X, y, sample_weight=weight)
    assert np.isfinite(clf.history_["val_loss"]).all()


def test_a_class_of_no_weight_is_no_class(tiny, make_panel):
    X, y = make_panel(40)
    with pytest.raises(ValueError, match="Only one class, 1, has clips"):
        tiny().fit(X, y, sample_weight=y)


def test_class_weight_moves_the_verdicts(tiny, make_panel):
    X, _ = make_panel()
    y = np.array(["fake"] * 4 + ["real"] * 36)
    noise = np.random.default_rng(0).normal(size=X.shape)

    def mean_score(class_weight):
        return tiny(epochs=8, class_weight=class_weight).fit(noise, y).decision_function(noise).mean()

    balanced = mean_score("balanced")
    assert balanced < mean_score(None)
    assert balanced == mean_score({"fake": 40 / 8, "real": 40 / 72})


@pytest.mark.parametrize("as_table", [False, True])
def test_groups_stay_on_one_side(tiny, make_panel, as_table):
    """A validation loss that rests on one group alone shows which clips were held back."""
    X, y = make_panel(40)
    order = np.random.default_rng(0).permutation(40)
    X, y = X[order], y[order]
    groups = np.repeat(np.arange(4), 10)
    clf = tiny(early_stopping=True, validation_fraction=0.25, learning_rate=0.02, n_iter_no_change=1)
    # Speakers of half a group each, tied by the sentence that they say.
    table = pd.DataFrame({"speaker": np.minimum(np.arange(40) // 5, 6), "sentence": np.arange(40) // 10})
    clf.fit(X, y, groups=table if as_table else groups)
    losses = {}
    for group in range(4):
        side = groups == group
        p = clf.predict_proba(X[side])[np.arange(10), y[side]]
        losses[group] = -np.log(p).mean()
    assert min(abs(loss - clf.history_["val_loss"][0]) for loss in losses.values()) < 1e-5


# ---------------------------------------------------------------------------
# Early stopping, warm start, callbacks, optimizers


def test_early_stopping_restores_the_best_weights(tiny, make_panel):
    X, y = make_panel()
    noise = np.random.default_rng(3).normal(size=X.shape)
    clf = tiny(
        early_stopping=True, epochs=60, n_iter_no_change=3, learning_rate=0.1, validation_fraction=0.5, dropout=0
    ).fit(noise, y)
    losses = clf.history_["val_loss"]
    assert clf.n_iter_ < 60
    assert np.argmin(losses) == clf.n_iter_ - 1 - 3
    best = tiny(
        early_stopping=True,
        epochs=int(np.argmin(losses)) + 1,
        n_iter_no_change=60,
        learning_rate=0.1,
        validation_fraction=0.5,
        dropout=0,
    ).fit(noise, y)
    assert np.array_equal(clf.predict_proba(noise), best.predict_proba(noise))


def test_a_warning_points_to_the_callers_line(tiny, make_panel):
    X, _ = make_panel(4)
    with pytest.warns(UserWarning, match="No clips are held back") as caught:
        tiny(early_stopping=True).fit(X, [0, 0, 0, 1])
    assert caught[0].filename == __file__


@pytest.mark.parametrize("unpickled", [False, True])
def test_warm_start_goes_on(tiny, make_panel, unpickled):
    X, y = make_panel()
    clf = tiny(warm_start=True, epochs=2).fit(X, y)
    weights, history = clf.model_.get_weights(), clf.history_
    if unpickled:
        clf = pickle.loads(pickle.dumps(clf))
    before = clf.predict_proba(X)
    # So small a step leaves the weights where they were, if that is where training starts.
    clf.set_params(learning_rate=1e-7).fit(X, y)
    assert_allclose(clf.predict_proba(X), before, rtol=0, atol=1e-4)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(1e-7)
    clf.set_params(learning_rate=0.02).fit(X, y)
    assert clf.history_["loss"][:2] == history["loss"]
    assert clf.n_iter_ == 6
    after = clf.predict_proba(X)
    assert not np.array_equal(before, after)
    cold = tiny(epochs=2).fit(X, y)
    assert all(np.array_equal(a, b) for a, b in zip(cold.model_.get_weights(), weights, strict=True))
    assert clf.history_["loss"][-1] < clf.history_["loss"][0]


def test_warm_start_goes_on_with_what_was_made_of_the_model(tiny, make_panel):
    # Keras' way to fine-tune: freeze layers, compile, train on.
    X, y = make_panel()
    clf = tiny(warm_start=True).fit(X, y)
    frozen = next(layer for layer in clf.model_.layers if layer.name.startswith("conv1d"))
    frozen.trainable = False
    clf.model_.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    kernel, scores = frozen.get_weights()[0], clf.decision_function(X)
    clf.fit(X, y)
    np.testing.assert_array_equal(frozen.get_weights()[0], kernel)
    assert not np.array_equal(clf.decision_function(X), scores)
    # And leaves it as it was, if that fails.
    scores = clf.decision_function(X)
    clf.model_.optimizer.learning_rate = 1e30
    with pytest.raises(ValueError, match="diverged"):
        clf.fit(X, y)
    np.testing.assert_array_equal(clf.decision_function(X), scores)


def test_an_optimizer_class_that_was_written_anew_is_the_new_one(tiny, make_panel):
    X, y = make_panel()
    scores = []
    for factor in (0.0, 1.0):

        @keras.saving.register_keras_serializable("tests", "Scaled")
        class Scaled(keras.optimizers.SGD):
            def update_step(self, gradient, variable, learning_rate, factor=factor):
                super().update_step(gradient * factor, variable, learning_rate)

        scores.append(tiny(optimizer=Scaled(0.5, name="scaled")).fit(X, y).decision_function(X))
    assert not np.array_equal(*scores)


def test_warm_start_keeps_every_epoch_in_its_place(tiny, make_panel):
    X, y = make_panel()
    clf = tiny(warm_start=True, epochs=2, early_stopping=False).fit(X, y)
    clf.set_params(early_stopping=True).fit(X, y)
    clf.set_params(early_stopping=False).fit(X, y)
    assert {len(values) for values in clf.history_.values()} == {6}
    assert np.isnan(clf.history_["val_loss"]).tolist() == [True, True, False, False, True, True]
    assert np.isfinite(clf.history_["loss"]).all()


def test_warm_start_keeps_the_optimizers_state_unless_it_is_another(tiny, make_panel):
    X, y = make_panel()
    clf = tiny(warm_start=True).fit(X, y).fit(X, y)
    n_steps = -(-len(X) // 16)
    assert int(clf.model_.optimizer.iterations) == 2 * n_steps
    clf.set_params(optimizer="sgd").fit(X, y)
    assert isinstance(clf.model_.optimizer, keras.optimizers.SGD)
    assert int(clf.model_.optimizer.iterations) == n_steps


@pytest.mark.parametrize(
    "changed",
    [
        {"filters": 5},
        {"kernel_size": 2},
        {"pool_size": 3},
        {"dropout": 0.2},
        {"lstm_units": 5},
        {"bidirectional": True},
        {"dense_units": ()},
        {"batch_norm": True},
        {"pooling": "statistics"},
        {"statistics_branch": 5},
        {"crop_frames": 8},
        {"label_smoothing": 0.1},
    ],
)
def test_warm_start_refuses_another_architecture(tiny, make_panel, changed):
    (name,) = changed
    X, y = make_panel(8)
    clf = tiny(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=rf"warm_start goes on with .* had another {name}: "):
        clf.set_params(**changed).fit(X, y)


def test_without_warm_start_nothing_is_left_of_the_last_fit(tiny, make_panel):
    X, y = make_panel()
    clf = tiny().fit(*make_panel(30, n_classes=3, shape=(8, 2)))
    clf.fit(X, y)
    assert np.array_equal(clf.predict_proba(X), tiny().fit(X, y).predict_proba(X))
    assert clf.n_iter_ == 1


def test_warm_start_refuses_other_classes_and_shapes(tiny, make_panel):
    X, y = make_panel()
    clf = tiny(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"warm_start goes on with classes \[0, 1\]"):
        clf.fit(X, y + 1)
    with pytest.raises(ValueError, match=r"clips of shape \(12, 3\), got .* \(11, 3\)"):
        clf.fit(X[:, 1:], y)


class Counter(keras.callbacks.Callback):
    """Counts epochs."""

    def __init__(self, counts: list[int]) -> None:
        super().__init__()
        self.counts = counts
        self.n_epochs = 0

    def __deepcopy__(self, memo: object) -> "Counter":
        return Counter(self.counts)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.n_epochs += 1
        self.counts.append(self.n_epochs)


def test_callbacks_are_called_and_copied(tiny, make_panel):
    counts: list[int] = []
    callback = Counter(counts)
    clf = tiny(callbacks=[callback], epochs=2)
    clf.fit(*make_panel())
    clf.fit(*make_panel())
    assert counts == [1, 2, 1, 2]
    assert callback.n_epochs == 0
    assert clf.callbacks == [callback]


def test_an_optimizer_object_is_copied_and_may_be_used_again(tiny, make_panel):
    X, y = make_panel()
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    clf = tiny(optimizer=optimizer)
    first = clf.fit(X, y).predict_proba(X)
    assert np.array_equal(clf.fit(X, y).predict_proba(X), first)
    assert isinstance(clf.model_.optimizer, keras.optimizers.SGD)
    assert not optimizer.built
    assert np.array_equal(clone(clf).fit(X, y).predict_proba(X), first)


def test_a_network_of_an_optimizer_object_is_pickled_without_keras(tiny, make_panel):
    clf = tiny(optimizer=keras.optimizers.SGD(0.1, momentum=0.9)).fit(*make_panel(8))
    dumped = pickle.dumps(clf.set_params(optimizer="sgd"))
    assert b"keras" not in dumped
    assert pickle.loads(dumped).model_.optimizer.momentum == 0.9


def test_an_optimizer_by_name(tiny, make_panel):
    clf = tiny(optimizer="rmsprop").fit(*make_panel())
    assert isinstance(clf.model_.optimizer, keras.optimizers.RMSprop)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.02)


def test_verbose_shows_a_bar_and_quiet_shows_nothing(tiny, make_panel, capfd):
    tiny(epochs=2).fit(*make_panel())
    assert capfd.readouterr() == ("", "")
    tiny(epochs=2, verbose=1).fit(*make_panel())
    out, err = capfd.readouterr()
    assert out == ""
    assert "Training" in err
    assert "2/2" in err
    assert "loss=" in err


# ---------------------------------------------------------------------------
# 2-D X


@pytest.mark.parametrize("way", ["n_frames", "array", "pandas"])
def test_flat_features_are_folded_to_the_panel(way, tiny):
    clips = [np.random.default_rng(i).normal(size=3200) for i in range(20)]
    y = np.arange(20) % 2
    transformer = MFCCTransformer(duration=0.2, n_mfcc=5, n_mels=20)
    panel = transformer.fit_transform(clips)
    transformer.set_params(output="flat")
    if way == "pandas":
        transformer.set_output(transform="pandas")
    flat = transformer.fit_transform(clips)
    clf = tiny()
    if way == "n_frames":
        flat, clf = np.asarray(flat), tiny(n_frames=panel.shape[1])
    clf.fit(flat, y)
    assert clf.panel_shape_ == panel.shape[1:]
    assert clf.n_features_in_ == panel[0].size
    assert np.array_equal(clf.predict_proba(flat), tiny().fit(panel, y).predict_proba(panel))


def test_a_network_of_flat_features_takes_plain_rows_of_the_same_width(tiny):
    """cross_val_predict, joblib and np.asarray lose the attribute that says how many frames there are."""
    clips = [np.random.default_rng(i).normal(size=3200) for i in range(20)]
    flat = MFCCTransformer(duration=0.2, n_mfcc=5, n_mels=20, output="flat").fit_transform(clips)
    clf = tiny().fit(flat, np.arange(20) % 2)
    assert np.array_equal(clf.predict_proba(np.asarray(flat)), clf.predict_proba(flat))


# ---------------------------------------------------------------------------
# Panels in a memory-mapped file


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_dimensions", [2, 3])
def test_a_panel_on_disk_is_as_good_as_one_in_memory(tiny, make_panel, tmp_path, monkeypatch, dtype, n_dimensions):
    monkeypatch.setattr(_stretches, "STRETCH", 2000)
    X, y = make_panel()
    X = X.reshape(40, -1) if n_dimensions == 2 else X
    np.save(tmp_path / "panel.npy", X.astype(dtype))
    on_disk = np.load(tmp_path / "panel.npy", mmap_mode="r")
    clf = tiny(early_stopping=True, n_frames=12)
    expected = clf.fit(X, y).predict_proba(X)
    assert np.array_equal(clf.fit(on_disk, y).predict_proba(on_disk), expected)


def test_a_bad_clip_on_disk_is_named(tiny, make_panel, tmp_path):
    X, y = make_panel()
    X[31, 2, 1] = np.nan
    np.save(tmp_path / "panel.npy", X)
    with pytest.raises(ValueError, match=r"NaN or infinity in 1 clips, the first at positions \[31\]"):
        tiny().fit(np.load(tmp_path / "panel.npy", mmap_mode="r"), y)


# ---------------------------------------------------------------------------
# Bad input: one clear error each

X20 = np.random.default_rng(0).normal(size=(20, 12, 3))
Y20 = np.arange(20) % 2


@pytest.mark.parametrize(
    ("X", "y", "fit_parameters", "message"),
    [
        (X20, Y20[:19], {}, "X holds 20 clips and y 19 labels"),
        (X20, np.zeros(20), {}, "y has only one class"),
        (X20, np.where(np.arange(20) == 4, np.nan, Y20), {}, r"y contains NaN, None or infinity at positions \[4\]"),
        (X20, [None, *["a", "b"] * 9, "a"], {}, r"y contains NaN, None or infinity at positions \[0\]"),
        (X20, np.array([0, "a"] * 10, dtype=object), {}, r"y mixes labels of types \['int', 'str'\]"),
        (X20, None, {}, "the target y is None"),
        (np.where(np.arange(20)[:, None, None] == 3, np.nan, X20), Y20, {}, r"NaN or infinity in 1 .* \[3\]"),
        (np.where(np.arange(20)[:, None, None] == 5, np.inf, X20), Y20, {}, r"NaN or infinity in 1 .* \[5\]"),
        (X20[:0], Y20[:0], {}, "0 sample"),
        (X20, Y20, {"sample_weight": np.zeros(20)}, "zero for every clip|at least one non-zero"),
        (X20, Y20, {"sample_weight": -np.ones(20)}, "sample_weight holds negative weights"),
        (X20, Y20, {"sample_weight": np.ones(3)}, "sample_weight.shape"),
        (X20, Y20, {"groups": np.ones(3)}, "inconsistent numbers of samples"),
    ],
)
def test_bad_data(X, y, fit_parameters, message):
    with pytest.raises(ValueError, match=message):
        CNNLSTMClassifier().fit(X, y, **fit_parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pool_size": 13}, r"pool_size=13 after each of 1 convolutions needs clips of at least 13 frames, got 12"),
        ({"filters": (4, 4), "pool_size": 4}, r"pool_size=4 after each of 2 convolutions needs .* 16 frames"),
        ({"filters": ()}, r"filters=\(\) leaves no convolution"),
        ({"filters": (4, 0)}, r"filters=\(4, 0\) must hold whole numbers"),
        ({"filters": (4.5,)}, r"filters=\(4.5,\) must hold whole numbers"),
        ({"filters": "64"}, "filters"),
        ({"filters": 0}, "'filters'"),
        ({"dense_units": (4, -1)}, r"dense_units=\(4, -1\) must hold whole numbers"),
        ({"dense_units": [[4]]}, r"dense_units=\[\[4\]\] must hold whole numbers"),
        ({"kernel_size": 0}, "'kernel_size'"),
        ({"dropout": 1.0}, "'dropout'"),
        ({"optimizer": "adamm"}, "optimizer='adamm'"),
        ({"optimizer": 3}, "'optimizer'"),
        ({"class_weight": "balance"}, "'class_weight'"),
        ({"class_weight": {0: -1}}, "class_weight holds"),
        ({"class_weight": {"real": 1}}, "class_weight"),
        ({"learning_rate": 0}, "'learning_rate'"),
        ({"epochs": 0}, "'epochs'"),
        ({"pooling": "max"}, "'pooling'"),
        ({"statistics_branch": 0.5}, "'statistics_branch'"),
        ({"crop_frames": 13}, "crop_frames=13 is more than the 12"),
        ({"crop_frames": 0}, "'crop_frames'"),
        ({"crop_frames": 6, "pool_size": 7}, "pool_size=7 .* needs crops of at least 7 frames, got 6"),
        ({"n_crops": 0}, "'n_crops'"),
        ({"spec_augment": -1}, "'spec_augment'"),
        ({"spec_augment": (1, 2, 3)}, "spec_augment"),
        ({"mask_width": 0}, "'mask_width'"),
        ({"label_smoothing": 1.0}, "'label_smoothing'"),
        ({"weight_decay": -1}, "'weight_decay'"),
        ({"weight_decay": 0.1, "optimizer": keras.optimizers.SGD()}, "weight_decay=0.1 is for an optimizer .* by name"),
        ({"schedule": "linear"}, "'schedule'"),
        (
            {"schedule": "cosine", "optimizer": keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(1.0, 9))},
            "schedule='cosine' needs an optimizer whose learning rate is a number",
        ),
        ({"callbacks": [print]}, "callbacks"),
        ({"random_state": "x"}, "'random_state'"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        CNNLSTMClassifier(**parameters).fit(X20, Y20)


def test_a_panel_of_another_shape_at_predict(binary):
    clf, X, _ = binary
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(12, 3\) .*, got \(11, 3\)"):
        clf.predict(X[:, 1:])
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(12, 3\) .*, got \(12, 2\)"):
        clf.predict(X[:, :, 1:])


def test_one_clip_at_predict_is_told_how_to_be_a_panel(binary):
    clf, X, _ = binary
    with pytest.raises(ValueError, match=r"shape \(12, 3\) is one clip.* Pass X\[np.newaxis\]"):
        clf.predict(X[0])


def test_bad_clips_at_predict_are_named(binary):
    clf, X, _ = binary
    bad = X.copy()
    bad[[3, 8], 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"in 2 clips, the first at positions \[3, 8\]"):
        clf.predict_proba(bad)


def test_a_failed_fit_leaves_the_last_one_usable(tiny, make_panel):
    X, y = make_panel()
    clf = tiny().fit(X, y)
    before = clf.predict_proba(X)
    with pytest.raises(ValueError, match="one class"):
        clf.fit(X[:, 1:], np.zeros(len(y)))
    with pytest.raises(ValueError, match="dense_units"):
        clf.set_params(dense_units=(-1,)).fit(X[:, 1:], y)
    assert np.array_equal(clf.predict_proba(X), before)


class Interrupt(keras.callbacks.Callback):
    """Stops like Ctrl-C, in the middle of training."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("warm_start", [False, True])
def test_an_interrupted_first_fit_leaves_nothing(tiny, make_panel, warm_start):
    X, y = make_panel()
    clf = tiny(warm_start=warm_start, callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X.reshape(len(X), -1), y)
    assert vars(clf).keys() == clf.get_params().keys()
    assert clf.set_params(callbacks=None).fit(X, y).n_iter_ == 1


DIVERGING = {"optimizer": "sgd", "learning_rate": 1e30}


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("failure", [{"callbacks": [Interrupt()]}, DIVERGING])
def test_a_refit_that_fails_in_training_leaves_the_last_one_whole(tiny, make_panel, warm_start, failure):
    X, y = make_panel()
    clf = tiny(warm_start=warm_start).fit(X, y)
    before, fitted = clf.predict_proba(X), {key: value for key, value in vars(clf).items() if key.endswith("_")}
    n_iterations = int(clf.model_.optimizer.iterations)
    with pytest.raises((KeyboardInterrupt, ValueError)):
        clf.set_params(**failure).fit(X, y)
    assert {key: value for key, value in vars(clf).items() if key.endswith("_")} == fitted
    assert np.array_equal(clf.predict_proba(X), before)
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), before)
    assert int(clf.model_.optimizer.iterations) == n_iterations


def test_a_refused_2d_refit_leaves_the_names_of_features(tiny, make_panel):
    X, y = make_panel(8)
    table = pd.DataFrame(X[:, :, 1], columns=[f"x{i}" for i in range(12)])
    clf = tiny().fit(table, y)
    with pytest.raises(ValueError, match="one class"):
        clf.fit(table.iloc[:, :5].add_prefix("other"), np.zeros(8))
    assert clf.n_features_in_ == 12
    assert clf.feature_names_in_.tolist() == table.columns.tolist()
    clf.predict(table)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"batch_size": 100}])
def test_training_that_diverges_is_an_error(tiny, make_panel, n_classes, parameters):
    """With one step in all, loss and weights are still finite, and the scores alone are not."""
    X, y = make_panel(n_classes=n_classes)
    with pytest.raises(ValueError, match=r"Training diverged.*Lower learning_rate \(now 1e\+30\)"):
        tiny(**DIVERGING, **parameters).fit(X, y)


def test_an_ordinary_fit_warns_of_nothing(tiny, make_panel):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Keras of its own variables, on JAX and with NumPy 2.5.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning)
        clf = tiny(early_stopping=True).fit(*make_panel())
        clf.predict(make_panel()[0])
