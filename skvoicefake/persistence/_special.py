"""Objects that are more than their attributes, by the key that stands for them in a file.

A codec tells its objects (`is_mine`), takes one apart into what `Writer` knows
(`content`), and puts one together (`value`), after it has looked at all of it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skvoicefake.persistence import _networks, _shipped, _trees
from skvoicefake.persistence._errors import refuse


class Codec(NamedTuple):
    """How objects of a kind are stored."""

    is_mine: Callable[[Any], bool]
    content: Callable[[Any], Any]
    value: Callable[[Any], Any]


def keyed(content: Any, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    """Return a content if it has these keys, no others, and what belongs there."""
    if not isinstance(content, dict) or content.keys() != kinds.keys():
        refuse("an object in it has not the parts that it should have")
    for name, kind in kinds.items():
        if not isinstance(content[name], kind) or isinstance(content[name], bool):
            refuse(f"its {name!r} is a {type(content[name]).__name__}")
    return dict(content)


def _random_state_content(value: np.random.RandomState) -> Any:
    state: Any = value.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise ValueError("is a RandomState of another generator than MT19937")
    return {**state["state"], "has_gauss": state["has_gauss"], "gauss": state["gauss"]}


def _random_state_value(content: Any) -> np.random.RandomState:
    parts = keyed(content, key=np.ndarray, pos=int, has_gauss=int, gauss=float)
    key, pos = parts["key"], parts["pos"]
    # The generator reads its key at `pos` without a look at it.
    if key.shape != (624,) or key.dtype != np.uint32 or not 0 <= pos <= 624 or parts["has_gauss"] not in (0, 1):
        refuse("the state of a RandomState is none")
    made = np.random.RandomState(np.random.MT19937(0))  # which takes half as long as RandomState(0)
    made.set_state(("MT19937", key, pos, parts["has_gauss"], parts["gauss"]))
    return made


def _generator_content(value: np.random.Generator) -> Any:
    state: Any = value.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(f"is a Generator of {state['bit_generator']}, and only those of PCG64 are")
    return {**state["state"], "has_uint32": state["has_uint32"], "uinteger": state["uinteger"]}


def _generator_value(content: Any) -> np.random.Generator:
    parts = keyed(content, state=int, inc=int, has_uint32=int, uinteger=int)
    limits = {"state": 2**128, "inc": 2**128, "has_uint32": 2, "uinteger": 2**32}
    if not all(0 <= parts[name] < limit for name, limit in limits.items()):
        refuse("the state of a Generator is none")
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": parts["state"], "inc": parts["inc"]},
        "has_uint32": parts["has_uint32"],
        "uinteger": parts["uinteger"],
    }
    return np.random.Generator(bits)


def _is_bunch(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ == "Bunch" and kind.__module__.startswith("sklearn.")


def _bunch_value(content: Any) -> Any:
    from sklearn.utils import Bunch

    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        refuse("a Bunch in it is none")
    return Bunch(**content)


SPECIAL = {
    "bunch": Codec(_is_bunch, dict, _bunch_value),
    "detector": Codec(_shipped.is_mine, _shipped.content, _shipped.value),
    "generator": Codec(lambda value: type(value) is np.random.Generator, _generator_content, _generator_value),
    "network": Codec(_networks.is_network, _networks.network_content, _networks.network_value),
    "optimizer": Codec(_networks.is_optimizer, _networks.optimizer_content, _networks.optimizer_value),
    "random_state": Codec(
        lambda value: type(value) is np.random.RandomState, _random_state_content, _random_state_value
    ),
    "tree": Codec(_trees.is_mine, _trees.content, _trees.value),
}
