"""From an estimator to what JSON and arrays hold.

JSON's own null, true, false, strings, whole and finite numbers and lists stand
for themselves. All else is an object with one key, which says what it is:
``{"tuple": [...]}``, ``{"array": 3}``, ``{"class": "sklearn.svm.SVC",
"state": {...}}``. What is met again is ``{"ref": n}``: the n-th object that
was finished.
"""

import math
from collections.abc import Callable
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._allowed import LEFT_OUT, TYPES, full_name, import_trusted, is_function, name_on_list
from skvoicefake.persistence._arrays import is_plain
from skvoicefake.persistence._checks import DERIVED
from skvoicefake.persistence._special import SPECIAL

# Levels of an estimator, its parameters and theirs. A detector has some twenty.
DEEPEST = 100

_TYPE_NAMES = {kind: name for name, kind in TYPES.items()}


class Writer:
    """Takes estimators apart.

    Attributes
    ----------
    arrays : list of ndarray
        What ``{"array": n}`` stands for.
    left_out : list of str
        Where something was found that no file holds.
    strangers : dict of str to class or function
        What is not on the allow-list, by name.
    """

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.left_out: list[str] = []
        self.strangers: dict[str, Any] = {}
        self._array_places: dict[int, int] = {}
        self._object_places: dict[int, int] = {}
        self._met: list[Any] = []  # kept, so that no other object gets the place in memory by which one is known

    def node(self, value: Any, where: str, depth: int = 0) -> Any:
        """Return what stands for a value. `where` it was found is for errors.

        Raises
        ------
        ValueError
            If it cannot be stored.
        """
        if depth > DEEPEST:
            _cannot(where, "is nested too deeply, or holds itself")
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            return self._items(value, where, depth)
        if kind in (tuple, set, frozenset):
            return {kind.__name__: self._items(value, where, depth)}
        if kind is dict:
            return {"dict": self._pairs(value, where, depth)}
        if kind is bytes:
            return {"bytes": value.hex()}
        if kind is slice:
            return {"slice": self._items([value.start, value.stop, value.step], where, depth)}
        if kind in (np.ndarray, np.memmap):
            return self._array(value, where, depth)
        if isinstance(value, np.generic):
            return self._scalar(value, where, depth)
        if isinstance(value, np.dtype):
            return {"dtype": value.str} if is_plain(value) and value.names is None else _cannot(where, f"is {value!r}")
        if isinstance(value, type):
            return {"type": _TYPE_NAMES[value]} if value in _TYPE_NAMES else self._named("type", value, where)
        if is_function(value):
            return self._named("function", value, where)
        return self._object(value, where, depth)

    def _items(self, values: Any, where: str, depth: int) -> list[Any]:
        return [self.node(value, f"{where}[{i}]", depth + 1) for i, value in enumerate(values)]

    def _pairs(self, values: dict[Any, Any], where: str, depth: int) -> list[Any]:
        return [
            [self.node(key, where, depth + 1), self.node(value, f"{where}[{key!r}]", depth + 1)]
            for key, value in values.items()
        ]

    def _array(self, array: NDArray[Any], where: str, depth: int) -> Any:
        if array.dtype == object:
            return {"objects": [list(array.shape), self._items(array.ravel().tolist(), where, depth)]}
        if not is_plain(array.dtype):
            _cannot(where, f"is an array of type {array.dtype}")
        if id(array) not in self._array_places:
            self._array_places[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return {"array": self._array_places[id(array)]}

    def _scalar(self, value: np.generic, where: str, depth: int) -> Any:
        if value.dtype.kind not in "biufUS" or value.dtype == np.longdouble:
            _cannot(where, f"is a {type(value).__name__}")
        # Types that only some machines tell apart have one name.
        name = value.dtype.name if value.dtype.kind in "biuf" else type(value).__name__
        return {"scalar": [name, self.node(value.item(), where, depth + 1)]}

    def _named(self, key: str, value: Any, where: str) -> Any:
        name = name_on_list(value)
        return {key: self._stranger(value, where) if name is None else name}

    def _stranger(self, value: Any, where: str) -> str:
        """Note a class or function that is not on the list; return its name."""
        try:
            name = full_name(value)
            found = import_trusted(name)
        except (AttributeError, ImportError, ValueError, TypeError):
            found = None
        if found is not value:
            _cannot(where, f"is {value!r}, which has no name to be imported by")
        self.strangers[name] = value
        return name

    def _object(self, value: Any, where: str, depth: int) -> Any:
        if id(value) in self._object_places:
            return {"ref": self._object_places[id(value)]}
        self._met.append(value)
        special = next((name for name, codec in SPECIAL.items() if codec.is_mine(value)), None)
        if special is not None:
            try:
                content = SPECIAL[special].content(value)
            except ValueError as error:
                _cannot(where, str(error))
            node: Any = {special: self.node(content, where, depth + 1)}
        else:
            node = self._instance(value, where, depth)
        self._object_places[id(value)] = len(self._object_places)
        return node

    def _instance(self, value: Any, where: str, depth: int) -> Any:
        kind = type(value)
        name = name_on_list(kind)
        if hasattr(kind, "_run_search"):
            _cannot(where, "is a search", "Save its best_estimator_.")
        if name is None:
            if not keeps_plain_state(kind):
                _cannot(where, f"is a {kind.__name__}, which does not keep all it knows in attributes")
            name = self._stranger(kind, where)
            state = vars(value)
        else:
            own = vars(value)
            self.left_out += [f"{where}.{key}" for key in LEFT_OUT & own.keys() if own[key] is not None]
            dropped = DERIVED.get(name, ())
            state = {key: None if key in LEFT_OUT else item for key, item in own.items() if key not in dropped}
            state.pop("_metadata_request", None)
        nodes = {key: self.node(item, f"{where}.{key}", depth + 1) for key, item in state.items()}
        return {"class": name, "state": nodes}


def keeps_plain_state(kind: type) -> bool:
    """Tell whether objects of a class are their attributes, and copied by these."""
    from sklearn.base import BaseEstimator

    ways: dict[str, Callable[..., Any] | None] = {
        "__reduce__": object.__reduce__,
        "__reduce_ex__": object.__reduce_ex__,
        "__getstate__": object.__getstate__,
        "__setstate__": None,
    }
    usual = all(getattr(kind, way, None) in (of_any, getattr(BaseEstimator, way, None)) for way, of_any in ways.items())
    return (
        usual
        and getattr(kind, "__dictoffset__", 0) != 0
        and not any("__slots__" in vars(base) for base in kind.__mro__)
    )


def _cannot(where: str, why: str, what_to_do: str = "Set it to something else, or use joblib.dump.") -> Never:
    raise ValueError(f"{where} cannot be saved: it {why}. {what_to_do}")
