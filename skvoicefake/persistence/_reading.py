"""From JSON and arrays to an estimator: see `_writing`.

No constructor is called, and no `__setstate__`: an object is made empty and
given its attributes. What they may be is checked where it matters.
"""

import inspect
import keyword
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._allowed import LEFT_OUT, TYPES, allowed, import_trusted, is_allowed
from skvoicefake.persistence._arrays import is_plain
from skvoicefake.persistence._checks import check
from skvoicefake.persistence._errors import refuse
from skvoicefake.persistence._special import SPECIAL

DEEPEST = 200  # a value is two levels of JSON at most
# Items of a set, or keys of a dict that are no strings. Numbers and tuples can be made to have one hash, and take the
# square of their number in time; hashes of strings are other ones in each process. Of classes, there are a few.
MOST_KEYS = 1000
MOST_STATES = 1000  # random states, which take NumPy some 100 us each to make and a file some 100 bytes to hold
SCALARS = frozenset(["bool_", "bool", "str_", "bytes_", "float16", "float32", "float64"]) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
SEVERAL: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}


class Reader:
    """Puts estimators together.

    Parameters
    ----------
    array : callable
        From n to the array that ``{"array": n}`` stands for; the same one each time.
    trusted : mapping of str to class, function or None
        See `read_trusted`.
    """

    def __init__(self, array: Callable[[int], NDArray[Any]], trusted: Mapping[str, Any]) -> None:
        self._array = array
        self._trusted = trusted
        self._objects: list[Any] = []
        self.has_network = False
        self._n_states = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        """Return what a node stands for.

        Raises
        ------
        UnsafeFileError
            If it stands for nothing, or for what must not be.
        """
        if depth > DEEPEST:
            refuse("its content is nested too deeply")
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if isinstance(node, list):
            return [self.value(item, depth + 1) for item in node]
        if node.keys() == {"class", "state"}:
            return self._kept(self._instance(node["class"], node["state"], depth))
        if len(node) != 1:
            refuse(f"its content has an object of the keys {sorted(node)[:5]}")
        ((key, content),) = node.items()
        if key in SPECIAL:
            self.has_network |= key == "network"
            self._n_states += key == "random_state"
            if self._n_states > MOST_STATES:
                refuse(f"its content has more than {MOST_STATES} random states")
            return self._kept(SPECIAL[key].value(self.value(content, depth + 1)))
        if key in SEVERAL:
            items = self._list(content, depth)
            if key != "tuple":
                _check_keys(items)
            return SEVERAL[key](items)
        method = getattr(self, f"_{key}_of", None) if key in KEYS else None
        if method is None:
            refuse(f"its content has an object of the kind {key!r:.50}, which this version does not know")
        return method(content, depth)

    def _list(self, content: Any, depth: int) -> list[Any]:
        if not isinstance(content, list):
            refuse(f"its content has a {type(content).__name__} where a list belongs")
        return [self.value(item, depth + 1) for item in content]

    def _kept(self, value: Any) -> Any:
        self._objects.append(value)
        return value

    def _dict_of(self, content: Any, depth: int) -> dict[Any, Any]:
        pairs = [self._list(pair, depth + 1) for pair in content]
        _check_keys([key for key, _ in pairs if type(key) is not str])
        found = dict(pairs)
        if len(found) != len(pairs):
            refuse("its content has a dict with a key twice")
        return found

    def _float_of(self, content: Any, depth: int) -> float:
        if content not in ("nan", "inf", "-inf"):
            refuse("its content has a float that is none")
        return float(content)

    def _bytes_of(self, content: Any, depth: int) -> bytes:
        return bytes.fromhex(content)

    def _slice_of(self, content: Any, depth: int) -> slice:
        start, stop, step = self._list(content, depth)
        if not all(part is None or isinstance(part, int) for part in (start, stop, step)):
            refuse("its content has a slice that is not of whole numbers")
        return slice(start, stop, step)

    def _array_of(self, content: Any, depth: int) -> NDArray[Any]:
        return self._array(content)

    def _objects_of(self, content: Any, depth: int) -> NDArray[np.object_]:
        shape, items = content
        if not all(type(size) is int and size >= 0 for size in shape) or math.prod(shape) != len(items):
            refuse("its content has an array of objects whose shape is not that of its items")
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            array[i] = self.value(item, depth + 1)
        return array.reshape(shape)

    def _scalar_of(self, content: Any, depth: int) -> Any:
        name, value = content
        if name not in SCALARS:
            refuse(f"its content has a number of the type {name!r:.50}")
        return getattr(np, "bool_" if name == "bool" else name)(self.value(value, depth + 1))

    def _dtype_of(self, content: Any, depth: int) -> np.dtype[Any]:
        dtype = np.dtype(str(content))
        if not is_plain(dtype) or dtype.names is not None:
            refuse(f"its content has the type {dtype}")
        return dtype

    def _type_of(self, content: Any, depth: int) -> Any:
        return TYPES[content] if content in TYPES else self._named(content, is_class=True)

    def _function_of(self, content: Any, depth: int) -> Any:
        return self._named(content, is_class=False)

    def _ref_of(self, content: Any, depth: int) -> Any:
        if type(content) is not int or not 0 <= content < len(self._objects):
            refuse("its content refers to an object that is not there")
        return self._objects[content]

    def _named(self, name: Any, *, is_class: bool) -> Any:
        if is_allowed(name):
            found = allowed(name)
        elif name in self._trusted:
            found = self._trusted[name]
            found = import_trusted(name) if found is None else found
        else:
            refuse_names([name])
        if isinstance(found, type) != is_class or not callable(found):
            refuse(f"{name} is no {'class' if is_class else 'function'}")
        return found

    def _instance(self, name: Any, state: Any, depth: int) -> Any:
        kind = self._named(name, is_class=True)
        if not isinstance(state, dict):
            refuse(f"the attributes of {name} are none")
        for key, node in state.items():
            if not key.isidentifier() or keyword.iskeyword(key) or key.startswith("__"):
                refuse(f"{name} has an attribute called {key!r:.50}")
            if is_allowed(name) and ((key in LEFT_OUT and node is not None) or _is_of_class(kind, key)):
                refuse(f"{name} has a {key!r}, which no file may set")
        attributes = {key: self.value(node, depth + 1) for key, node in state.items()}
        made = object.__new__(kind)
        # Parameters that are newer than the file have their defaults.
        vars(made).update({**(defaults(kind) if hasattr(kind, "get_params") else {}), **attributes})
        if is_allowed(name):
            check(name, made)
        return made


def _check_keys(keys: list[Any]) -> None:
    if len(keys) > MOST_KEYS:
        refuse(
            f"its content has a set or dict of {len(keys)} keys that are no strings, and at most {MOST_KEYS} are read"
        )


def _is_of_class(kind: type, name: str) -> bool:
    """Tell whether a class has something of that name: methods, links of its documentation, and the like."""
    return any(name in vars(base) for base in kind.__mro__)


KEYS = frozenset(name[1:-3] for name in vars(Reader) if name.startswith("_") and name.endswith("_of"))


@cache
def defaults(kind: Any) -> dict[str, Any]:
    """Return the parameters of an estimator's class that have a default, with that."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}


def strangers(node: Any, trusted: Mapping[str, Any]) -> list[str]:
    """Return the names in a content that are neither on the allow-list nor trusted, sorted."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            if isinstance(state := item.get("state"), dict):
                waiting += state.values()
            names = [name for key in ("class", "function", "type") if isinstance(name := item.get(key), str)]
            found.update(name for name in names if not (is_allowed(name) or name in TYPES or name in trusted))
            waiting += [content for key, content in item.items() if key != "state"]
    return sorted(found)


def refuse_names(names: list[Any]) -> Any:
    """Refuse a file for what it names."""
    shown = ", ".join(f"{name!s:.100}" for name in names[:5]) + (" ..." if len(names) > 5 else "")
    refuse(
        f"it is made of what is not on the list of what files may be made of: {shown}. If this is code that you know"
        " and trust, name it in `trusted`"
    )
