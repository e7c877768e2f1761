"""What MFCCTransformer has its tests for, of the other transformers of its kind."""

import pickle

import numpy as np
import pytest
import scipy.fft
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake.audio import load_audio
from skvoicefake.feature_extraction import FilterBankTransformer, LFCCTransformer, MFCCTransformer, delta
from skvoicefake.feature_extraction._cepstra import fit_length, normalize, statistics
from skvoicefake.feature_extraction._filters import SCALES
from tests.checks.clips import check_clips_transformer, check_panel, clips, noise, wav_bytes

# Small and quick: 800 samples every 80, 11 frames.
QUICK = {"duration": 0.05, "hop_length": 80, "n_filters": 20}
FRAMES = 11
OUTPUTS = ["sequence", "flat", "stats"]
KINDS = [LFCCTransformer, FilterBankTransformer]


def quick(kind, **parameters):
    fewer = {"n_lfcc": 12} if kind is LFCCTransformer else {}
    return kind(**QUICK | fewer | parameters)


def width_of(transformer):
    return getattr(transformer, transformer._counter)


@pytest.fixture(name="X")
def mixed_clips(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(900, 1), 16_000))
    return [str(path), noise(800, 4), noise(300, 5).astype(np.float64), (noise(3000, 7), 44_100)]


@parametrize_with_checks(
    [
        quick(kind, output=output, **parameters)
        for kind in KINDS
        for output, parameters in zip(
            OUTPUTS, ({}, {"normalize": "train", "level": "rms"}, {"duration": None, "level": "peak"}), strict=True
        )
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"normalize": "train", "deltas": 2}, {"duration": None, "level": "peak"}, {"scale": "erb", "level": "rms"}],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS)
def test_clips_checks(kind, output, parameters, X):
    check_clips_transformer(quick(kind, output=output, **parameters), X)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_hold_the_same_numbers(kind, X):
    transformer = quick(kind, deltas=1)
    panel = transformer.fit_transform(X)
    check_panel(panel, len(X), FRAMES, 2 * width_of(transformer))
    np.testing.assert_array_equal(quick(kind, deltas=1, output="flat").fit_transform(X), panel.reshape(len(X), -1))
    stats = quick(kind, deltas=1, output="stats").fit_transform(X)
    np.testing.assert_array_equal(stats, np.stack([statistics(sequence) for sequence in panel]))


# Every parameter of the functions, at another value than its default.
OTHERS = {
    "sample_rate": 8000,
    "n_filters": 50,
    "scale": "bark",
    "n_fft": 400,
    "win_length": None,
    "hop_length": 50,
    "window": "hamming",
    "center": False,
    "pad_mode": "edge",
    "fmin": 300.0,
    "fmax": 3400.0,
    "filter_norm": "area",
    "floor": 1.0,
    "top_db": 40.0,
    "pre_emphasis": 0.5,
}
OF_CEPSTRA = {"n_lfcc": 7, "dct_type": 3, "norm": None, "lifter": 22.0}


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_reach_the_function(kind, X):
    function = kind()._function()
    others = OTHERS | (OF_CEPSTRA if kind is LFCCTransformer else {})
    # The function and the transformer have the same defaults; none was forgotten here.
    defaults = function.__kwdefaults__
    assert defaults.keys() == others.keys()
    assert {name: value for name, value in kind().get_params().items() if name in others} == defaults
    y = noise(1600)
    for parameters in [others, *({name: value} for name, value in others.items())]:
        rate = parameters.get("sample_rate", 16_000)
        expected = function(y[: round(0.1 * rate)], **parameters)
        found = kind(duration=0.1, **parameters).fit_transform([y[: round(0.1 * rate)]])[0]
        np.testing.assert_array_equal(found, expected)
        assert not np.array_equal(found, kind(duration=0.1).fit_transform([y])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_level_deltas_and_crop_are_the_functions_on_arrays(kind):
    y = noise(4000)
    transformer = quick(kind, normalize="clip", deltas=2, crop="center", level="rms")
    features = transformer.fit_transform([y])[0]
    parameters = {name: getattr(transformer, name) for name in transformer._function().__kwdefaults__}
    coefficients = transformer._function()(fit_length(y, 800, crop="center", level="rms"), **parameters)
    expected = normalize(np.concatenate([coefficients, delta(coefficients), delta(coefficients, 2)], axis=1))
    np.testing.assert_array_equal(features, expected)


@pytest.mark.parametrize("kind", [*KINDS, MFCCTransformer])
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), gain=st.floats(1e-6, 1e6), level=st.sampled_from(["peak", "rms"]))
def test_loudness_tells_nothing(kind, seed, gain, level):
    y = noise(1200, seed).astype(np.float64)
    transformer = kind(duration=0.1, level=level)
    plain, amplified = transformer.transform([y, gain * y])
    np.testing.assert_allclose(amplified, plain, rtol=0, atol=5e-3)


@pytest.mark.parametrize("kind", [*KINDS, MFCCTransformer])
def test_level_is_in_the_recipe(kind, tmp_path):
    kept = [
        kind(duration=0.1, level=level, cache=tmp_path / "store").fit_transform([noise(1600)])
        for level in (None, "peak", "rms", "rms", "peak", None)
    ]
    for first, again in zip(kept[:3], kept[:2:-1], strict=True):
        np.testing.assert_array_equal(first, again)
    assert not np.array_equal(kept[0], kept[1])
    assert not np.array_equal(kept[1], kept[2])


def test_kinds_have_keys_of_their_own(tmp_path):
    cache = tmp_path / "store"
    for _ in range(2):
        bands = FilterBankTransformer(duration=0.1, n_filters=40, cache=cache).fit_transform([noise(1600)])
        cepstra = LFCCTransformer(duration=0.1, n_filters=40, cache=cache).fit_transform([noise(1600)])
        assert bands.shape == cepstra.shape
        assert not np.array_equal(bands, cepstra)
        other = LFCCTransformer(duration=0.1, n_filters=40, scale="mel", cache=cache).fit_transform([noise(1600)])
        assert not np.array_equal(other, cepstra)


@pytest.mark.parametrize(("kind", "stem"), [(LFCCTransformer, "lfcc"), (FilterBankTransformer, "band")])
def test_feature_names(kind, stem, X):
    transformer = quick(kind, output="stats", deltas=1).set_output(transform="pandas")
    table = transformer.fit_transform(X)
    n = width_of(transformer)
    kinds = [f"{prefix}{stem}{i:02d}" for prefix in ("", "delta_") for i in range(n)]
    assert table.columns.tolist() == [f"{name}_{statistic}" for statistic in ("mean", "std") for name in kinds]
    names = quick(kind, output="flat").get_feature_names_out()
    assert len(set(names)) == FRAMES * n
    assert (names[0], names[-1]) == (f"frame00_{stem}00", f"frame10_{stem}{n - 1:02d}")
    assert not hasattr(quick(kind), "get_feature_names_out")


def test_a_search_over_scales():
    y = np.repeat(["fake", "real"], 8)
    X = [noise(900, i) if i < 8 else np.convolve(noise(900, i), [0.5, 0.5], "same") for i in range(16)]
    pipe = make_pipeline(quick(LFCCTransformer, output="stats"), LogisticRegression(max_iter=1000))
    grid = {"lfcctransformer__scale": list(SCALES), "lfcctransformer__level": [None, "rms"]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ == 1
    assert search.best_estimator_.predict(X).tolist() == y.tolist()


# Properties


@st.composite
def transformers(draw):
    """Draw any short transformer that needs no fit."""
    kind = draw(st.sampled_from(KINDS))
    n_filters = draw(st.integers(2, 24))
    return kind(
        sample_rate=draw(st.sampled_from([8000, 16_000, 22_050])),
        duration=draw(st.floats(0.1, 0.3)),  # deltas need 9 frames
        n_filters=n_filters,
        scale=draw(st.sampled_from(["linear", "htk", "bark", "inverse-mel"])),  # of which 24 bands hold a bin each
        hop_length=draw(st.integers(40, 100)),
        window=draw(st.sampled_from(["hann", "hamming", 6.0])),
        pad_mode=draw(st.sampled_from(["constant", "edge", "reflect", "symmetric"])),
        fmin=draw(st.sampled_from([0.0, 300.0])),
        filter_norm=draw(st.sampled_from(["area", "peak"])),
        floor=draw(st.sampled_from([1e-16, 1e-10, 1e-3])),
        top_db=draw(st.sampled_from([None, 80.0, 30.0])),
        pre_emphasis=draw(st.sampled_from([0.0, 0.97])),
        deltas=draw(st.integers(0, 2)),
        normalize=draw(st.sampled_from([None, "clip"])),
        padding=draw(st.sampled_from(["zeros", "repeat"])),
        crop=draw(st.sampled_from(["start", "center", "loudest"])),
        level=draw(st.sampled_from([None, "peak", "rms"])),
        output=draw(st.sampled_from(OUTPUTS)),
        **({"n_lfcc": draw(st.integers(1, n_filters))} if kind is LFCCTransformer else {}),
    )


@settings(max_examples=80)
@given(transformers(), st.lists(clips(max_seconds=1.0), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_finite_of_the_documented_shape_and_alone_as_in_company(transformer, X, random):
    rate, duration = transformer.sample_rate, transformer.duration
    assume(all(load_audio(clip, rate, duration=duration).any() for clip in X))
    features = transformer.fit_transform(X)
    n_coefficients = width_of(transformer) * (1 + transformer.deltas)
    n_frames = 1 + max(1, round(duration * rate)) // transformer.hop_length
    sequence = (n_frames, n_coefficients)
    shapes = {"sequence": sequence, "flat": (np.prod(sequence),), "stats": (2 * n_coefficients,)}
    assert features.shape == (len(X), *shapes[transformer.output])
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    order = random.sample(range(len(X)), len(X))
    np.testing.assert_array_equal(transformer.transform([X[i] for i in order]), features[order])
    for clip, row in zip(X, features, strict=True):
        np.testing.assert_array_equal(clone(transformer).transform([clip])[0], row)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(transformer)).transform(X), features)


# Bad parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fmax": 9000}, "fmax=9000 Hz lies above half of sample_rate=16000 Hz"),
        ({"fmin": 4000, "fmax": 3000}, "fmin=4000 Hz must lie below fmax=3000 Hz"),
        ({"win_length": 600}, "win_length=600 is longer than the frame, n_fft=512"),
        ({"window": "no_such"}, "window='no_such' is no window of scipy.signal.get_window"),
        ({"center": False, "duration": 0.01}, "Clips of 160 samples are shorter than one frame of n_fft=512"),
        ({"deltas": 1, "duration": 0.03}, "deltas=1 needs at least 9 frames a clip, got 7"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS)
def test_parameters_that_contradict_one_another(kind, parameters, message):
    for method in ("fit", "transform", "fit_transform"):
        with pytest.raises(ValueError, match=message):
            getattr(quick(kind, **parameters), method)([noise(800)])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_lfcc": 21}, "n_lfcc=21 coefficients need as many bands, got n_filters=20"),
        ({"dct_type": 1}, 'dct_type=1 has no norm="ortho"'),
        ({"dct_type": 1, "norm": None, "n_filters": 1, "n_lfcc": 1}, "dct_type=1 needs at least two bands, got n_fil"),
    ],
    ids=str,
)
def test_parameters_of_cepstra_that_contradict_one_another(parameters, message):
    for method in ("fit", "transform", "fit_transform"):
        with pytest.raises(ValueError, match=message):
            getattr(quick(LFCCTransformer, **parameters), method)([noise(800)])


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_filters": 0},
        {"scale": "log"},
        {"filter_norm": None},
        {"floor": 0},
        {"floor": np.nan},
        {"floor": 1.1e16},
        {"level": "loud"},
        {"pre_emphasis": 2},
        {"pad_mode": "wrap"},
        {"top_db": -1},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS)
def test_parameters_out_of_range_are_named(kind, parameters):
    (name,) = parameters
    for method in ("fit", "transform"):
        with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of {kind.__name__}"):
            getattr(quick(kind, **parameters), method)([noise(800)])


@pytest.mark.parametrize("kind", KINDS)
def test_what_all_transformers_have_defaults_alike(kind):
    ours, mfccs = kind().get_params(), MFCCTransformer().get_params()
    differing = {name for name in set(ours) & set(mfccs) if ours[name] != mfccs[name]}
    assert differing == {"win_length", "top_db", "pre_emphasis"}


@pytest.mark.parametrize("n_filters", [2, 3, 20])
def test_the_first_cosine_transform(n_filters, X):
    parameters = {"n_filters": n_filters, "n_lfcc": 2, "norm": None}
    bands = quick(FilterBankTransformer, n_filters=n_filters).fit_transform(X)
    found = quick(LFCCTransformer, dct_type=1, **parameters).fit_transform(X)
    np.testing.assert_allclose(found, scipy.fft.dct(bands, type=1, axis=2)[..., :2], atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_bands_without_a_bin_are_told_once(kind):
    with pytest.warns(UserWarning, match=r"of n_filters=200 bands hold no frequency bin of n_fft=128") as caught:
        quick(kind, n_filters=200, n_fft=128, win_length=None).fit([noise(500), noise(500)])
    assert [warning.filename for warning in caught] == [__file__]
