import io
import pickle
import tempfile
import threading
import warnings
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError, load_audio
from skvoicefake.feature_extraction import mfcc
from skvoicefake.feature_extraction._cepstra import delta, fit_length, normalize, statistics
from tests.checks.clips import as_dtype, check_clips_transformer, check_panel, clips, noise, wav_bytes

OUTPUTS = ["sequence", "flat", "stats"]
# Small and quick: 801 samples every 80, 11 frames.
QUICK = {"duration": 0.05, "hop_length": 80}
PLAIN, TRAIN, LONGEST = QUICK, QUICK | {"normalize": "train"}, QUICK | {"duration": None}
SAMPLES = 800
FRAMES = 11


def quick(**parameters):
    return MFCCTransformer(**QUICK | parameters)


@pytest.fixture(name="X")
def mixed_clips(tmp_path):
    """One clip of every form, of different lengths, rates and numbers of channels."""
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(900, 1), 16_000))
    stereo = np.stack([noise(500, 2), noise(500, 3)], axis=1)
    return [
        str(path),
        path,
        wav_bytes(stereo, 8000),
        noise(SAMPLES, 4),
        noise(300, 5).astype(np.float64),
        as_dtype(noise(2000, 6), "int16"),
        (noise(3000, 7), 44_100),
        (stereo, 22_050),
    ]


# scikit-learn's own checks: rows of a 2-D array as clips


@parametrize_with_checks(
    [MFCCTransformer(output=output, **parameters) for output in OUTPUTS for parameters in (PLAIN, TRAIN, LONGEST)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# Our checks of the same kind: lists of clips


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"normalize": "clip"},
        {"normalize": "train", "deltas": 2},
        {"duration": None},
        {"padding": "repeat", "crop": "loudest", "pre_emphasis": 0.97},
        {"on_error": "zeros"},
    ],
    ids=str,
)
def test_clips_checks(output, parameters, X):
    check_clips_transformer(quick(output=output, **parameters), X)


@pytest.mark.parametrize("output", OUTPUTS)
def test_shapes(output, X):
    for deltas in (0, 1, 2):
        features = quick(output=output, deltas=deltas, n_mfcc=13).fit_transform(X)
        n_coefficients = 13 * (1 + deltas)
        if output == "sequence":
            check_panel(features, len(X), FRAMES, n_coefficients)
        else:
            width = 2 * n_coefficients if output == "stats" else FRAMES * n_coefficients
            assert features.shape == (len(X), width)
            assert features.dtype == np.float32


def test_outputs_hold_the_same_numbers(X):
    panel = quick().fit_transform(X)
    np.testing.assert_array_equal(quick(output="flat").fit_transform(X), panel.reshape(len(X), -1))
    stats = quick(output="stats").fit_transform(X)
    np.testing.assert_array_equal(stats, np.stack([statistics(sequence) for sequence in panel]))


@pytest.mark.parametrize("parameters", [{}, {"normalize": "clip"}])
def test_stateless_transformer_needs_no_fit(parameters, X):
    transformer = quick(**parameters)
    assert not transformer.__sklearn_tags__().requires_fit
    np.testing.assert_array_equal(transformer.transform(X), clone(transformer).fit_transform(X))


@pytest.mark.parametrize("parameters", [{"normalize": "train"}, {"duration": None}])
def test_transformer_that_learns_must_be_fitted(parameters, X):
    transformer = quick(**parameters)
    assert transformer.__sklearn_tags__().requires_fit
    with pytest.raises(NotFittedError):
        transformer.transform(X)
    with pytest.raises(NotFittedError):
        transformer.set_params(output="flat").get_feature_names_out()


def test_files_are_not_read_where_there_is_nothing_to_learn():
    assert quick().fit(["no_such.wav"]).n_frames_ == FRAMES


def test_duration_none_keeps_the_longest_clip_of_fit():
    transformer = MFCCTransformer(duration=None, hop_length=80).fit([noise(500), noise(1600), (noise(500), 8000)])
    assert (transformer.n_samples_, transformer.n_frames_) == (1600, 21)
    assert transformer.transform([noise(100), noise(5000)]).shape == (2, 21, 40)


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize(
    ("parameters", "changes"),
    [
        ({"normalize": "train"}, {"n_mfcc": 20}),
        ({"normalize": "train"}, {"n_fft": 256}),
        ({}, {"normalize": "train"}),
        ({"duration": None}, {"sample_rate": 8000}),
        ({}, {"duration": None}),
        ({"normalize": "train"}, {"deltas": 1, "duration": None}),
    ],
)
def test_what_was_learned_with_other_parameters_is_not_used(method, parameters, changes, X):
    transformer = quick(output="stats", **parameters)
    getattr(transformer, method)(X)
    transformer.set_params(**changes)
    message = f"{', '.join(sorted(changes))} changed since fit: fit again"
    with pytest.raises(ValueError, match=message):
        transformer.transform(X)
    with pytest.raises(ValueError, match=message):
        transformer.get_feature_names_out()
    expected = clone(transformer).fit_transform(X)
    np.testing.assert_array_equal(transformer.fit(X).transform(X), expected)


@pytest.mark.parametrize("parameters", [{"normalize": "train"}, {"duration": None}])
def test_parameters_that_nothing_learned_depends_on_may_change(parameters, X):
    transformer = quick(**parameters).fit(X)
    transformer.set_params(output="stats", cache=None, n_jobs=2, on_error="nan")
    expected = quick(output="stats", **parameters).fit_transform(X)
    np.testing.assert_array_equal(transformer.transform(X), expected)


def test_a_transformer_that_learns_nothing_may_change(X):
    transformer = quick().fit(X).set_params(n_mfcc=13, duration=0.1)
    np.testing.assert_array_equal(transformer.transform(X), quick(n_mfcc=13, duration=0.1).transform(X))


def test_normalize_train_uses_all_frames_of_the_clips_of_fit(X):
    plain = quick(deltas=1).fit_transform(X)
    transformer = quick(deltas=1, normalize="train").fit(X)
    np.testing.assert_allclose(transformer.mean_, plain.mean(axis=(0, 1), dtype=np.float64), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(transformer.scale_, plain.std(axis=(0, 1), dtype=np.float64), rtol=1e-6)
    # New clips are measured with the old ones' statistics.
    new = [noise(SAMPLES, 99, scale=0.5)]
    expected = (quick(deltas=1).transform(new) - transformer.mean_) / transformer.scale_
    np.testing.assert_allclose(transformer.transform(new), expected, rtol=1e-5, atol=1e-5)


def test_normalize_clip_deltas_and_crop_are_the_functions_on_arrays():
    y = noise(4000)
    features = quick(normalize="clip", deltas=2, crop="center", pre_emphasis=0.9).fit_transform([y])[0]
    coefficients = mfcc(fit_length(y, SAMPLES, crop="center"), hop_length=80, pre_emphasis=0.9)
    expected = normalize(np.concatenate([coefficients, delta(coefficients), delta(coefficients, 2)], axis=1))
    np.testing.assert_array_equal(features, expected)


def test_concurrent_transforms_of_one_object(X):
    transformer = quick(normalize="train").fit(X)
    expected = transformer.transform(X)
    results = [None] * 4

    def work(i):
        results[i] = transformer.transform(X)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_nothing_is_printed_but_a_bar_when_asked(capfd):
    quick().fit_transform([noise(100)])
    assert capfd.readouterr() == ("", "")
    quick(verbose=1).fit_transform([noise(100)])
    out, err = capfd.readouterr()
    assert not out
    assert "MFCC" in err


def test_mel_bands_without_a_bin_are_told_once():
    with pytest.warns(UserWarning, match=r"of n_mels=128 mel bands hold no frequency bin of n_fft=256") as caught:
        quick(n_mels=128, n_fft=256).fit_transform([noise(500), noise(500)])
    assert len(caught) == 1


# Properties


@st.composite
def transformers(draw):
    """Draw any short transformer that needs no fit."""
    n_mels = draw(st.integers(2, 24))
    return MFCCTransformer(
        sample_rate=draw(st.sampled_from([8000, 16_000, 22_050])),
        duration=draw(st.floats(0.1, 0.3)),  # deltas need 9 frames
        n_mels=n_mels,
        n_mfcc=draw(st.integers(1, n_mels)),
        hop_length=draw(st.integers(40, 100)),
        window=draw(st.sampled_from(["hann", "hamming", 6.0])),
        pad_mode=draw(st.sampled_from(["constant", "edge", "reflect", "symmetric"])),
        htk=True,  # without the narrow low bands of Slaney's scale, some of which would be empty
        fmin=draw(st.sampled_from([0.0, 300.0])),
        top_db=draw(st.sampled_from([None, 80.0, 30.0])),
        pre_emphasis=draw(st.sampled_from([0.0, 0.97])),
        lifter=draw(st.sampled_from([0, 22])),
        deltas=draw(st.integers(0, 2)),
        normalize=draw(st.sampled_from([None, "clip"])),
        padding=draw(st.sampled_from(["zeros", "repeat"])),
        crop=draw(st.sampled_from(["start", "center", "loudest"])),
        level=draw(st.sampled_from([None, "peak", "rms"])),
        output=draw(st.sampled_from(OUTPUTS)),
    )


def has_sound(clip, transformer):
    return load_audio(clip, transformer.sample_rate, duration=transformer.duration).any()


@settings(max_examples=80)
@given(transformers(), st.lists(clips(), min_size=1, max_size=3))
def test_any_finite_clip_gives_finite_features_of_the_documented_shape(transformer, X):
    assume(all(has_sound(clip, transformer) for clip in X))
    features = transformer.fit_transform(X)
    n_coefficients = transformer.n_mfcc * (1 + transformer.deltas)
    n_samples = max(1, round(transformer.duration * transformer.sample_rate))
    n_frames = 1 + n_samples // transformer.hop_length
    assert (transformer.n_samples_, transformer.n_frames_) == (n_samples, n_frames)
    sequence = (n_frames, n_coefficients)
    shapes = {"sequence": sequence, "flat": (np.prod(sequence),), "stats": (2 * n_coefficients,)}
    assert features.shape == (len(X), *shapes[transformer.output])
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


@settings(max_examples=40)
@given(transformers(), st.lists(clips(max_seconds=1.0), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_a_batch_equals_its_clips_one_by_one_in_any_order(transformer, X, random):
    assume(all(has_sound(clip, transformer) for clip in X))
    together = transformer.transform(X)
    order = random.sample(range(len(X)), len(X))
    np.testing.assert_array_equal(transformer.transform([X[i] for i in order]), together[order])
    for clip, features in zip(X, together, strict=True):
        np.testing.assert_array_equal(transformer.transform([clip])[0], features)


@settings(max_examples=40)
@given(transformers(), clips(max_seconds=0.5))
def test_clone_and_pickle_change_nothing(transformer, clip):
    assume(has_sound(clip, transformer))
    features = transformer.transform([clip])
    np.testing.assert_array_equal(clone(transformer).transform([clip]), features)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(transformer.fit([clip]))).transform([clip]), features)


@settings(max_examples=60)
@given(
    clips(kinds=["noise", "tone", "click", "clipped", "dc", "quiet"], max_seconds=0.5),
    st.sampled_from([8000, 16_000, 44_100]),
    st.sampled_from([None, 80.0, 40.0]),
    st.booleans(),
)
def test_numbers_are_librosas(clip, sample_rate, top_db, htk):
    transformer = MFCCTransformer(
        sample_rate=sample_rate, duration=0.2, n_fft=1024, hop_length=200, n_mels=40, n_mfcc=20, top_db=top_db, htk=htk
    )
    assume(has_sound(clip, transformer))
    y = fit_length(load_audio(clip, sample_rate), transformer._n_samples())
    with warnings.catch_warnings():
        # The lowest of 40 bands hold no bin at 44.1 kHz; both warn of it.
        warnings.filterwarnings("ignore", "Empty filters detected|.*mel bands hold no frequency bin")
        power = librosa.feature.melspectrogram(y=y, sr=sample_rate, n_fft=1024, hop_length=200, n_mels=40, htk=htk)
        features = transformer.fit_transform([clip])[0]
    expected = librosa.feature.mfcc(S=librosa.power_to_db(power, top_db=top_db), n_mfcc=20).T
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-3)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1e6), st.sampled_from([8000, 16_000, 44_100]))
def test_gain_changes_coefficient_0_alone(seed, gain, rate):
    # Noise at -20 dB has its quietest band far above the floor of -100 dB; top_db=None does not cut. Resampling
    # upwards would leave bands with nothing in them.
    transformer = MFCCTransformer(sample_rate=8000, duration=0.1, n_mels=20, n_mfcc=20, top_db=None)
    y = noise(int(0.2 * rate), seed).astype(np.float64)
    plain, amplified = transformer.transform([(y, rate), (gain * y, rate)])
    np.testing.assert_allclose(amplified[:, 1:], plain[:, 1:], rtol=0, atol=2e-3)
    np.testing.assert_allclose(amplified[:, 0] - plain[:, 0], 20 * np.log10(gain) * np.sqrt(20), rtol=0, atol=2e-3)


@settings(max_examples=40)
@given(clips(max_seconds=0.3), st.integers(2, 8))
def test_equal_channels_equal_mono(clip, n_channels):
    samples, rate = clip
    mono = samples if samples.ndim == 1 else np.ascontiguousarray(samples[:, 0])
    assume(len(mono) > n_channels)  # A square array has no longer axis to be taken for time.
    assume(has_sound((mono, rate), quick()))
    many = np.stack([mono] * n_channels, axis=1)
    single, averaged, transposed = quick().transform([(mono, rate), (many, rate), (many.T, rate)])
    np.testing.assert_array_equal(averaged, transposed)
    np.testing.assert_allclose(averaged, single, rtol=0, atol=1e-3)


@settings(max_examples=40)
@given(clips(kinds=["noise", "tone", "clipped", "dc"], dtypes=["int16", "uint8", "float32"], max_seconds=0.3))
def test_array_path_bytes_and_float_are_one(clip):
    samples, rate = clip
    subtypes = {"int16": "PCM_16", "uint8": "PCM_U8", "float32": "FLOAT"}
    if samples.dtype == np.uint8:
        floats = (samples.astype(np.float32) - 128) / 128
    else:
        floats = samples if samples.dtype == np.float32 else samples / np.float32(2**15)
    assume(floats.any())
    content = wav_bytes(floats, rate, subtypes[str(samples.dtype)])
    X = [clip, (floats, rate), content, io.BytesIO(content)]
    first, *others = quick().transform(X)
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_path_equals_bytes_equals_array(tmp_path):
    path = tmp_path / "clip.flac"
    samples = as_dtype(noise(5000), "int16")
    path.write_bytes(wav_bytes(samples, 44_100, "PCM_16", "FLAC"))
    with path.open("rb") as file:
        first, *others = quick().transform([path, str(path), path.read_bytes(), file, (samples, 44_100)])
    for other in others:
        np.testing.assert_array_equal(other, first)


# X in every form


def test_containers_of_clips(X):
    expected = quick(output="stats").fit_transform(X)
    objects = np.empty(len(X), dtype=object)
    objects[:] = X
    table = pd.DataFrame({"clip": X})
    for form in (X, tuple(X), objects, objects[:, np.newaxis], pd.Series(X), pd.Series(X, index=range(5, 13)), table):
        transformer = quick(output="stats")
        np.testing.assert_array_equal(transformer.transform(form), expected)
        np.testing.assert_array_equal(transformer.fit_transform(form), expected)
        np.testing.assert_array_equal(transformer.transform(form), expected)


def test_columns_of_paths(X):
    paths = [str(X[0])] * 3
    expected = quick().transform(paths)
    forms = [np.array(paths), np.array(paths)[:, np.newaxis], pd.Series(paths), pd.Series(paths, dtype="string")]
    for form in [*forms, pd.DataFrame({"path": paths}), pd.Series(paths, dtype="category")]:
        np.testing.assert_array_equal(quick().fit_transform(form), expected)


def test_rows_of_samples():
    array = np.stack([noise(SAMPLES, i) for i in range(3)])
    expected = quick().fit_transform(list(array))
    for form in (array, array.tolist(), pd.DataFrame(array, columns=[f"s{i}" for i in range(SAMPLES)])):
        transformer = quick().fit(form)
        assert transformer.n_features_in_ == SAMPLES
        np.testing.assert_array_equal(transformer.transform(form), expected)
    with pytest.raises(ValueError, match="X has 799 features, but MFCCTransformer is expecting 800 features"):
        quick().fit(array).transform(array[:, 1:])


def test_a_silent_row_of_a_table_is_a_row_like_others():
    features = quick().fit_transform(np.stack([noise(SAMPLES), np.zeros(SAMPLES)]))
    assert np.isfinite(features).all()


def test_names_of_a_table_are_remembered(X):
    transformer = quick().fit(pd.DataFrame({"path": X}))
    assert transformer.feature_names_in_.tolist() == ["path"]
    with pytest.raises(ValueError, match="feature names should match"):
        transformer.transform(pd.DataFrame({"speaker": X}))


@pytest.mark.parametrize("index_type", [list, np.array, lambda mask: slice(0, 4)])
def test_scikit_learns_indexing_suits_lists_of_clips(X, index_type):
    part = _safe_indexing(X, index_type([0, 1, 2, 3]))
    np.testing.assert_array_equal(quick().transform(part), quick().transform(X)[:4])


# Names and containers of the output


def test_feature_names():
    names = quick(output="stats", n_mfcc=2, deltas=1).fit([noise(100)]).get_feature_names_out()
    kinds = ["mfcc0", "mfcc1", "delta_mfcc0", "delta_mfcc1"]
    assert names.tolist() == [f"{kind}_{statistic}" for statistic in ("mean", "std") for kind in kinds]
    names = quick(output="flat", n_mfcc=12).fit([noise(100)]).get_feature_names_out()
    assert len(names) == len(set(names)) == FRAMES * 12
    assert names[0] == "frame00_mfcc00"
    assert names[-1] == "frame10_mfcc11"
    assert names.dtype == object


def test_feature_names_of_an_unfitted_stateless_transformer():
    assert len(quick(output="flat").get_feature_names_out()) == FRAMES * 40


def test_a_panel_has_no_feature_names(X):
    assert not hasattr(quick(), "get_feature_names_out")
    with sklearn.config_context(transform_output="pandas"):
        check_panel(quick().fit_transform(X), len(X), FRAMES, 40)


@pytest.mark.parametrize("output", ["flat", "stats"])
def test_set_output_pandas(output, X):
    expected = quick(output=output).fit_transform(X)
    transformer = quick(output=output).set_output(transform="pandas")
    index = pd.Index(range(10, 10 + len(X)))
    for table in (transformer.transform(X), transformer.fit_transform(pd.DataFrame({"clip": X}, index=index))):
        assert isinstance(table, pd.DataFrame)
        assert table.columns.tolist() == transformer.get_feature_names_out().tolist()
        np.testing.assert_array_equal(table.to_numpy(), expected)
    assert table.index.equals(index)


def test_column_transformer_over_a_path_column(X):
    table = pd.DataFrame({"path": [str(X[0])] * 4, "seconds": [1.0, 2.0, 3.0, 4.0]})
    for selector in ("path", ["path"]):
        union = ColumnTransformer(
            [("mfcc", quick(output="stats"), selector), ("rest", "passthrough", ["seconds"])]
        ).fit(table)
        features = union.transform(table)
        assert features.shape == (4, 81)
        np.testing.assert_allclose(features[:, :80], quick(output="stats").transform(table["path"]))
        names = union.get_feature_names_out()
        assert names[0] == "mfcc__mfcc00_mean"
        assert names[-1] == "rest__seconds"
        assert union.set_output(transform="pandas").transform(table).columns.tolist() == names.tolist()


def test_feature_union_of_statistics(X):
    union = FeatureUnion([("narrow", quick(output="stats", fmax=4000)), ("wide", quick(output="stats", n_mfcc=13))])
    features = union.fit_transform(X)
    assert features.shape == (len(X), 80 + 26)
    assert union.get_feature_names_out()[0] == "narrow__mfcc00_mean"
    assert union.set_output(transform="pandas").fit_transform(X).shape == features.shape


def test_any_classifier_can_follow(X):
    y = ["real", "fake"] * 4
    pipeline = make_pipeline(quick(output="stats", normalize="train"), LogisticRegression()).fit(X, y)
    assert set(pipeline.predict(X)) <= {"real", "fake"}
    restored = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(restored.predict_proba(X), pipeline.predict_proba(X))


def test_pipeline_memory_and_html(X, tmp_path):
    steps = [("mfcc", quick(output="stats", normalize="train")), ("classifier", LogisticRegression())]
    pipeline = Pipeline(steps, memory=str(tmp_path))
    first = pipeline.fit(X, [0, 1] * 4).predict_proba(X[2:])
    Path(X[0]).unlink()
    with pytest.raises(AudioError, match="no such file"):
        clone(steps[0][1]).fit_transform(X)
    # Only the cache can still know the features of the file.
    np.testing.assert_array_equal(pipeline.fit(X, [0, 1] * 4).predict_proba(X[2:]), first)
    assert "MFCCTransformer" in pipeline._repr_html_()


# Bad input


@pytest.fixture
def bad_clips(tmp_path):
    """Every bad clip of the table in the user guide, and what the message must say beyond its place."""
    content = wav_bytes(as_dtype(noise(2000), "int16"), 16_000, "PCM_16")
    files = {
        "empty.wav": b"",
        "truncated.wav": content[:1000],
        "header.wav": content[:40] + bytes(4),
        "text.wav": b"hello\n" * 100,
        "rate.wav": content[:24] + (5).to_bytes(4, "little") + content[28:],
        "nan.wav": wav_bytes(np.array([0.1, np.nan]), 16_000),
        "silent.wav": wav_bytes(np.zeros(800), 16_000),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.wav").mkdir()
    messages = {
        "missing.wav": "no such file",
        "folder.wav": "got a folder",
        "empty.wav": r"empty file \(0 bytes\)",
        "truncated.wav": "truncated wav",
        "header.wav": "empty clip",
        "text.wav": "not audio",
        "rate.wav": "between 1000 and 768000 Hz, got 5 Hz",
        "nan.wav": "1 that are NaN or infinity",
        "silent.wav": "silent clip",
    }
    paths = [(str(tmp_path / name), rf"{name}.*{message}") for name, message in messages.items()]
    return [
        *paths,
        (np.zeros(0), "empty clip"),
        (np.array([np.nan, 0.1]), "NaN or infinity"),
        (np.array([np.inf, 0.1]), "NaN or infinity"),
        (np.zeros(800), "silent clip"),
        ((noise(800), 3), "between 1000 and 768000 Hz, got 3 Hz"),
        ((noise(800), 10**8), "between 1000 and 768000 Hz"),
        ((8000, noise(800)), r"got \(rate, waveform\).*Swap"),
        (np.ones((800, 70)), "at most 64 channels, got 70"),
        (np.ones((3, 4, 5)), r"shape \(3, 4, 5\)"),
        (None, "got NoneType"),
        (float("nan"), "got float"),
        ([0.1, 0.2], "got a list of length 2"),
        (b"", "0 bytes"),
    ]


def test_every_bad_clip_is_named(bad_clips):
    for clip, message in bad_clips:
        for n_jobs in (1, 2):
            with pytest.raises(AudioError, match=rf"X\[1\].*{message}"):
                quick(n_jobs=n_jobs).fit_transform([noise(800), clip, noise(800)])
        with pytest.raises(AudioError, match=rf"X\[1\].*{message}"):
            quick(normalize="train").fit([noise(800), clip])


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("parameters", [{}, {"normalize": "train"}, {"duration": None}, {"n_jobs": 2}], ids=str)
@pytest.mark.parametrize("on_error", ["zeros", "nan"])
def test_bad_clips_do_not_cost_the_good_ones(bad_clips, output, parameters, on_error):
    good = [noise(800, 1), noise(800, 2)]
    X = [good[0], *(clip for clip, _ in bad_clips), good[1]]
    bad = list(range(1, len(X) - 1))
    expected = quick(output=output, **parameters).fit(good).transform(good)
    transformer = quick(output=output, on_error=on_error, **parameters)

    def check(features):
        np.testing.assert_array_equal(features[[0, -1]], expected)
        assert (np.isnan(features[bad]) if on_error == "nan" else features[bad] == 0).all()
        assert [position for position, _ in transformer.bad_clips_] == bad
        assert all(f"X[{position}]" in message for position, message in transformer.bad_clips_)
        assert [warning.filename for warning in caught] == [__file__]
        message = str(caught[0].message)
        assert message.startswith(f"{len(bad)} clips could not be read and became rows of {on_error}:")
        assert "X[1] (" in message
        assert f"and {len(bad) - 10} more, in bad_clips_" in message

    with pytest.warns(UserWarning, match="clips could not be read") as caught:
        check(transformer.fit_transform(X))
    with pytest.warns(UserWarning, match="clips could not be read") as caught:
        check(transformer.transform(X))
    # And good clips leave nothing to tell.
    np.testing.assert_array_equal(transformer.fit(good).transform(good), expected)
    assert transformer.bad_clips_ == []


@pytest.mark.parametrize("parameters", [{"normalize": "train"}, {"duration": None}])
def test_fit_tells_of_the_bad_clips_it_met(parameters):
    transformer = quick(on_error="nan", **parameters)
    with pytest.warns(UserWarning, match="1 clips could not be read") as caught:
        transformer.fit([noise(800), "missing.wav"])
    assert [warning.filename for warning in caught] == [__file__]
    assert [position for position, _ in transformer.bad_clips_] == [1]
    with pytest.raises(AudioError, match=r"None of the 2 clips can be read.*missing\.wav"):
        transformer.fit(["missing.wav", "gone.wav"])


def test_a_clip_shorter_than_a_frame_is_padded():
    features = quick().fit_transform([noise(5)])
    np.testing.assert_array_equal(features[0], mfcc(np.pad(noise(5), (0, 795)), hop_length=80))


def test_a_silent_start_is_no_silent_clip_unless_nothing_else_is_kept():
    y = np.concatenate([np.zeros(1000), noise(1000)])
    with pytest.raises(AudioError, match="silent clip"):
        quick(crop="start").fit_transform([y])
    assert quick(crop="loudest").fit_transform([y]).any()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, r"0 sample\(s\)"),
        (np.array([]), ValueError, "sequence of clips, got 1D array"),
        (np.array([], dtype=object), ValueError, r"0 sample\(s\)"),
        (np.zeros((0, 5)), ValueError, r"0 sample\(s\)"),
        (pd.DataFrame({"path": []}, dtype=object), ValueError, r"0 sample\(s\)"),
        (noise(800), ValueError, r"got 1D array of numbers instead.*\[waveform\]"),
        (pd.Series(noise(5)), ValueError, "got 1D array of numbers instead"),
        ("clip.wav", ValueError, r"got one clip \(str\). Wrap it: \[clip\]"),
        (Path("clip.wav"), ValueError, "got one clip"),
        (b"RIFF", ValueError, "got one clip"),
        (io.BytesIO(b"RIFF"), ValueError, "got one clip"),
        ((noise(800), 8000), ValueError, "got one clip"),
        (tempfile.gettempdir(), ValueError, r"got the folder '.*'. List what is in it: .*find_audio.*load_folder"),
        ("a" * 5000, ValueError, "got one clip"),
        ("\0", ValueError, "got one clip"),
        (np.zeros((2, 3, 4)), ValueError, "dim 3"),
        (pd.DataFrame({"path": ["a.wav"], "label": ["real"]}), ValueError, "one column of clips, got 2 columns"),
        (None, TypeError, "got NoneType"),
        (5, TypeError, "got int"),
        ({"a": 1}, TypeError, "got dict"),
        ({"a.wav"}, TypeError, r"got set. Make it a list"),
        ((path for path in ["a.wav"]), TypeError, r"got generator. Make it a list"),
    ],
)
def test_bad_x(X, error, message):
    with pytest.raises(error, match=message):
        quick().fit(X)


def test_object_array_of_mixed_things_names_the_first_bad_one():
    X = np.array([noise(800), "missing.wav", 3, None], dtype=object)
    with pytest.raises(AudioError, match=r"X\[1\] \('missing\.wav'\): no such file"):
        quick().fit_transform(X)


def test_fit_params_are_not_swallowed():
    with pytest.raises(TypeError, match="no parameter named 'sample_weight'"):
        quick().fit_transform([noise(800)], sample_weight=[1.0])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_mfcc": 90}, "n_mfcc=90 .* n_mels=80"),
        ({"fmax": 9000}, "fmax=9000 Hz lies above half of sample_rate=16000 Hz"),
        ({"fmin": 4000, "fmax": 3000}, "fmin=4000 Hz must lie below fmax=3000 Hz"),
        ({"fmin": 8000}, "fmin=8000 Hz must lie below fmax=8000 Hz"),
        ({"win_length": 600}, "win_length=600 is longer than the frame, n_fft=512"),
        ({"dct_type": 1}, 'dct_type=1 has no norm="ortho"'),
        ({"dct_type": 1, "norm": None, "n_mels": 1, "n_mfcc": 1}, "dct_type=1 needs at least two mel bands"),
        ({"window": "no_such"}, "window='no_such' is no window of scipy.signal.get_window"),
        ({"window": ("kaiser",)}, "is no window of scipy.signal.get_window"),
        ({"window": ("kaiser", [1.0])}, "is no window of scipy.signal.get_window"),
        ({"window": ("kaiser", np.nan)}, "is no window of scipy.signal.get_window: its weights are not finite"),
        ({"window": ("kaiser", np.inf)}, "is no window of scipy.signal.get_window: its weights are not finite"),
        ({"window": np.nan}, "is no window of scipy.signal.get_window: its weights are not finite"),
        ({"window": True}, "window=True is no window of scipy.signal.get_window: .* got a boolean"),
        ({"center": False, "duration": 0.01}, "Clips of 160 samples are shorter than one frame of n_fft=512"),
        ({"deltas": 1, "duration": 0.03}, "deltas=1 needs at least 9 frames a clip, got 7"),
    ],
)
def test_parameters_that_contradict_one_another(parameters, message):
    for method in ("fit", "transform", "fit_transform"):
        with pytest.raises(ValueError, match=message):
            getattr(quick(**parameters), method)([noise(800)])


@pytest.mark.parametrize(
    "parameters",
    [
        {"hop_length": 0},
        {"n_mfcc": 0},
        {"n_fft": 1},
        {"sample_rate": 10},
        {"sample_rate": np.nan},
        {"duration": 0},
        {"duration": -1.0},
        {"duration": np.inf},
        {"duration": 1e12},
        {"window": None},
        {"pad_mode": "wrap"},
        {"fmin": -1},
        {"fmax": 0},
        {"dct_type": 4},
        {"norm": "slaney"},
        {"lifter": -1},
        {"top_db": -1},
        {"pre_emphasis": 2},
        {"deltas": 3},
        {"normalize": "batch"},
        {"padding": "wrap"},
        {"crop": "end"},
        {"level": "loud"},
        {"output": "panel"},
        {"on_error": "skip"},
        {"n_jobs": 1.5},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_named(parameters):
    (name,) = parameters
    for method in ("fit", "transform"):
        with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of MFCCTransformer"):
            getattr(quick(**parameters), method)([noise(800)])


def test_lists_of_numbers_and_columns_of_paths_are_told_apart():
    with pytest.raises(ValueError, match=r"rows of one length, got lists of 2 to 3 values"):
        quick().transform([[0.1, 0.2], [0.1, 0.2, 0.3]])
    with pytest.raises(AudioError, match=r"X\[0\]: expected a path"):
        quick().transform([[0.1, 0.2], "good.wav"])
    with pytest.raises(ValueError, match=r"one column of clips, got 2"):
        quick().transform(np.array([["a.wav", "b.wav"]], dtype=object))
