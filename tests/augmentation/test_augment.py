from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.audio import AudioError, load_audio
from skvoicefake.augmentation import add_noise, augment
from skvoicefake.augmentation._augment import METHODS, USUAL
from tests.checks.clips import clips, noise
from tests.checks.speech import speech

RATE = 16_000
WITHOUT_FFMPEG = [name for name in METHODS if name != "aac"]
SHORTENING = {"crop", "cut", "trim"}


@settings(max_examples=60)
@given(
    clip=clips(dtypes=("float32", "int16"), max_seconds=0.3),
    name=st.sampled_from(WITHOUT_FFMPEG),
    seed=st.integers(0, 100),
)
def test_any_method_makes_a_waveform_of_any_clip(clip, name, seed):
    samples, rate = clip
    before = samples.copy()
    y = load_audio(clip, rate)
    changed = augment(samples, rate, [name], n_methods=1, random_state=seed)
    np.testing.assert_array_equal(samples, before)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert changed.any() == y.any()
    if name in SHORTENING:
        assert 1 <= len(changed) <= len(y)
    else:
        assert len(changed) == len(y)
    np.testing.assert_array_equal(augment(samples, rate, [name], n_methods=1, random_state=seed), changed)


@pytest.mark.parametrize("name", WITHOUT_FFMPEG)
def test_silence_stays_silent(name):
    changed = augment(np.zeros(1000), RATE, [name], n_methods=1, random_state=0)
    assert len(changed)
    assert np.abs(changed).max() < 1e-3


@pytest.mark.parametrize("name", WITHOUT_FFMPEG)
def test_every_method_does_something(name):
    y = np.concatenate([np.zeros(800, dtype=np.float32), speech(0, seconds=0.5)])
    changed = augment(y, RATE, [name], n_methods=1, random_state=0)
    assert not np.array_equal(changed, y)


def add(value):
    def method(y, sample_rate, rng):
        return y + np.float32(value)

    return method


def test_methods_are_done_in_their_order_and_none_twice():
    done = []
    methods = [lambda y, rate, rng, i=i: done.append(i) or y for i in range(5)]
    for seed in range(50):
        done.clear()
        augment(noise(10), RATE, methods, n_methods=3, random_state=seed)
        assert len(done) == 3
        assert done == sorted(set(done))
    done.clear()
    augment(noise(10), RATE, methods, n_methods=9, random_state=0)
    assert done == [0, 1, 2, 3, 4]


def test_the_number_of_methods_may_be_drawn():
    counts = [
        round(float(augment(np.zeros(1), RATE, [add(1)] * 4, n_methods=(1, 3), random_state=seed)[0]))
        for seed in range(60)
    ]
    assert set(counts) == {1, 2, 3}
    y = noise(10)
    np.testing.assert_array_equal(augment(y, RATE, n_methods=0), y)


def test_what_is_drawn_does_not_depend_on_the_clip():
    drawn = []
    methods = [lambda y, rate, rng, i=i: drawn.append(i) or y for i in range(8)]
    for y in (noise(10), noise(5000, seed=1), np.zeros(3)):
        augment(y, RATE, methods, random_state=7)
    assert drawn[:2] == drawn[2:4] == drawn[4:]


def test_every_usual_method_is_drawn_about_as_often():
    counts = np.zeros(len(USUAL))

    def counting(i):
        def method(y, sample_rate, rng):
            counts[i] += 1
            return y

        return method

    methods = [counting(i) for i in range(len(USUAL))]
    for seed in range(900):
        augment(np.ones(1), RATE, methods, random_state=seed)
    assert counts.sum() == 1800
    np.testing.assert_allclose(counts / 900, 2 / len(USUAL), atol=0.05)


def test_a_function_with_other_parameters_may_be_a_method():
    y = noise(500)
    changed = augment(y, RATE, [partial(add_noise, snr=-10)], n_methods=1, random_state=0)
    assert np.sum((changed - y) ** 2) == pytest.approx(10 * np.sum(y**2), rel=1e-4)


def test_a_callable_gets_waveform_rate_and_generator():
    got = []
    augment(noise(5), 8000, [lambda *arguments: got.extend(arguments) or arguments[0]], random_state=0)
    y, rate, rng = got
    np.testing.assert_array_equal(y, noise(5))
    assert rate == 8000
    assert isinstance(rng, np.random.Generator)


def test_what_would_leave_nothing_of_a_sound_is_not_done():
    y = noise(500)
    np.testing.assert_array_equal(augment(y, RATE, [lambda y, rate, rng: 0 * y], random_state=0), y)


def test_seeds():
    y = speech(0, seconds=0.3)
    once = augment(y, RATE, random_state=1)
    np.testing.assert_array_equal(augment(y, RATE, random_state=1), once)
    assert not np.array_equal(augment(y, RATE, random_state=2), once)
    generator = np.random.default_rng(0)
    assert not np.array_equal(augment(y, RATE, random_state=generator), augment(y, RATE, random_state=generator))
    shared = np.random.RandomState(1)
    np.testing.assert_array_equal(augment(y, RATE, random_state=shared), once)


def test_the_callers_random_state_is_left_alone():
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    augment(noise(100), RATE, random_state=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"methods": "noise"}, "methods must be a list"),
        ({"methods": []}, "methods must be a list"),
        ({"methods": ["noise", "nose"]}, "got 'nose'"),
        ({"n_methods": -1}, "n_methods must be an integer of 0 or more"),
        ({"n_methods": (3, 1)}, "n_methods must be an integer of 0 or more"),
        ({"n_methods": 1.5}, "n_methods must be an integer of 0 or more"),
        ({"methods": [lambda y, rate, rng: y[:0]]}, "must return a waveform"),
        ({"methods": [lambda y, rate, rng: y * np.nan]}, "must return a waveform"),
        ({"methods": [lambda y, rate, rng: None]}, "must return a waveform"),
        ({"methods": [partial(add_noise, snr=float("nan"))]}, "snr must be a number"),
    ],
)
def test_what_makes_no_sense_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        augment(noise(100), RATE, **parameters)


def test_a_clip_with_nan_is_refused():
    with pytest.raises(AudioError, match="expected finite samples, got 1"):
        augment(np.array([0.1, np.nan]), RATE)
