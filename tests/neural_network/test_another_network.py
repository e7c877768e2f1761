"""CNNLSTMClassifier's shell around layers of another kind, as CONTRIBUTING says it is done."""

import pickle

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skvoicefake
from skvoicefake import CNNLSTMClassifier, MFCCTransformer
from skvoicefake.neural_network._layers import classifier, panel_input


def build_cnn(input_shape, n_classes=2, *, n_filters=8, mean=0.0, variance=1.0, optimizer=None, seed=0):
    """One convolution, and the greatest of every filter."""
    inputs, x = panel_input(input_shape, mean, variance)
    kernels = [keras.initializers.GlorotUniform(seed=seed + i) for i in range(2)]
    x = keras.layers.Conv1D(n_filters, 3, activation="relu", kernel_initializer=kernels[0])(x)
    x = keras.layers.GlobalMaxPooling1D()(x)
    return classifier(inputs, x, n_classes, kernels[1], optimizer)


class CNNClassifier(CNNLSTMClassifier):
    """Another network in the same shell."""

    _build = staticmethod(build_cnn)

    def __init__(self, *, n_filters=8, epochs=20, learning_rate=1e-2, random_state=None):
        super().__init__(
            epochs=epochs,
            learning_rate=learning_rate,
            random_state=random_state,
            statistics_branch=False,
            early_stopping=False,
        )
        self.n_filters = n_filters

    _parameter_constraints = CNNLSTMClassifier._parameter_constraints | {"n_filters": [int]}

    def _architecture(self, panel_shape):
        return {"input_shape": panel_shape, "n_filters": self.n_filters}


@pytest.fixture(name="clips")
def clips_of_two_kinds():
    rng = np.random.default_rng(0)
    y = np.tile(["fake", "real"], 20)
    X = rng.normal(size=(40, 12, 3)).astype(np.float32)
    X[y == "real", 5:8] += 2
    return X, y


def test_trains_scores_and_is_pickled(clips):
    X, y = clips
    fitted = CNNClassifier(random_state=0).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert [type(layer).__name__ for layer in fitted.model_.layers][2:4] == ["Conv1D", "GlobalMaxPooling1D"]
    np.testing.assert_allclose(fitted.model_.predict(X, verbose=0)[:, 0], fitted.predict_proba(X)[:, 1], atol=1e-5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).decision_function(X), fitted.decision_function(X))
    again = clone(fitted).fit(X, y)
    np.testing.assert_array_equal(again.decision_function(X), fitted.decision_function(X))


def test_networks_of_two_kinds_are_not_taken_for_one_another(clips):
    X, y = clips
    kinds = (
        CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=1, random_state=0),
        CNNClassifier(epochs=1, random_state=0),
    )
    # The second time with models that were kept.
    first, second = ([clone(kind).fit(X, y).decision_function(X) for kind in kinds] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*first)


def test_its_parameters_are_searched(clips):
    search = GridSearchCV(CNNClassifier(epochs=2, random_state=0), {"n_filters": [2, 4]}, cv=2).fit(*clips)
    assert search.best_estimator_.model_.layers[2].filters == search.best_params_["n_filters"]


def test_a_file_is_of_our_networks_alone(clips, tmp_path):
    fitted = CNNClassifier(epochs=1, random_state=0).fit(*clips)
    with pytest.raises(ValueError, match=r"network of your own \(build_cnn\).*joblib\.dump"):
        skvoicefake.save(fitted, tmp_path / "a.skvf")
    with pytest.raises(ValueError, match="CNNClassifier"):
        skvoicefake.export(make_pipeline(MFCCTransformer(), fitted), tmp_path / "a.onnx")
    joblib.dump(fitted, tmp_path / "a.joblib")
    assert joblib.load(tmp_path / "a.joblib").score(*clips) == fitted.score(*clips)
