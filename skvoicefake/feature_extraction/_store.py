"""A folder that keeps what was computed of every clip, so that it is computed once."""

import contextlib
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

# Backup programs know this name and line, and leave the folder out: https://bford.info/cachedir/
TAG, SIGNATURE = "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"
NOTE = "# A feature store of skvoicefake. It may be deleted at any time.\n"
RECIPES, RECIPE = "recipes", re.compile(r"[0-9a-f]{16}\.json(\.[0-9a-f]{32}\.tmp)?")
N_SHARDS = 256
ENTRY = re.compile(r"(?P<recipe>[0-9a-f]{16})-[0-9a-f]{64}(?P<unfinished>\.[0-9a-f]{32}\.tmp)?")
PAGE = 4096  # bytes; disks give out no less
CHECKSUM = 32  # bytes before the content of an entry
# When an entry was used is noted so many seconds after it was noted last.
NOTED = 600
# What a program left that died while it wrote is removed when it is so many seconds old.
LEFT = 3600
# So many entries are looked at, at least, when some have to go, and room is made for an eighth of them.
N_LOOKED_AT = 1024


class Kept(NamedTuple):
    """What a store keeps of one recipe.

    Attributes
    ----------
    recipe : dict
        Parameters and versions that the numbers come from; empty if that is
        not known any more.
    n_entries, n_bytes : int
        How many clips, and what they take on the disk.
    oldest, newest : datetime
        When the one that was not used for the longest time was used last, and
        when the latest use was.
    """

    recipe: dict[str, Any]
    n_entries: int
    n_bytes: int
    oldest: datetime
    newest: datetime


class _Entry(NamedTuple):
    used: float
    path: str
    n_bytes: int


@dataclass(frozen=True, repr=False)
class FeatureStore:
    """A folder that keeps the features of every clip, so that they are computed once.

    For the `cache` of :class:`~skvoicefake.MFCCTransformer`, where a path
    stands for ``FeatureStore(path)``. Any number of threads and processes may
    share a folder, and any of them may die at any moment: an entry is whole or
    not there, and a checksum finds those that were damaged.

    Parameters
    ----------
    folder : path
        Made when first written to. It may be deleted at any time.
    key : {"content", "stat"}, default="content"
        How a file is recognised: by all of its bytes, wherever it lies and
        whatever its date; or by device, inode, size and times, which takes no
        reading but computes anew what was copied, moved or touched. A file
        that was changed within the last two seconds goes by its content.
        Clips that are no files always do.
    max_bytes : int or None, default=10 * 2**30
        What the folder may take on the disk, 10 GiB by default. Where it
        would grow beyond, entries go that were not used for the longest time.
        None sets no limit.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    See Also
    --------
    skvoicefake.MFCCTransformer : Takes a store as its `cache`.

    Notes
    -----
    The limit is kept without a walk through the folder: now and then a write
    looks at a part of it, and holds that part to its share. So the folder
    may be a few per cent larger for a while. When an entry was used is known
    to ten minutes.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skvoicefake import MFCCTransformer
    >>> from skvoicefake.feature_extraction import FeatureStore
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = FeatureStore(folder.name, max_bytes=2**20)
    >>> clips = [np.random.default_rng(i).normal(size=16000) for i in range(3)]
    >>> panel = MFCCTransformer(duration=1.0, cache=store).fit_transform(clips)
    >>> [(kept.n_entries, kept.n_bytes) for kept in store.contents()]
    [(3, 49152)]
    >>> store.clear()
    >>> store.contents()
    []
    >>> folder.cleanup()
    """

    folder: str | os.PathLike[str]
    _: KW_ONLY
    key: str = "content"
    max_bytes: int | None = 10 * 2**30

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | os.PathLike) or not os.fspath(self.folder):
            raise ValueError(f"FeatureStore: folder must be the path of a folder, got {self.folder!r}.")
        if self.key not in ("content", "stat"):
            raise ValueError(f'FeatureStore: key must be "content" or "stat", got {self.key!r}.')
        limit: Any = self.max_bytes
        if limit is not None and not (isinstance(limit, int | float) and limit > 0):
            raise ValueError(f"FeatureStore: max_bytes must be positive, or None for no limit, got {limit!r}.")

    def __repr__(self) -> str:
        values = [(field.name, getattr(self, field.name), field.default) for field in fields(self)[1:]]
        changed = [f"{name}={value!r}" for name, value, default in values if value != default]
        return f"FeatureStore({', '.join([repr(os.fspath(self.folder)), *changed])})"

    def contents(self) -> list[Kept]:
        """Tell what is kept, by recipe; those used last come first.

        Returns
        -------
        contents : list of Kept
            Named tuples of `recipe`, `n_entries`, `n_bytes`, `oldest`, `newest`.
        """
        entries: dict[str, list[_Entry]] = {}
        for entry in self._entries(range(N_SHARDS)):
            entries.setdefault(os.path.basename(entry.path)[:16], []).append(entry)  # noqa: PTH119
        kept = []
        for name, group in entries.items():
            used = [datetime.fromtimestamp(entry.used, UTC) for entry in group]
            n_bytes = sum(entry.n_bytes for entry in group)
            kept.append(Kept(self._recipe(name), len(group), n_bytes, min(used), max(used)))
        return sorted(kept, key=lambda row: row.newest, reverse=True)

    def shrink(self, max_bytes: int) -> None:
        """Remove the entries that were not used for the longest time.

        Parameters
        ----------
        max_bytes : int
            What those that stay may take on the disk.
        """
        _drop(list(self._entries(range(N_SHARDS))), max_bytes, max_bytes)

    def clear(self) -> None:
        """Remove all that belongs to the store, and the folder if nothing else is in it."""
        folder = Path(self.folder)
        shards = [folder / f"{number:02x}" for number in range(N_SHARDS)]
        ours = [path for shard in shards for path in _files(shard, ENTRY)] + _files(folder / RECIPES, RECIPE)
        if self._has_tag():
            ours.append(folder / TAG)
        for path in ours:
            with contextlib.suppress(OSError):
                path.unlink()
        for path in (*shards, folder / RECIPES, folder):
            with contextlib.suppress(OSError):  # not if there is something else in it
                path.rmdir()

    def exists(self) -> bool:
        """Tell whether something was written to the folder, as a store."""
        return self._has_tag() or bool(_files(Path(self.folder) / RECIPES, RECIPE))

    def _has_tag(self) -> bool:
        # Another program may have put one of its own there.
        try:
            return (Path(self.folder) / TAG).read_text() == f"{SIGNATURE}\n{NOTE}"
        except (OSError, ValueError):
            return False

    def _read(self, name: str, n_bytes: int) -> memoryview | None:
        """Return an entry of so many bytes."""
        try:
            with open(self._path(name), "rb", buffering=0) as file:
                entry = file.read(n_bytes + CHECKSUM + 1)
                if time.time() - os.fstat(file.fileno()).st_mtime > NOTED:
                    with contextlib.suppress(OSError):  # of others, or on a disk that cannot be written to
                        os.utime(file.name)
        except OSError:
            return None
        content = memoryview(entry)[CHECKSUM:]
        return content if len(content) == n_bytes and _checksum(name, content) == entry[:CHECKSUM] else None

    def _write(self, name: str, content: bytes) -> None:
        """Keep an entry, and make room if it is time to. Raises OSError if it cannot be written."""
        path, entry = self._path(name), _checksum(name, content) + content
        try:
            _put(path, entry)
        except FileNotFoundError:  # the first one there, or somebody has cleared the folder
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            tag = Path(self.folder) / TAG
            if not tag.exists():
                _put(str(tag), f"{SIGNATURE}\n{NOTE}".encode())
            _put(path, entry)
        self._make_room(name, len(content))

    def _write_recipe(self, name: str, recipe: str) -> None:
        path = Path(self.folder) / RECIPES / f"{name}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(str(path), recipe.encode())

    def _recipe(self, name: str) -> dict[str, Any]:
        try:
            recipe = json.loads((Path(self.folder) / RECIPES / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return recipe if isinstance(recipe, dict) else {}

    def _make_room(self, name: str, n_bytes: int) -> None:
        """Hold a part of the shards to its share of `max_bytes`, once in a while.

        Names are digests, so that parts grow alike, and a digit of the name
        makes for a die that all processes throw alike.
        """
        if self.max_bytes is None:
            return
        n_entries = self.max_bytes / _on_disk(n_bytes + CHECKSUM)
        n_parts = N_SHARDS
        while n_parts > 1 and n_entries / n_parts < N_LOOKED_AT:
            n_parts //= 2
        if int(name[-8:], 16) / 16**8 > 16 * n_parts / n_entries:
            return
        a_part = N_SHARDS // n_parts
        first = int(name[17:19], 16) // a_part * a_part
        share = self.max_bytes // n_parts
        _drop(list(self._entries(range(first, first + a_part))), share, share - share // 8)

    def _entries(self, shards: range) -> Iterator[_Entry]:
        """Look at the entries in some shards; remove what was left unfinished there."""
        now = time.time()
        for number in shards:
            found = []
            with contextlib.suppress(OSError):  # no such folder yet
                found = list(os.scandir(os.path.join(self.folder, f"{number:02x}")))  # noqa: PTH118
            for file in found:
                match = ENTRY.fullmatch(file.name)
                with contextlib.suppress(OSError):  # another process has removed it
                    if match and not match["unfinished"]:
                        status = file.stat()
                        yield _Entry(status.st_mtime, file.path, _on_disk(status.st_size))
                    elif match and now - file.stat().st_mtime > LEFT:
                        os.unlink(file.path)  # noqa: PTH108

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name[17:19], name)  # noqa: PTH118


def _checksum(name: str, content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(name.encode())
    digest.update(content)
    return digest.digest()


def _put(path: str, content: bytes) -> None:
    """Write a file that is whole or not there."""
    unfinished = Path(f"{path}.{uuid.uuid4().hex}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _on_disk(n_bytes: int) -> int:
    return -(-n_bytes // PAGE) * PAGE


def _files(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    # A link leads to what is another's.
    is_ours = folder.is_dir() and not folder.is_symlink()
    return [path for path in folder.iterdir() if pattern.fullmatch(path.name)] if is_ours else []


def _drop(entries: list[_Entry], at_most: int, then: int) -> None:
    """If entries take more than `at_most` bytes, remove those used longest ago, until they take no more than `then`."""
    total = sum(entry.n_bytes for entry in entries)
    if total <= at_most:
        return
    for entry in sorted(entries):
        if total <= then:
            return
        with contextlib.suppress(OSError):  # another process was quicker, or Windows has it open
            os.unlink(entry.path)  # noqa: PTH108
        total -= entry.n_bytes
