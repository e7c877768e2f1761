"""Where a panel is made, row by row: in memory, or in a file for one that is larger than memory."""

import errno
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Panel(Protocol):
    """Rows of one shape, which any thread may read and set, and the array that they make in the end."""

    def __getitem__(self, i: int) -> Array: ...

    def __setitem__(self, i: int, row: Any) -> None: ...

    def finish(self) -> Array:
        """Return all rows as one array, which no copy is made for."""
        ...


@contextmanager
def new_panel(shape: tuple[int, ...], folder: str | os.PathLike[str] | None) -> Iterator[Panel]:
    """Make a panel in memory, or in a file of its own in a folder; the file is gone if it is left unfinished."""
    if folder is None:
        yield _Memory(shape)
        return
    panel = _File(shape, folder)
    try:
        yield panel
    finally:
        panel.discard()


class _Memory:
    def __init__(self, shape: tuple[int, ...]) -> None:
        try:
            self._array = np.zeros(shape, dtype=np.float32)
        except MemoryError:
            raise MemoryError(
                f"The panel of {shape[0]} clips takes {_size(shape)}, more than there is memory. Set memmap to a folder"
                " to make it in a file."
            ) from None

    def __getitem__(self, i: int) -> Array:
        return self._array[i]

    def __setitem__(self, i: int, row: Any) -> None:
        self._array[i] = row

    def finish(self) -> Array:
        return self._array


class _File:
    """Rows written to a file, which is mapped once all are there.

    Rows written to a mapping would count as memory of this process for as
    long as the system likes, and a full disk would kill it with a signal.
    """

    def __init__(self, shape: tuple[int, ...], folder: str | os.PathLike[str]) -> None:
        self._shape, self._folder = shape, os.fspath(folder)
        self._row_bytes = _n_bytes(shape[1:])
        self._lock = threading.Lock()
        with self._explained():
            Path(self._folder).mkdir(parents=True, exist_ok=True)
            # Better now than after hours of work.
            if shutil.disk_usage(self._folder).free < _n_bytes(shape):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            descriptor, path = tempfile.mkstemp(prefix="skvoicefake-", suffix=".panel", dir=self._folder)
        self._file = os.fdopen(descriptor, "r+b")
        self._path = path
        self._is_finished = False

    def __getitem__(self, i: int) -> Array:
        row = np.empty(self._shape[1:], dtype=np.float32)
        with self._lock, self._explained():
            self._file.seek(i * self._row_bytes)
            self._file.readinto(row.data.cast("B"))
        return row

    def __setitem__(self, i: int, row: Any) -> None:
        row = np.ascontiguousarray(np.broadcast_to(row, self._shape[1:]), dtype=np.float32)
        with self._lock, self._explained():
            self._file.seek(i * self._row_bytes)
            self._file.write(row.data.cast("B"))

    def finish(self) -> Array:
        with self._explained():
            self._file.close()
            array = np.memmap(self._path, dtype=np.float32, mode="r+", shape=self._shape)
        # The mapping lives as long as any view of the array.
        weakref.finalize(array._mmap, _remove, self._path, os.getpid())  # type: ignore[attr-defined]
        self._is_finished = True
        return array

    def discard(self) -> None:
        """Remove the file, unless it has become an array."""
        if self._is_finished:
            return
        with suppress(OSError):  # what is left to write does not matter any more
            self._file.close()
        _remove(self._path, os.getpid())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"memmap={self._folder!r} cannot hold the panel of {self._shape[0]} clips ({_size(self._shape)}):"
                f" {error.strerror}. Make room, or choose another folder.",
            ) from error


def _remove(path: str, owner: int) -> None:
    # A forked child holds the mapping as well, but the file is its parent's.
    if os.getpid() != owner:
        return
    with suppress(OSError):  # gone, or (on Windows) still mapped
        Path(path).unlink()


def _n_bytes(shape: tuple[int, ...]) -> int:
    n_bytes = np.dtype(np.float32).itemsize
    for length in shape:
        n_bytes *= int(length)
    return n_bytes


def _size(shape: tuple[int, ...]) -> str:
    n_bytes = _n_bytes(shape)
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.1f} MB"
