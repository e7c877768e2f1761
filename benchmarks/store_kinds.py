"""Which kind of store is the quickest and safest home of features: one file an entry, or a well-kept library?

Four processes share a store of entries as large as the coefficients of a clip of 3 s. Of diskcache and zarr, what is
not installed is left out.
"""

import os
import random
import signal
import sqlite3
import tempfile
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks._harness import main
from skvoicefake.feature_extraction._store import FeatureStore

SHAPE = (301, 40)
N_BYTES = 4 * 301 * 40


def entry(number):
    """Return a key and what is to be kept under it."""
    return f"{'0' * 16}-{sha256(str(number).encode()).hexdigest()}", np.full(SHAPE, number, dtype=np.float32)


class Plain:
    """One file an entry, with no check and no limit: as little as can be done."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def get(self, key):
        try:
            return np.frombuffer((self.folder / key).read_bytes(), "<f4").reshape(SHAPE)
        except OSError:
            return None

    def put(self, key, array):
        unfinished = self.folder / uuid.uuid4().hex
        unfinished.write_bytes(array.tobytes())
        unfinished.replace(self.folder / key)


class Ours:
    """FeatureStore: one file an entry, a checksum, a limit."""

    def __init__(self, folder):
        self.store = FeatureStore(folder, max_bytes=10 * 2**30)

    def get(self, key):
        content = self.store._read(key, N_BYTES)
        return None if content is None else np.frombuffer(content, "<f4").reshape(SHAPE)

    def put(self, key, array):
        self.store._write(key, array.tobytes())


class Sqlite:
    """One file of sqlite3, with a write-ahead log."""

    def __init__(self, folder):
        self.connection = sqlite3.connect(Path(folder, "features.db"), timeout=60, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("CREATE TABLE IF NOT EXISTS features (name TEXT PRIMARY KEY, used REAL, content BLOB)")

    def get(self, key):
        row = self.connection.execute("SELECT content FROM features WHERE name = ?", (key,)).fetchone()
        return None if row is None else np.frombuffer(row[0], "<f4").reshape(SHAPE)

    def put(self, key, array):
        self.connection.execute("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", (key, time.time(), array.tobytes()))


class DiskCache:
    """diskcache: an index by sqlite3, and files for what is large."""

    def __init__(self, folder):
        from diskcache import Cache

        self.cache = Cache(folder, size_limit=10 * 2**30, eviction_policy="least-recently-used", timeout=60)

    def get(self, key):
        content = self.cache.get(key)
        return None if content is None else np.frombuffer(content, "<f4").reshape(SHAPE)

    def put(self, key, array):
        self.cache.set(key, array.tobytes())


class Joblib:
    """joblib.Memory: a folder an entry, with a pickle and notes."""

    def __init__(self, folder):
        from joblib import Memory

        self.function = Memory(folder, verbose=0).cache(_kept, ignore=["array"])

    def get(self, key):
        return self.function(key) if self.function.check_call_in_cache(key) else None

    def put(self, key, array):
        self.function(key, array)


def _kept(key, array=None):
    return array


class Zarr:
    """zarr: an array an entry."""

    def __init__(self, folder):
        import zarr

        self.group = zarr.open_group(folder, mode="a")

    def get(self, key):
        return self.group[key][:] if key in self.group else None

    def put(self, key, array):
        self.group.create_array(key, data=array, compressors=None)


KINDS = {"plain files": Plain, "FeatureStore": Ours, "sqlite3": Sqlite, "joblib.Memory": Joblib}
KINDS |= {name: kind for name, kind in {"diskcache": DiskCache, "zarr": Zarr}.items() if find_spec(name)}


def add_arguments(parser):
    parser.add_argument("--n-entries", type=int, default=1000)
    parser.add_argument("--n-processes", type=int, default=4)
    parser.add_argument("--n-kills", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)


def measure(results, args):
    """Write, read, kill."""
    found = {name: [] for name in KINDS}
    with ProcessPoolExecutor(args.n_processes, mp_context=get_context("spawn")) as pool:
        for _ in range(args.repeats):
            for name in KINDS:
                found[name].append(of_kind(name, pool, args))
    rows = []
    for name, runs in found.items():
        miss, hit, mb = np.median(runs, axis=0)
        done, damaged = killed(name, args.n_kills)
        rows.append(
            {
                "": name,
                "miss, us": f"{miss:.0f}",
                "hit, us": f"{hit:.0f}",
                f"{args.n_entries} entries, MB": f"{mb:.1f}",
                f"after {args.n_kills} kills": f"{done} whole, {damaged} lost or wrong",
            }
        )
        if name == "FeatureStore":
            ours = [run[1] for run in runs]
    title = f"{args.n_processes} processes share a store of entries of {N_BYTES / 1e3:.0f} kB"
    results.table(f"{title} (a miss looks and writes)", rows)
    results.ratio("hit of plain files / of FeatureStore", [run[1] for run in found["plain files"]], ours)


def of_kind(name, pool, args):
    """Return microseconds a miss and a hit, and the MB that the store takes."""
    share = args.n_entries // args.n_processes
    with tempfile.TemporaryDirectory() as folder:
        KINDS[name](folder)
        parts = [range(i * share, (i + 1) * share) for i in range(args.n_processes)]
        missed = list(pool.map(fill, [name] * len(parts), [folder] * len(parts), parts))
        hit = list(pool.map(read, [name] * len(parts), [folder] * len(parts), [range(share * len(parts))] * len(parts)))
        n_bytes = sum(512 * path.stat().st_blocks for path in Path(folder).rglob("*"))
    return np.mean(missed) * 1e6, np.mean(hit) * 1e6, n_bytes / 1e6


def fill(name, folder, numbers):
    """Look for entries that are not there, and keep them; return seconds an entry."""
    store = KINDS[name](folder)
    entries = [entry(number) for number in numbers]
    start = time.perf_counter()
    for key, array in entries:
        assert store.get(key) is None
        store.put(key, array)
    return (time.perf_counter() - start) / len(entries)


def read(name, folder, numbers):
    """Read entries; return seconds an entry."""
    store = KINDS[name](folder)
    keys = [entry(number)[0] for number in numbers]
    random.Random(0).shuffle(keys)
    start = time.perf_counter()
    for key in keys:
        assert store.get(key) is not None
    return (time.perf_counter() - start) / len(keys)


def killed(name, n_kills):
    """Kill a process that writes, again and again; return how many finished entries are whole, and how many not."""
    whole = damaged = 0
    with tempfile.TemporaryDirectory() as folder:
        KINDS[name](folder)
        for k in range(n_kills):
            reading, writing = os.pipe()
            child = os.fork()
            if not child:
                store = KINDS[name](folder)
                for number in range(1000 * k, 1000 * k + 1000):
                    store.put(*entry(number))
                    os.write(writing, b".")
                os._exit(0)
            n_done = 0
            for _ in range(3 + k):
                n_done += len(os.read(reading, 1))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(writing)
            n_done += len(os.read(reading, 1000))
            os.close(reading)
            store = KINDS[name](folder)
            for number in range(1000 * k, 1000 * k + n_done + 2):
                key, array = entry(number)
                try:
                    found = store.get(key)
                except Exception:
                    found = np.zeros(1)
                is_whole = found is not None and np.array_equal(found, array)
                whole += is_whole
                # The last two may have been finished or not.
                damaged += not is_whole if number < 1000 * k + n_done else found is not None and not is_whole
    return whole, damaged


if __name__ == "__main__":
    main(__name__)
