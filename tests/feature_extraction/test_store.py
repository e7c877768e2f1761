import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.feature_extraction import _store
from skvoicefake.feature_extraction._store import Store
from tests.checks.clips import as_dtype, check_clips_transformer, noise, wav_bytes

QUICK = {"duration": 0.05, "hop_length": 80, "n_mfcc": 5, "n_mels": 20}


class Counting(MFCCTransformer):
    """Counts the clips whose coefficients are computed."""

    n_computed: ClassVar[list[int]] = []

    def _coefficients(self, y):
        self.n_computed.append(len(y))
        return super()._coefficients(y)


@pytest.fixture(autouse=True)
def computed():
    Counting.n_computed.clear()
    return Counting.n_computed


@pytest.fixture(name="X")
def clips_of_every_form(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(900, 1), 16_000))
    handle = (tmp_path / "open.wav").open("wb+")
    handle.write(wav_bytes(noise(900, 2), 16_000))
    with handle:
        yield [
            str(path),
            wav_bytes(np.stack([noise(500, 3), noise(500, 4)], axis=1), 8000),
            noise(800, 5),
            noise(900, 6).astype(np.float64),
            noise(2000, 7)[::2],
            as_dtype(noise(2000, 8), "int16"),
            (noise(3000, 9), 44_100),
            (noise(3000, 9), 22_050),
            noise(900, 10).astype(">f4"),
            bytearray(wav_bytes(noise(700, 11), 16_000)),
        ]


def entries(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# The results


@pytest.mark.parametrize("output", ["sequence", "flat", "stats"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"normalize": "clip"}, {"normalize": "train", "deltas": 1}, {"duration": None}, {"crop": "loudest"}],
    ids=str,
)
def test_not_a_bit_differs(parameters, output, X, tmp_path):
    plain = MFCCTransformer(**QUICK | parameters, output=output)
    expected = plain.fit_transform(X)
    kept = clone(plain).set_params(cache=tmp_path / "store")
    for _ in range(2):
        assert np.array_equal(kept.fit_transform(X), expected)
        assert np.array_equal(kept.transform(X[::-1]), expected[::-1])
        assert np.array_equal(clone(kept).fit(X).transform(X), expected)
    assert len(entries(tmp_path / "store")) == len(X)


def test_contract(X, tmp_path):
    check_clips_transformer(MFCCTransformer(**QUICK, cache=str(tmp_path / "store")), X[:8])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_nothing_is_computed_twice(n_jobs, X, tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store", n_jobs=n_jobs)
    kept.fit_transform(X)
    assert len(computed) == len(X)
    kept.fit(X).transform(X)
    pickle.loads(pickle.dumps(kept)).transform(X)
    clone(kept).set_params(normalize="train").fit(X)
    assert len(computed) == len(X)
    kept.transform([*X, noise(900, 12)])
    assert len(computed) == len(X) + 1


def test_a_search_computes_a_clip_once(tmp_path, computed):
    y = np.repeat(["fake", "real"], 8)
    X = [noise(900, i) + (np.roll(noise(900, i), 1) if i < 8 else 0) for i in range(16)]
    pipe = Pipeline([("mfcc", Counting(**QUICK, output="stats")), ("clf", LogisticRegression(max_iter=1000))])
    grid = {"clf__C": [0.1, 1.0, 10.0], "mfcc__n_mfcc": [4, 5]}
    plain = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    computed.clear()
    kept = GridSearchCV(clone(pipe).set_params(mfcc__cache=tmp_path / "store"), grid, cv=2).fit(X, y)
    assert len(computed) == 2 * len(X)
    assert np.array_equal(kept.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])
    assert np.array_equal(kept.predict_proba(X), plain.predict_proba(X))


def test_a_store_may_be_left_and_taken_up_without_another_fit(X, tmp_path):
    learned = MFCCTransformer(**QUICK, normalize="train").fit(X)
    expected = learned.transform(X)
    assert np.array_equal(learned.set_params(cache=tmp_path / "store").transform(X), expected)
    assert np.array_equal(learned.set_params(cache=None).transform(X), expected)


# Keys


@pytest.mark.parametrize(
    "parameters",
    [
        {"sample_rate": 8000},
        {"duration": 0.06},
        {"duration": None},
        {"n_mfcc": 4},
        {"n_fft": 256},
        {"win_length": 400},
        {"hop_length": 81},
        {"window": "hamming"},
        {"window": ("kaiser", 4.0)},
        {"center": False},
        {"pad_mode": "edge"},
        {"n_mels": 21},
        {"fmin": 50.0},
        {"fmax": 4000.0},
        {"htk": True},
        {"mel_norm": None},
        {"dct_type": 3},
        {"norm": None},
        {"lifter": 22},
        {"top_db": 20.0},
        {"pre_emphasis": 0.97},
        {"deltas": 1},
        {"normalize": "clip"},
        {"padding": "repeat"},
        {"crop": "center"},
    ],
    ids=str,
)
def test_parameters_that_change_the_numbers_change_the_key(parameters, X, tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store").fit(X)
    kept.transform(X[:1])
    changed = clone(kept).set_params(**parameters)
    found = changed.fit(X).transform(X[:1])
    assert len(computed) == 2
    assert np.array_equal(found, clone(changed).set_params(cache=None).fit(X).transform(X[:1]))


def test_every_parameter_is_looked_at():
    """Of the tests above and below, one holds for a parameter that is added."""
    changed = {
        name for mark in test_parameters_that_change_the_numbers_change_the_key.pytestmark for value in mark.args[1]
        for name in value
    }  # fmt: skip
    assert changed | {"output", "n_jobs", "on_error", "verbose", "cache", "memmap"} == set(MFCCTransformer().get_params())


def test_other_parameters_do_not(X, tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    kept.fit_transform(X)
    for parameters in ({"output": "stats"}, {"n_jobs": 2}, {"on_error": "nan"}, {"normalize": "train"}):
        clone(kept).set_params(**parameters).fit_transform(X)
    assert len(computed) == len(X)


def test_content_counts_and_place_does_not(tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    path, copy = tmp_path / "a.wav", tmp_path / "b.wav"
    path.write_bytes(wav_bytes(noise(900, 1), 16_000))
    copy.write_bytes(path.read_bytes())
    first = kept.transform([path])
    assert np.array_equal(kept.transform([str(copy)]), first)
    assert len(computed) == 1
    assert np.array_equal(kept.transform([path.rename(tmp_path / "a.WAVE")]), first)
    assert len(computed) == 2  # decoders look at a file's suffix
    path.write_bytes(copy.read_bytes())
    times = path.stat()
    path.write_bytes(wav_bytes(noise(900, 2), 16_000))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not np.array_equal(kept.transform([path]), first)
    assert len(computed) == 3


def test_equal_bytes_of_another_meaning_have_other_keys(tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    samples = as_dtype(noise(900, 1), "int16")
    for clip in (samples, samples.view("uint16"), (samples, 8000), (samples, 16_000.5), samples.reshape(450, 2)):
        found = kept.transform([clip])
        assert np.array_equal(found, MFCCTransformer(**QUICK).transform([clip]))
    assert len(computed) == 5


@pytest.mark.parametrize("longest", [900, 901])
def test_a_learned_length_counts(longest, tmp_path):
    """Panels of both lengths have twelve frames."""
    clip = noise(1500)
    for n_samples in (longest, 900, 901):
        plain = MFCCTransformer(**QUICK | {"duration": None}, crop="center").fit([noise(n_samples)])
        kept = clone(plain).set_params(cache=tmp_path / "store").fit([noise(n_samples)])
        assert kept.n_frames_ == 12
        assert np.array_equal(kept.transform([clip]), plain.transform([clip]))


class Negative(MFCCTransformer):
    def _coefficients(self, y):
        return -super()._coefficients(y)


def test_another_transformer_has_keys_of_its_own(X, tmp_path):
    kept = MFCCTransformer(**QUICK, cache=tmp_path / "store").transform(X)
    assert np.array_equal(Negative(**QUICK, cache=tmp_path / "store").transform(X), -kept)


def test_another_shape_has_keys_of_its_own(tmp_path):
    one, other = (Store(tmp_path, {}, shape) for shape in ((2, 3), (3, 2)))
    assert one.key(b"clip") != other.key(b"clip")


def test_a_bit_of_a_parameter_counts(tmp_path, computed):
    for beta in (4.0, np.nextafter(4.0, 5.0)):
        Counting(**QUICK, cache=tmp_path / "store", window=("kaiser", beta)).transform([noise(900)])
    assert len(computed) == 2


def test_another_format_or_library_begins_anew(X, tmp_path, computed, monkeypatch):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    kept.transform(X)
    monkeypatch.setattr(_store, "FORMAT", _store.FORMAT + 1)
    kept.transform(X)
    assert len(computed) == 2 * len(X)
    monkeypatch.setattr(_store, "_libraries", lambda: {"numpy": "99.0"})
    kept.transform(X)
    assert len(computed) == 3 * len(X)


# Bad clips


def test_errors_are_not_kept(tmp_path):
    silence, lost = np.zeros(900, dtype=np.float32), tmp_path / "lost.wav"
    X = [noise(900), silence, lost, b"not audio" * 100, np.array(["a"])]
    kept = MFCCTransformer(**QUICK, cache=tmp_path / "store", on_error="nan")
    for _ in range(2):
        with pytest.warns(UserWarning, match="4 clips could not be read"):
            features = kept.transform(X)
        assert np.isnan(features).all(axis=(1, 2)).tolist() == [False, True, True, True, True]
    assert len(entries(tmp_path / "store")) == 1
    # Silence is an error in a list, and a row like others in a table.
    assert MFCCTransformer(**QUICK, cache=tmp_path / "store").transform(np.stack([silence, silence])).shape[0] == 2
    with pytest.raises(AudioError, match="silent"):
        kept.set_params(on_error="raise").transform([silence])
    lost.write_bytes(wav_bytes(noise(900), 16_000))
    assert kept.transform([lost]).shape[0] == 1


def test_a_pipe_is_not_emptied_for_its_key(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert Store(tmp_path / "store", {}, (2, 2)).key(tmp_path / "pipe.wav") is None


@pytest.mark.parametrize("clip", ["", "a\0b", "x" * 5000, Path(), 3, None, [1.0], np.ma.masked_array([1.0])], ids=repr)
def test_what_has_no_key(clip, tmp_path):
    assert Store(tmp_path / "store", {}, (2, 2)).key(clip) is None


def test_tables_of_paths(tmp_path, computed):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(900, 1), 16_000))
    kept = Counting(**QUICK, cache=tmp_path / "store")
    for X in ([path], pd.Series([str(path)]), pd.DataFrame({"path": [str(path)]}), np.array([[str(path)]])):
        kept.fit_transform(X)
    assert len(computed) == 1


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(b"old")
    store = Store(tmp_path / "store", {}, (2, 2))

    def compute():
        path.write_bytes(b"new")
        return np.ones((2, 2), dtype=np.float32)

    assert store.get(path, compute).sum() == 4
    assert entries(tmp_path / "store") == []


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
def test_damaged_entries_are_replaced(damage, X, tmp_path, computed):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    expected = kept.transform(X)
    found = entries(tmp_path / "store")
    whole = found[3].read_bytes()
    found[3].write_bytes(damage(whole))
    assert np.array_equal(kept.transform(X), expected)
    assert len(computed) == len(X) + 1
    assert entries(tmp_path / "store") == found
    assert found[3].read_bytes() == whole


def test_an_entry_of_another_clip_is_not_believed(X, tmp_path):
    kept = MFCCTransformer(**QUICK, cache=tmp_path / "store")
    expected = kept.transform(X)
    first, second = entries(tmp_path / "store")[:2]
    first.write_bytes(second.read_bytes())
    assert np.array_equal(kept.transform(X), expected)


# Processes that die, share a folder, or cannot write

PRELUDE = f"""
import os, signal, sys
import numpy as np
from pathlib import Path
from skvoicefake import MFCCTransformer
QUICK = {QUICK!r}
rng = np.random.default_rng(0)
X = [0.1 * rng.normal(size=900) for _ in range(40)]
folder = sys.argv[1]
"""


def run(script, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def expected_features():
    rng = np.random.default_rng(0)
    X = [0.1 * rng.normal(size=900) for _ in range(40)]
    return X, MFCCTransformer(**QUICK).transform(X)


DIES_WHILE_WRITING = """
write, written = Path.write_bytes, []
def dying(path, entry):
    written.append(path)
    if len(written) == 11:
        write(path, entry[: len(entry) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return write(path, entry)
Path.write_bytes = dying
MFCCTransformer(**QUICK, cache=folder).transform(X)
"""


def test_a_process_killed_in_the_middle_of_an_entry(tmp_path):
    child = run(DIES_WHILE_WRITING, tmp_path / "store")
    child.communicate()
    assert child.returncode == -9
    X, expected = expected_features()
    left = entries(tmp_path / "store")
    assert len(left) == 11
    assert sum(path.suffix == ".tmp" for path in left) == 1
    kept = Counting(**QUICK, cache=tmp_path / "store")
    assert np.array_equal(kept.transform(X), expected)


FILLS_WITHOUT_END = """
while True:
    X = [0.1 * rng.normal(size=900) for _ in range(10)]
    MFCCTransformer(**QUICK, cache=folder, n_jobs=2).transform(X)
    print(flush=True)
"""


def test_a_process_killed_at_any_moment(tmp_path):
    child = run(FILLS_WITHOUT_END, tmp_path / "store")
    for _ in range(5):
        assert child.stdout.readline()
    child.kill()
    child.communicate()
    store = Store(tmp_path / "store", {}, (11, 5))
    whole = [path for path in entries(tmp_path / "store") if path.suffix != ".tmp"]
    assert len(whole) >= 50
    assert all(store._read(path.parent.name + path.name) is not None for path in whole)


def test_two_processes_at_once(tmp_path):
    script = "sys.stdout.buffer.write(MFCCTransformer(**QUICK, cache=folder, n_jobs=2).transform(X + X).tobytes())"
    children = [run(script, tmp_path / "store") for _ in range(2)]
    results = [child.communicate() for child in children]
    X, expected = expected_features()
    for child, (out, err) in zip(children, results, strict=True):
        assert child.returncode == 0, err.decode()
        assert out == np.concatenate([expected, expected]).tobytes()
    assert len(entries(tmp_path / "store")) == len(X)
    assert not any(path.suffix == ".tmp" for path in entries(tmp_path / "store"))


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


def test_a_full_disk(tmp_path):
    child = run(FULL_DISK, tmp_path / "store")
    out, err = child.communicate()
    assert child.returncode == 0, err.decode()
    assert out == expected_features()[1].tobytes()
    assert err.decode().startswith(f"1 cache='{tmp_path / 'store'}' cannot be written to (File too large)")
    assert entries(tmp_path / "store") == []


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_folder_that_cannot_be_made(n_jobs, X, tmp_path):
    (tmp_path / "store").write_bytes(b"a file")
    kept = MFCCTransformer(**QUICK, cache=tmp_path / "store", n_jobs=n_jobs)
    with pytest.warns(UserWarning, match="cannot be written to") as caught:
        features = kept.transform(X)
    assert len(caught) == 1
    assert np.array_equal(features, MFCCTransformer(**QUICK).transform(X))


def test_what_no_folder_can_be():
    with pytest.raises(ValueError, match="'cache' parameter of MFCCTransformer"):
        MFCCTransformer(cache=3).fit([noise(900)])
