"""Versions of libraries, then and now."""

import platform
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = ("skvoicefake", "scikit-learn", "keras", "tensorflow", "numpy", "scipy", "librosa")
# What the numbers of a network depend on, and of nothing else.
OF_NETWORKS = frozenset({"keras", "tensorflow"})


def versions() -> dict[str, str]:
    """Return the versions that a detector may depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # tensorflow-cpu, say, or the package on the path but not installed
            found[name] = "unknown"
    return found


def changed(then: dict[str, str], *, has_network: bool = True) -> list[str]:
    """Name libraries whose first two numbers are others than they were, with both versions."""
    now = versions()
    return [
        f"{name} {then[name]} (now {now[name]})"
        for name in LIBRARIES
        if (has_network or name not in OF_NETWORKS)
        and name in then
        and then[name].split(".")[:2] != now[name].split(".")[:2]
    ]
