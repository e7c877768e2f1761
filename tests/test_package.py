import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skvoicefake

PACKAGE = Path(skvoicefake.__file__).parent

# The lower a room, the fewer others it knows. Rooms of one floor never import one another.
FLOORS = {
    "labels": 0,
    "audio": 0,
    "_plotting": 0,
    "_groups": 0,
    "_lazy": 0,
    "_classifier_input": 0,
    "_meta_classifier": 0,
    "_reports": 0,
    "_warn": -1,
    "_row": 1,
    "feature_extraction": 1,
    "neural_network": 1,
    "metrics": 1,
    "datasets": 1,
    "augmentation": 1,
    "mixture": 1,
    "calibration": 2,
    "model_selection": 2,
    "inspection": 2,
    "detectors": 3,
    "persistence": 4,
    "cli": 5,
    "__main__": 6,
    "testing": 6,
}
FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Return the full names of all modules that a file imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set(FLOORS)


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) != "__init__"], ids=name_of)
def test_imports_run_one_way(path):
    room = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "skvoicefake" or len(parts) == 1 or parts[1] == room:
            continue
        other = skvoicefake._HOMES.get(parts[1], ".".join(parts[:2])).split(".")[1]
        assert other == "__version__" or FLOORS[other] < FLOORS[room], f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_belong(path):
    libraries = {name.split(".")[0] for name in imports(path)}
    if room_of(path) not in {"neural_network", "persistence"}:
        assert not libraries & {"keras", "tensorflow", "scikeras"}
    if name_of(path) != "neural_network/_cnn_lstm.py":
        assert "scikeras" not in libraries
    at_the_top = {
        name.split(".")[0]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert "matplotlib" not in at_the_top


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    script = f"{statement}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


HEAVY = {"tensorflow", "keras", "scikeras", "librosa", "matplotlib", "pandas"}


def test_importing_the_package_loads_nothing_heavy():
    loaded = loaded_by("import skvoicefake; dir(skvoicefake)")
    assert "skvoicefake" in loaded
    assert not loaded & (HEAVY | {"sklearn", "scipy", "soundfile"})


def test_features_load_no_network():
    loaded = loaded_by(
        "from skvoicefake import MFCCTransformer; MFCCTransformer(duration=.1).fit_transform([[.1, .2]])"
    )
    assert not loaded & {"tensorflow", "keras", "scikeras", "librosa", "matplotlib"}


NO_NETWORK = [
    "metrics",
    "calibration",
    "datasets",
    "labels",
    "audio",
    "augmentation",
    "mixture",
    "inspection",
    "detectors",
    "persistence",
    "cli",
]


@pytest.mark.parametrize("room", NO_NETWORK)
def test_these_rooms_load_no_network(room):
    assert not loaded_by(f"import skvoicefake.{room}") & {"tensorflow", "keras", "scikeras", "librosa", "matplotlib"}


def test_public_names_are_there():
    assert set(skvoicefake.__all__) <= set(dir(skvoicefake))
    assert {"audio", "labels", "feature_extraction", "neural_network"} <= set(dir(skvoicefake))
    for name in skvoicefake.__all__:
        assert getattr(skvoicefake, name) is not None


def test_estimators_say_where_they_live():
    assert skvoicefake.MFCCTransformer.__module__.startswith("skvoicefake.feature_extraction")
    assert skvoicefake.neural_network.CNNLSTMClassifier is skvoicefake.CNNLSTMClassifier


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'skvoicefake' has no attribute 'MFCTransformer'"):
        skvoicefake.MFCTransformer  # noqa: B018
    with pytest.raises(ImportError):
        from skvoicefake import nothing_of_that_name  # noqa: F401
