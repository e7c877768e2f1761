"""Everything on the allow-list comes back as it was."""

from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.fixes import parse_version

from skvoicefake.persistence._allowed import (
    CLASSES,
    FUNCTIONS,
    TYPES,
    allowed,
    import_trusted,
    is_allowed,
    name_on_list,
    read_trusted,
)
from skvoicefake.persistence._writing import keeps_plain_state

X, Y = make_classification(60, 6, random_state=0)
X = np.abs(X)
WORDS = np.where(Y == 1, "real", "fake")
NAMES = [f"{module}.{name}" for module, names in CLASSES.items() for name in names]
GUIDE = Path(__file__).parents[2] / "docs" / "persistence.md"
LOGISTIC = LogisticRegression()
SKLEARN = parse_version(sklearn.__version__)

# How to make one, where it takes more than its name.
MADE = {
    "AdaBoostClassifier": {"n_estimators": 3},
    "BaggingClassifier": {"n_estimators": 3, "random_state": 0},
    "CalibratedClassifierCV": {"estimator": SVC(), "cv": 3},
    "ColumnTransformer": {"transformers": [("a", StandardScaler(), [0, 1]), ("b", MinMaxScaler(), slice(2, 4))]},
    "ExtraTreesClassifier": {"n_estimators": 3, "random_state": 0},
    "FastICA": {"n_components": 2, "random_state": 0},
    "FeatureUnion": {"transformer_list": [("a", StandardScaler()), ("b", MinMaxScaler())]},
    "FixedThresholdClassifier": {"estimator": LOGISTIC, "threshold": 0.3},
    "FrozenEstimator": {"estimator": clone(LOGISTIC).fit(X, WORDS)},
    "FunctionTransformer": {"func": np.log1p},
    "IsotonicRegression": {"out_of_bounds": "clip"},
    "KBinsDiscretizer": {"encode": "ordinal", "strategy": "uniform", "subsample": None},
    "MLPClassifier": {"hidden_layer_sizes": 3, "max_iter": 300, "tol": 1, "random_state": 0},
    "OneVsRestClassifier": {"estimator": LOGISTIC},
    "PCA": {"n_components": 3},
    "Pipeline": {"steps": [("scale", StandardScaler()), ("clf", LOGISTIC)]},
    "QuantileTransformer": {"n_quantiles": 20},
    "RFE": {"estimator": LOGISTIC},
    "RandomForestClassifier": {"n_estimators": 3, "random_state": 0},
    "SVC": {"C": 2.0, "class_weight": "balanced"},
    "SelectFromModel": {"estimator": LOGISTIC},
    "SelectKBest": {"score_func": chi2, "k": 3},
    "SimpleImputer": {"add_indicator": True},
    "StackingClassifier": {"estimators": [("a", LOGISTIC), ("b", DecisionTreeClassifier())], "cv": 2},
    "VotingClassifier": {"estimators": [("a", LOGISTIC), ("b", SVC())]},
}
# Parts of others, that are no estimators of rows, or that have tests of their own.
PARTS = {"_CalibratedClassifier", "_SigmoidCalibration", "_TemperatureScaling", "AdamOptimizer", "SGDOptimizer"}
FITTED_ELSEWHERE = [name for name in NAMES if name.startswith("skvoicefake")]


def estimator_of(name):
    kind = allowed(name)
    if kind.__name__ == "NuSVC":
        return kind(nu=0.2)
    return kind(**MADE.get(kind.__name__, {}))


def is_there(name):
    try:
        allowed(name)
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FITTED_ELSEWHERE])
def test_classes_of_scikit_learn_come_back(check_same, trip, name):
    if not is_there(name):
        # Newer than this scikit-learn, and no others.
        assert name == "sklearn.calibration._TemperatureScaling"
        assert parse_version("1.8") > SKLEARN
        return
    if allowed(name).__name__ in PARTS:
        assert keeps_plain_state(allowed(name))
        return
    estimator = estimator_of(name)
    if not hasattr(estimator, "get_params"):
        # Splitters, which are parameters of others.
        holder = LogisticRegression(C=estimator)
        loaded = trip(holder).C
        assert type(loaded) is type(estimator)
        assert vars(loaded) == vars(estimator)
        return
    if name.endswith(("LabelBinarizer", "LabelEncoder")):
        check_same(estimator.fit(WORDS), WORDS)
    elif name.endswith("IsotonicRegression"):
        check_same(estimator.fit(X[:, 0], Y), X[:, 0])
    else:
        check_same(estimator.fit(X, WORDS if is_classifier(estimator) else Y), X)


def test_types_and_functions_come_back(trip):
    functions = [allowed(f"{module}.{name}") for module, names in FUNCTIONS.items() for name in names]
    holder = LogisticRegression(C=[*TYPES.values(), *functions])
    assert trip(holder).C == holder.C


def test_steps_beside_one_another(check_same):
    union = FeatureUnion([("scale", StandardScaler()), ("log", FunctionTransformer(np.log1p))])
    columns = ColumnTransformer([("a", union, [0, 3]), ("b", "passthrough", [1])], remainder="drop")
    check_same(make_pipeline(columns, CalibratedClassifierCV(LOGISTIC, method="isotonic", cv=2)).fit(X, WORDS), X)


def test_every_class_of_ours_that_can_be_fitted_is_on_the_list():
    import skvoicefake

    rooms = ("augmentation", "calibration", "detectors", "feature_extraction", "mixture", "neural_network")
    public = {f"skvoicefake.{room}.{name}" for room in rooms for name in getattr(skvoicefake, room).__all__}
    estimators = {
        name for name in public if isinstance(found := import_trusted(name), type) and hasattr(found, "get_params")
    }
    # It has a form of its own.
    assert estimators - {"skvoicefake.detectors.ShippedDetector"} <= set(NAMES)
    assert set(FITTED_ELSEWHERE) >= estimators - {"skvoicefake.detectors.ShippedDetector"}


def test_names_are_found_both_ways():
    for name in filter(is_there, NAMES):
        assert name_on_list(allowed(name)) == name
    assert not is_allowed("os.system")
    assert name_on_list(print) is None

    class SVC:
        """Called as one that is on the list."""

    assert name_on_list(SVC) is None


def test_what_may_be_trusted():
    assert read_trusted([SVC, "a.b.C"]) == {"sklearn.svm._classes.SVC": SVC, "a.b.C": None}
    assert import_trusted("sklearn.svm._classes.SVC") is SVC
    for trusted in (True, "sklearn.svm.SVC", 3):
        with pytest.raises(TypeError, match="trusted must be a list of classes or functions"):
            read_trusted(trusted)
    with pytest.raises(TypeError, match="trusted must hold classes, functions or their names, got 3"):
        read_trusted([3])
    with pytest.raises(ImportError, match=r"there is nothing called nowhere\.At to import"):
        import_trusted("nowhere.At")
    with pytest.raises(ImportError, match=r"there is nothing called sklearn\.svm\.Nothing to import"):
        import_trusted("sklearn.svm.Nothing")


def test_the_guide_names_what_is_on_the_list():
    text = GUIDE.read_text(encoding="utf-8")
    for module, names in CLASSES.items():
        shown = ", ".join(name for name in names if not name.startswith("_"))
        if module.startswith("sklearn.") and "._" not in module:
            assert f"| `{module.partition('.')[2]}` | {shown} |" in text
