"""Addresses such as ``s3://bucket/clip.wav`` -> bytes, through fsspec, where it is installed."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from skvoicefake.audio._clip import AudioError, clip_name

# Also chains, such as zip://clip.wav::s3://bucket/clips.zip.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
# What pathlib makes of an address.
FLATTENED = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:/[^/]")
Found = TypeVar("Found")


def is_address(path: object) -> bool:
    """Tell whether a path is one for fsspec. Nothing is imported to tell."""
    return isinstance(path, str) and "://" in path and ADDRESS.match(path) is not None


def fetch(address: str, name: str | None = None) -> bytes:
    """Return what lies at an address.

    Raises
    ------
    AudioError
        If nothing can be had from there.
    ImportError
        If fsspec, or what it needs for this kind of address, is not installed.
    """
    content = _ask(address, clip_name(address) if name is None else name, lambda files, path: files.cat_file(path))
    return bytes(content)


def files_below(address: str) -> list[str]:
    """Return the addresses of all files below one that ends with a slash, sorted; raise as `fetch` does."""

    def find(files: Any, path: str) -> list[str]:
        return sorted(files.unstrip_protocol(found) for found in files.find(path))

    return _ask(address, clip_name(address), find)


def _ask(address: str, name: str, question: Callable[[Any, str], Found]) -> Found:
    try:
        core: Any = import_module("fsspec.core")
    except ImportError:
        raise ImportError(
            f"{name}: an address like this is read by fsspec, which is not installed:"
            " pip install 'skvoicefake[remote]'."
        ) from None
    try:
        return question(*core.url_to_fs(address))
    except ImportError as error:
        kind = address.split("://")[0]
        raise ImportError(f"{name}: fsspec needs another package for {kind}://: {_one_line(error)}") from error
    except FileNotFoundError as error:
        raise AudioError(f"{name}: no such file, or no such bucket. Check the address.") from error
    except IsADirectoryError as error:
        raise AudioError(f"{name}: expected an audio file, got a folder. List the files in it instead.") from error
    except PermissionError as error:
        raise AudioError(f"{name}: access denied. Check the address and your credentials.") from error
    except TimeoutError as error:
        raise AudioError(f"{name}: no answer in time. Try again.") from error
    except Exception as error:  # Every store has errors of its own.
        status = getattr(error, "status", None)
        said = f"the server answered {status}" if status else f"{type(error).__name__}: {_one_line(error)}"
        raise AudioError(f"{name}: cannot be fetched: {said}. Check the address and your credentials.") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
