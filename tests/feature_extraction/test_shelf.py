"""What a store keeps for a transformer: the right numbers, under keys that nothing escapes."""

import ast
import json
import os
import pickle
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import skvoicefake
from skvoicefake import MFCCTransformer, feature_extraction
from skvoicefake.audio import AudioError
from skvoicefake.feature_extraction import _shelf
from skvoicefake.feature_extraction._shelf import Shelf
from skvoicefake.feature_extraction._store import FeatureStore
from tests.checks.clips import as_dtype, check_clips_transformer, noise, wav_bytes
from tests.checks.kept import QUICK, Counting, entries


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
    n_lengths = len(X) if kept.duration is None else 0
    assert len(entries(tmp_path / "store")) == len(X) + n_lengths


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
        {"level": "peak"},
        {"level": "rms"},
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
    others = {"output", "n_jobs", "on_error", "verbose", "cache", "memmap"}
    assert changed | others == set(MFCCTransformer().get_params())


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


@pytest.mark.skipif(os.name != "posix", reason="names of files are text elsewhere")
def test_names_need_not_be_utf8(tmp_path):
    path = tmp_path / os.fsdecode(b"M. J\xe9r\xf4me")
    path.write_bytes(wav_bytes(noise(800), 16_000))
    kept = MFCCTransformer(**QUICK, cache=tmp_path / "kept")
    first = kept.transform([path])
    assert np.array_equal(kept.transform([path]), first)
    assert len(entries(tmp_path / "kept")) == 1


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
    one, other = (Shelf(FeatureStore(tmp_path), {}, shape) for shape in ((2, 3), (3, 2)))
    assert one.name(b"clip") != other.name(b"clip")


def test_a_bit_of_a_parameter_counts(tmp_path, computed):
    for beta in (4.0, np.nextafter(4.0, 5.0)):
        Counting(**QUICK, cache=tmp_path / "store", window=("kaiser", beta)).transform([noise(900)])
    assert len(computed) == 2


def test_another_format_or_library_begins_anew(X, tmp_path, computed, monkeypatch):
    kept = Counting(**QUICK, cache=tmp_path / "store")
    kept.transform(X)
    monkeypatch.setattr(_shelf, "FORMAT", _shelf.FORMAT + 1)
    kept.transform(X)
    assert len(computed) == 2 * len(X)
    monkeypatch.setattr(_shelf, "_libraries", lambda: {"numpy": "99.0"})
    kept.transform(X)
    assert len(computed) == 3 * len(X)
    monkeypatch.setattr(skvoicefake, "__version__", "99.0")
    kept.transform(X)
    assert len(computed) == 4 * len(X)


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
    shelf = Shelf(FeatureStore(tmp_path / "store"), {}, (2, 2))

    def compute():
        path.write_bytes(b"new")
        return np.ones((2, 2), dtype=np.float32)

    assert shelf.get(path, compute).sum() == 4
    assert entries(tmp_path / "store") == []


# Lengths


def test_lengths_are_learned_once(X, tmp_path, monkeypatch):
    kept = MFCCTransformer(**QUICK | {"duration": None}, cache=tmp_path / "store").fit(X)
    plain = clone(kept).set_params(cache=None).fit(X)
    monkeypatch.setattr(feature_extraction._transformer, "load_audio", None)  # any call is an error
    assert clone(kept).fit(X).n_samples_ == clone(kept).set_params(n_mfcc=4).fit(X[::-1]).n_samples_ == plain.n_samples_
    with pytest.raises(TypeError):
        clone(kept).set_params(sample_rate=8000).fit(X)


def test_lengths_of_bad_clips_are_not_kept(tmp_path):
    kept = MFCCTransformer(**QUICK | {"duration": None}, cache=tmp_path / "store", on_error="nan")
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 clips could not be read"):
            assert kept.fit([noise(900), b"not audio" * 100]).n_samples_ == 900
    assert len(entries(tmp_path / "store")) == 1


# What `cache` may be


def test_a_store_may_be_given(X, tmp_path, computed):
    given = FeatureStore(str(tmp_path / "store"), key="stat", max_bytes=2**20)
    kept = Counting(**QUICK, cache=given)
    expected = kept.fit_transform(X)
    assert clone(kept).cache == given
    assert clone(kept).cache is not given
    assert np.array_equal(clone(kept).set_params(cache=tmp_path / "store").transform(X), expected)
    assert len(computed) == len(X)
    assert f"cache={given!r}," in repr(kept)


def test_a_joblib_memory_says_where(X, tmp_path, computed):
    memory = joblib.Memory(str(tmp_path / "memory"), verbose=0)
    Counting(**QUICK, cache=memory).fit_transform(X)
    Counting(**QUICK, cache=tmp_path / "memory" / "skvoicefake").fit_transform(X)
    Counting(**QUICK, cache=clone(Counting(cache=memory)).cache).fit_transform(X)
    assert len(computed) == len(X)
    memory.clear(warn=False)
    assert len(entries(tmp_path / "memory")) == len(X)
    Counting(**QUICK, cache=joblib.Memory(None)).fit_transform(X)
    assert len(computed) == 2 * len(X)


class Elsewhere:
    """Like a joblib.Memory whose backend is no folder."""

    location = 7

    def cache(self, function):
        return function


@pytest.mark.parametrize(
    ("cache", "message"),
    [
        (3, "'cache' parameter of MFCCTransformer"),
        ("", "folder must be the path of a folder, got ''"),
        (Elsewhere(), "has no folder as its location, got 7"),
    ],
    ids=["number", "empty", "no folder"],
)
def test_what_no_store_can_be(cache, message):
    with pytest.raises(ValueError, match=message):
        MFCCTransformer(cache=cache).fit_transform([noise(900)])


def test_a_pickled_transformer_holds_no_features(X, tmp_path):
    kept = MFCCTransformer(**QUICK, cache=FeatureStore(tmp_path / "store"))
    before = len(pickle.dumps(kept))
    kept.fit_transform(X)
    assert len(pickle.dumps(kept)) < before + 200


# What is in a recipe


def test_a_recipe_is_kept_beside(X, tmp_path):
    kept = MFCCTransformer(**QUICK, window=("kaiser", np.float64(4.0)), cache=tmp_path / "store")
    kept.fit_transform(X)
    (path,) = (tmp_path / "store" / "recipes").iterdir()
    recipe = json.loads(path.read_text())
    assert recipe["window"] == ["kaiser", 4.0]
    assert recipe["versions"]["format"] == _shelf.FORMAT
    assert recipe["n_mfcc"] == 5
    assert "n_jobs" not in recipe


def test_arrays_and_objects_in_a_recipe():
    def name(value):
        return Shelf(FeatureStore("nowhere"), {"value": value}, ()).recipe_name

    long = np.zeros(2000)
    other = long.copy()
    other[1000] = 1e-300
    values = [4.0, 5.0, long, other, long.tolist()[1:], None, "None", {"a": 1}, {"a": 2}, 1 + 1j, 1 + 2j]
    assert len({name(value) for value in values}) == len(values)
    assert name(np.float64(4.0)) == name(4.0)


def test_what_numbers_come_from_is_in_the_key():
    """Every library that the code from clip to coefficients imports has its version in the key."""
    seen, libraries, waiting = set(), set(), ["skvoicefake.audio", "skvoicefake.feature_extraction._bands"]
    root = Path(skvoicefake.__file__).parent.parent
    while waiting:
        place = root / waiting.pop().replace(".", "/")
        path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if path in seen or not path.exists():
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            waiting += [name for name in names if name.startswith("skvoicefake.")]
            libraries |= {name.split(".")[0] for name in names} - {"skvoicefake", *sys.stdlib_module_names}
    assert libraries <= set(_shelf.LIBRARIES)
    assert libraries >= {"numpy", "soundfile", "soxr"}


def voice():
    """A second of something that has pitch, noise and a pause, from integers, and so the same bits everywhere."""
    state, samples = 1, []
    for t in range(16_000):
        state = (1103515245 * state + 12345) % 2**31
        level = 0 if 6000 < t < 7000 else 1
        samples.append(level * ((state >> 16) % 2000 - 1000 + 40 * (t % 100) - 2000))
    return np.array(samples, dtype=np.int16)


# The numbers of a FORMAT. If this test fails since they were changed on purpose, raise FORMAT and put the new ones
# here: people's stores hold the old ones. (What changes by less than this tells, releases tell apart.)
NUMBERS = {
    2: {
        "plain": [-236.915, 30.964, -5.673, -9.315],
        "short": [-5.576, -0.325, 1.326, -0.258],
        "long": [-264.384, -41.526, -6.723, -0.118],
        "resampled": [-819.041, -0.956, 99.845, 0.0],
        "upsampled": [-84.162, 39.555, -0.494, 0.045],
    }
}


def numbers():
    stereo = (np.stack([voice(), voice()[::-1]], axis=1), 44_100)
    clips = {
        "plain": ({}, voice()),
        "short": ({"padding": "repeat", "normalize": "clip"}, voice()[:5000]),
        "long": ({"duration": 0.5, "crop": "loudest", "deltas": 2, "pre_emphasis": 0.97}, voice()),
        "resampled": ({"center": False, "htk": True, "lifter": 22}, stereo),
        "upsampled": ({"top_db": 30.0, "mel_norm": None, "crop": "center", "duration": 1.5}, (voice(), 8000)),
    }
    found = {}
    for name, (parameters, clip) in clips.items():
        (panel,) = MFCCTransformer(**{"duration": 1.0, "n_mfcc": 20, **parameters}).transform([clip])
        places = [(0, 0), (len(panel) // 4, 1), (len(panel) // 3, 7), (len(panel) - 1, panel.shape[1] - 1)]
        found[name] = [round(float(panel[place]), 3) for place in places]
    return found


def test_the_format_is_raised_when_the_numbers_change():
    assert list(NUMBERS) == [_shelf.FORMAT]
    for name, expected in NUMBERS[_shelf.FORMAT].items():
        np.testing.assert_allclose(numbers()[name], expected, rtol=0, atol=5e-3, err_msg=name)
