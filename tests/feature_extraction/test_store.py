"""The folder itself: damage, processes that die or share it or cannot write, its size, and what is in it."""

import copy
import hashlib
import os
import pickle
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from skvoicefake import MFCCTransformer
from skvoicefake.feature_extraction import _store
from skvoicefake.feature_extraction._shelf import Shelf
from skvoicefake.feature_extraction._store import FeatureStore
from tests.checks.clips import noise
from tests.checks.kept import QUICK, Counting, entries, noises


@pytest.fixture(name="folder")
def folder_of_a_store(tmp_path):
    return tmp_path / "store"


def put(folder, numbers, max_bytes=None, n_values=1000):
    """Keep an array a number."""
    shelf = Shelf(FeatureStore(folder, max_bytes=max_bytes), {}, (n_values,))
    for number in numbers:
        shelf.get(str(number).encode(), lambda number=number: np.full(n_values, number))
    return shelf


def kept_numbers(folder, n_values=1000):
    shelf = Shelf(FeatureStore(folder), {}, (n_values,))
    contents = (path.read_bytes()[32:] for path in entries(folder))
    numbers = {int(np.frombuffer(content, "<f4")[0]) for content in contents}
    assert all(shelf.get(str(number).encode(), None)[-1] == number for number in numbers)
    return numbers


def size_on_disk(folder):
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in entries(folder))


# Parameters


def test_copies_pickles_and_equality(folder):
    store = FeatureStore(folder, key="stat", max_bytes=None)
    for other in (copy.deepcopy(store), pickle.loads(pickle.dumps(store))):
        assert other == store
        assert hash(other) == hash(store)
    assert store != FeatureStore(folder)


def test_what_it_is_called():
    assert repr(FeatureStore("a")) == "FeatureStore('a')"
    assert repr(FeatureStore("a", max_bytes=int("10737418240"))) == "FeatureStore('a')"
    assert repr(FeatureStore(Path("a"), max_bytes=None)) == "FeatureStore('a', max_bytes=None)"
    assert repr(FeatureStore("a", key="stat", max_bytes=1)) == "FeatureStore('a', key='stat', max_bytes=1)"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"folder": None}, "folder must be the path of a folder, got None"),
        ({"folder": ""}, "folder must be the path of a folder, got ''"),
        ({"key": "name"}, 'key must be "content" or "stat", got \'name\''),
        ({"max_bytes": 0}, "max_bytes must be positive, or None for no limit, got 0"),
    ],
    ids=str,
)
def test_what_makes_no_sense(parameters, message):
    with pytest.raises(ValueError, match=message):
        FeatureStore(**{"folder": "a", **parameters})


# Damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: b"",
        lambda entry: entry[:20],
        lambda entry: entry[:-4],
        lambda entry: entry + b"\0\0\0\0",
        lambda entry: entry[:100] + bytes([entry[100] ^ 1]) + entry[101:],
        lambda entry: bytes(len(entry)),
        lambda entry: hashlib.sha256(entry[36:]).digest() + entry[36:],
    ],
    ids=["empty", "cut in the checksum", "cut", "longer", "a bit", "zeros", "a checksum of less"],
)
def test_damaged_entries_are_replaced(damage, folder, computed):
    X = noises(4)
    kept = Counting(**QUICK, cache=folder)
    expected = kept.transform(X)
    found = entries(folder)
    whole = found[3].read_bytes()
    found[3].write_bytes(damage(whole))
    assert np.array_equal(kept.transform(X), expected)
    assert len(computed) == len(X) + 1
    assert entries(folder) == found
    assert found[3].read_bytes() == whole


def test_an_entry_of_another_clip_is_not_believed(folder):
    kept = MFCCTransformer(**QUICK, cache=folder)
    expected = kept.transform(noises(4))
    first, second = entries(folder)[:2]
    first.write_bytes(second.read_bytes())
    assert np.array_equal(kept.transform(noises(4)), expected)


# Processes that die, share a folder, or cannot write

PRELUDE = f"""
import os, signal, sys
import numpy as np
from pathlib import Path
from skvoicefake import MFCCTransformer
from tests.checks.kept import noises
QUICK = {QUICK!r}
X = noises(40)
folder = sys.argv[1]
"""
ROOT = Path(__file__).parents[2]


def run(script, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **options,
    )


def expected_features():
    return MFCCTransformer(**QUICK).transform(noises(40))


DIES_WHILE_WRITING = """
write, written = Path.write_bytes, []
def dying(path, entry):
    written.append(path)
    if len(written) > 10 and path.parent.exists():
        write(path, entry[: len(entry) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return write(path, entry)
MFCCTransformer(**QUICK, cache=folder).transform([np.ones(900)])
Path.write_bytes = dying
MFCCTransformer(**QUICK, cache=folder).transform(X)
"""


def test_a_process_killed_in_the_middle_of_an_entry(folder):
    child = run(DIES_WHILE_WRITING, folder)
    child.communicate()
    assert child.returncode == -9
    assert sum(path.suffix == ".tmp" for path in folder.rglob("*")) == 1
    assert np.array_equal(MFCCTransformer(**QUICK, cache=folder).transform(noises(40)), expected_features())


# Each child fills the store without end, as two threads, and is killed when it has done so much.
KILLED_IN_A_LOOP = """
transformer = MFCCTransformer(**QUICK, cache=folder, n_jobs=2).fit([np.ones(900)])
transformer.transform([np.ones(900)])
for n_done in range(1, 17):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        rng = np.random.default_rng(n_done)
        while True:
            transformer.transform([0.1 * rng.normal(size=900) for _ in range(3)])
            os.write(writing, b".")
    for _ in range(n_done % 4 + 1):
        os.read(reading, 1)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    os.close(reading), os.close(writing)
"""


def test_processes_killed_at_any_moment(folder):
    child = run(KILLED_IN_A_LOOP, folder, env={**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning"})
    _, err = child.communicate()
    assert child.returncode == 0, err.decode()
    whole = [path for path in entries(folder) if path.suffix != ".tmp"]
    assert len(whole) >= 16 * 3
    store = FeatureStore(folder)
    assert all(store._read(path.name, 11 * 5 * 4) is not None for path in whole)


def test_processes_at_once(folder):
    """They read, write, and make room at the same time."""
    script = """
from skvoicefake.feature_extraction._store import FeatureStore
store = FeatureStore(folder, max_bytes=int(sys.argv[2]))
for _ in range(2):
    features = MFCCTransformer(**QUICK, cache=store, n_jobs=2).transform(X + X)
sys.stdout.buffer.write(features.tobytes())
"""
    expected = expected_features()
    children = [run(script, folder, 20 * 4096) for _ in range(2)]
    for child in children:
        out, err = child.communicate()
        assert child.returncode == 0, err.decode()
        assert not err
        assert out == np.concatenate([expected, expected]).tobytes()
    assert not any(path.suffix == ".tmp" for path in entries(folder))
    assert size_on_disk(folder) <= 24 * 4096


# Files of this process may grow to 100 bytes and no further, as on a disk that is full.
FULL_DISK = """
import resource, warnings
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    features = MFCCTransformer(**QUICK, cache=folder).transform(X)
print(len(caught), caught[0].message, file=sys.stderr)
sys.stdout.buffer.write(features.tobytes())
"""


def test_a_full_disk(folder):
    child = run(FULL_DISK, folder)
    out, err = child.communicate()
    assert child.returncode == 0, err.decode()
    assert out == expected_features().tobytes()
    assert err.decode().startswith(f"1 cache='{folder}' cannot be written to (File too large)")
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("duration", [0.05, None])
def test_a_folder_that_cannot_be_made(n_jobs, duration, folder):
    folder.write_bytes(b"a file")
    plain = MFCCTransformer(**QUICK | {"duration": duration}, n_jobs=n_jobs)
    with pytest.warns(UserWarning, match="cannot be written to") as caught:
        features = MFCCTransformer(**plain.get_params() | {"cache": folder}).fit_transform(noises(8))
    assert len({str(warning.message) for warning in caught}) == 1
    assert {warning.filename for warning in caught} == {__file__}
    assert np.array_equal(features, plain.fit_transform(noises(8)))


READ_ONLY = """
import warnings
os.chdir(folder)  # whose parents others may not enter
transformer = MFCCTransformer(**QUICK, cache=".", n_jobs=2)
transformer.transform(X[:30])
for path in [Path(), *Path().iterdir()]:
    path.chmod(0o555 if path.is_dir() else 0o444)
if os.geteuid() == 0:
    os.setuid(65534)  # as root may write anywhere
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    transformer.transform(X[:30])
    assert not caught
    features = transformer.transform(X)
print(len(caught), caught[0].message, file=sys.stderr)
sys.stdout.buffer.write(features.tobytes())
"""


def test_a_folder_that_can_only_be_read(folder):
    """What is there serves; what is not is computed, and one warning says so."""
    folder.mkdir()
    child = run(READ_ONLY, folder)
    out, err = child.communicate()
    assert child.returncode == 0, err.decode()
    assert out == expected_features().tobytes()
    assert err.decode().startswith("1 cache='.' cannot be written to (Permission denied)")
    assert len(entries(folder)) == 30


# Size


@pytest.mark.parametrize("n_bytes", [20 * 4096, 100 * 4096, 1500 * 4096])
def test_a_folder_stays_about_as_small_as_it_shall(n_bytes, folder):
    largest = 0
    shelf = put(folder, [], n_bytes)
    n = 3 * n_bytes // 4096 if n_bytes < 10**6 else 2000
    for number in range(n):
        shelf.get(str(number).encode(), lambda number=number: np.full(1000, number))
        if number % (n // 40) == 0:
            largest = max(largest, size_on_disk(folder))
    assert largest <= 1.25 * n_bytes
    assert size_on_disk(folder) >= 0.8 * n_bytes
    # Those that came last are all there.
    assert set(range(n - n_bytes // 4096 // 2, n)) <= kept_numbers(folder)


def test_a_folder_without_a_limit(folder):
    put(folder, range(100), max_bytes=None)
    assert kept_numbers(folder) == set(range(100))


def test_what_was_used_lately_stays(folder):
    put(folder, range(100))
    hour = time.time() - 3600
    for path in entries(folder):
        os.utime(path, (hour, hour))
    put(folder, range(10, 20))  # reads them
    put(folder, range(100, 120), max_bytes=60 * 4096)
    kept = kept_numbers(folder)
    assert {*range(10, 20), *range(100, 120)} <= kept
    assert len(kept) <= 75


def test_a_limit_smaller_than_a_clip(folder):
    shelf = put(folder, range(30), max_bytes=1000)
    assert shelf.failure is None
    assert len(entries(folder)) <= 1


def test_only_a_part_is_looked_at_in_a_large_folder(folder, monkeypatch):
    """Of 1,000,000 entries, those in a few of the 256 folders."""
    looked_at = []
    look = FeatureStore._entries
    monkeypatch.setattr(FeatureStore, "_entries", lambda store, part: looked_at.append(part) or look(store, part))
    put(folder, range(3000), max_bytes=1_000_000 * 4096, n_values=10)
    assert 0 < len(looked_at) < 40
    assert {len(shards) for shards in looked_at} == {1}
    looked_at.clear()
    put(folder, range(3000, 3100), max_bytes=10_000 * 4096, n_values=10)
    assert {len(shards) for shards in looked_at} <= {32}


def test_what_the_dead_left_is_removed(folder):
    put(folder, range(5))
    first, second, *_ = entries(folder)
    for path, seconds in ((first, 10), (second, 2 * _store.LEFT)):
        left = path.with_name(f"{path.name}.{'0' * 32}.tmp")
        left.write_bytes(b"half")
        os.utime(left, (time.time() - seconds, time.time() - seconds))
    assert FeatureStore(folder).contents()[0].n_entries == 5
    assert [path.name[:81] for path in entries(folder) if path.suffix == ".tmp"] == [first.name]


def test_shrinking(folder):
    store = FeatureStore(folder)
    for number in range(20):
        put(folder, [number])
        (newest,) = [path for path in entries(folder) if path.stat().st_mtime > 1.1e9]
        os.utime(newest, (1e9 + number, 1e9 + number))
    store.shrink(20 * 4096)
    assert len(entries(folder)) == 20
    store.shrink(5 * 4096 + 100)
    assert kept_numbers(folder) == set(range(15, 20))
    store.shrink(0)
    assert entries(folder) == []


# What is in it


def test_contents(folder):
    store = FeatureStore(folder)
    assert store.contents() == []
    first = MFCCTransformer(**QUICK, cache=store)
    first.transform(noises(4))
    for path in entries(folder):
        os.utime(path, (1e9, 1e9))
    first.transform(noises(1))
    MFCCTransformer(**QUICK | {"n_mfcc": 4}, cache=store).transform(noises(3))
    newer, older = store.contents()
    assert [(kept.recipe["n_mfcc"], kept.n_entries, kept.n_bytes) for kept in (newer, older)] == [
        (4, 3, 3 * 4096),
        (5, 4, 4 * 4096),
    ]
    assert older.oldest == datetime.fromtimestamp(1e9, UTC)
    assert older.oldest < older.newest <= newer.oldest <= newer.newest
    for path in (folder / "recipes").iterdir():
        path.unlink()
    assert [kept.recipe for kept in store.contents()] == [{}, {}]


def test_clearing_takes_what_is_ours_alone(folder):
    (folder / "ab").mkdir(parents=True)
    theirs = [folder / "notes.txt", folder / "ab" / "0123456789", folder / "ab" / f"{'0' * 16}-{'1' * 64}.txt"]
    for path in theirs:
        path.write_text("mine")
    MFCCTransformer(**QUICK, cache=folder).transform(noises(4))
    FeatureStore(folder).clear()
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(theirs)
    FeatureStore(folder).clear()
    assert all(path.exists() for path in theirs)


def test_a_folder_that_is_removed_is_made_again(folder):
    shelf = put(folder, range(5))
    FeatureStore(folder).clear()
    for number in range(5):
        shelf.get(str(number).encode(), lambda number=number: np.full(1000, number))
    assert shelf.failure is None
    assert kept_numbers(folder) == set(range(5))
    assert FeatureStore(folder).exists()


def test_clearing_leaves_nothing(folder):
    store = FeatureStore(folder)
    MFCCTransformer(**QUICK | {"duration": None}, cache=store).fit_transform([noise(900)])
    assert store.exists()
    store.clear()
    assert not folder.exists()
    assert not store.exists()
    store.clear()


def test_backup_programs_leave_it_out(folder):
    MFCCTransformer(**QUICK, cache=folder).transform([noise(900)])
    assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
