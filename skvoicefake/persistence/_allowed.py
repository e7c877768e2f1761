"""The allow-list: the classes, types and functions that a file may name.

A name in a file is looked up here, and nowhere else: no module is imported
because a file says so. What is not here is built only for who lists it in
`trusted`.

What belongs here keeps its state in plain attributes, does nothing with them
that a file must not decide (no paths that are written to, no names of code),
and hands no unchecked number to compiled code: see `_checks`. (So OneHotEncoder
is not here: where its attributes contradict one another, SciPy writes beyond
its memory.)
"""

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

CLASSES: dict[str, tuple[str, ...]] = {
    "skvoicefake.augmentation": ("AugmentedClassifier",),
    "skvoicefake.calibration": ("LLRCalibrator",),
    "skvoicefake.detectors": (
        "CepstralStatisticsTransformer",
        "DomainGuard",
        "GuardedClassifier",
        "SurfaceTransformer",
        "TreesAndKernel",
    ),
    "skvoicefake.feature_extraction": ("FilterBankTransformer", "LFCCTransformer", "MFCCTransformer"),
    "skvoicefake.mixture": ("GMMClassifier",),
    "skvoicefake.model_selection": ("LeaveOneAttackOut", "LeaveOneSourceOut", "SpoofGroupKFold"),
    "skvoicefake.neural_network": ("CNNLSTMClassifier",),
    "sklearn.calibration": (
        "CalibratedClassifierCV",
        "_CalibratedClassifier",
        "_SigmoidCalibration",
        "_TemperatureScaling",
    ),
    "sklearn.compose": ("ColumnTransformer",),
    "sklearn.decomposition": ("FastICA", "IncrementalPCA", "PCA", "TruncatedSVD"),
    "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "sklearn.dummy": ("DummyClassifier",),
    "sklearn.ensemble": (
        "AdaBoostClassifier",
        "BaggingClassifier",
        "ExtraTreesClassifier",
        "RandomForestClassifier",
        "StackingClassifier",
        "VotingClassifier",
    ),
    "sklearn.feature_selection": (
        "RFE",
        "SelectFromModel",
        "SelectKBest",
        "SelectPercentile",
        "VarianceThreshold",
    ),
    "sklearn.frozen": ("FrozenEstimator",),
    "sklearn.impute": ("MissingIndicator", "SimpleImputer"),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.linear_model": (
        "LogisticRegression",
        "RidgeClassifier",
        "RidgeClassifierCV",
    ),
    "sklearn.mixture": ("BayesianGaussianMixture", "GaussianMixture"),
    "sklearn.model_selection": (
        "FixedThresholdClassifier",
        "GroupKFold",
        "GroupShuffleSplit",
        "KFold",
        "LeaveOneGroupOut",
        "RepeatedStratifiedKFold",
        "ShuffleSplit",
        "StratifiedGroupKFold",
        "StratifiedKFold",
        "StratifiedShuffleSplit",
    ),
    "sklearn.multiclass": ("OneVsRestClassifier",),
    "sklearn.naive_bayes": ("BernoulliNB", "GaussianNB"),
    "sklearn.neural_network": ("MLPClassifier",),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing": (
        "Binarizer",
        "FunctionTransformer",
        "KBinsDiscretizer",
        "LabelBinarizer",
        "LabelEncoder",
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "OrdinalEncoder",
        "PolynomialFeatures",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    ),
    "sklearn.svm": ("SVC", "LinearSVC", "NuSVC"),
    "sklearn.tree": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
}

# From numbers to numbers, or what selectors of scikit-learn score features by.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "numpy": ("abs", "cbrt", "exp", "expm1", "log", "log10", "log1p", "log2", "sign", "sqrt", "square", "tanh"),
    "scipy.special": ("expit", "logit"),
    "sklearn.feature_selection": ("chi2", "f_classif", "mutual_info_classif"),
}

TYPES: dict[str, type] = {
    **{kind.__name__: kind for kind in (bool, int, float, str, object)},
    **{
        f"numpy.{name}": getattr(np, name)
        for name in (
            *("float16", "float32", "float64", "int8", "int16", "int32", "int64"),
            *("uint8", "uint16", "uint32", "uint64", "bool_", "str_", "object_"),
        )
    },
}

# Parameters and attributes that are of one machine or of one training: no file holds them.
LEFT_OUT = frozenset({"cache", "memmap", "memory", "callbacks", "_metadata_request"})

_MODULES = {f"{module}.{name}": module for of in (CLASSES, FUNCTIONS) for module, names in of.items() for name in names}


def is_allowed(name: str) -> bool:
    """Tell whether a file may name this class or function."""
    return name in _MODULES


def allowed(name: str) -> Any:
    """Return the class or function of a name on the list.

    Raises
    ------
    ImportError
        If its package is missing, or does not have it in this version.
    """
    module = _MODULES[name]
    try:
        return getattr(import_module(module), name.rpartition(".")[2])
    except AttributeError as error:
        raise ImportError(f"the installed {module.partition('.')[0]} has no {name}") from error


def name_on_list(value: Any) -> str | None:
    """Return the name of a class or function that is on the list, None for any other."""
    own = getattr(value, "__name__", None)
    package = str(getattr(value, "__module__", None) or "numpy").partition(".")[0]
    for name, module in _MODULES.items():
        if name.rpartition(".")[2] == own and module.partition(".")[0] == package and _has(name, value):
            return name
    # Functions of numpy have other names than they are imported by: abs is absolute.
    return next((name for name in _functions() if _has(name, value)), None) if callable(value) else None


def _functions() -> Iterable[str]:
    return (f"{module}.{name}" for module, names in FUNCTIONS.items() for name in names)


def _has(name: str, value: Any) -> bool:
    try:
        return allowed(name) is value
    except ImportError:
        return False


def is_function(value: Any) -> bool:
    """Tell a function, of Python or not, from a class and from any other object that can be called."""
    return inspect.isroutine(value) or isinstance(value, np.ufunc) or type(value).__name__ == "_ArrayFunctionDispatcher"


def full_name(value: Any) -> str:
    """Return the name by which a class or function of anyone's can be imported."""
    return f"{value.__module__}.{value.__qualname__}"


def read_trusted(trusted: Any) -> Mapping[str, Any]:
    """Return what a caller trusts, by name; what was given by name alone is None until it is needed.

    Raises
    ------
    TypeError
        If it is no list of classes, functions or names.
    """
    if isinstance(trusted, str | bytes | bool) or not isinstance(trusted, Iterable):
        raise TypeError(
            f"trusted must be a list of classes or functions, or of their names ('package.module.Class'), got"
            f" {trusted!r}."
        )
    found: dict[str, Any] = {}
    for item in trusted:
        if isinstance(item, str):
            found[item] = None
        elif callable(item) and hasattr(item, "__qualname__"):
            found[full_name(item)] = item
        else:
            raise TypeError(f"trusted must hold classes, functions or their names, got {item!r}.")
    return found


def import_trusted(name: str) -> Any:
    """Import what a caller trusts by its name.

    Raises
    ------
    ImportError
        If there is nothing of that name.
    """
    parts = name.split(".")
    for n in range(len(parts) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(parts[:n]))
        except ModuleNotFoundError as error:
            # A package that is missing inside of it is another matter.
            if error.name is None or not name.startswith(error.name):
                raise
            continue
        for part in parts[n:]:
            found = getattr(found, part, None)
        if found is not None:
            return found
    raise ImportError(f"trusted: there is nothing called {name} to import")
