import numpy as np
import pytest

from skvoicefake.augmentation import crop, cut, trim_silence
from tests.checks.clips import noise

RATE = 16_000


def test_a_crop_is_a_piece_of_the_clip_from_anywhere():
    y = np.arange(1000, dtype=np.float32)
    starts = []
    for seed in range(200):
        piece = crop(y, RATE, np.random.default_rng(seed), share=0.5)
        np.testing.assert_array_equal(piece, np.arange(piece[0], piece[0] + 500))
        starts.append(piece[0])
    assert min(starts) < 25
    assert max(starts) > 475


def test_a_crop_may_be_given_in_seconds():
    assert len(crop(noise(RATE), RATE, np.random.default_rng(0), duration=0.25)) == 4000
    y = noise(100)
    np.testing.assert_array_equal(crop(y, RATE, np.random.default_rng(0), duration=1.0), y)
    assert len(crop(y, RATE, np.random.default_rng(0), share=1e-9)) == 1


@pytest.mark.parametrize("parameters", [{"share": 0}, {"share": (-2, -1)}, {"duration": 0}])
def test_a_crop_of_nothing_is_refused(parameters):
    with pytest.raises(ValueError, match="crop must leave something"):
        crop(noise(100), RATE, np.random.default_rng(0), **parameters)


def test_a_cut_takes_a_piece_out_and_joins_the_rest_smoothly():
    y = np.sin(np.arange(RATE) / 50).astype(np.float32)
    for seed in range(20):
        rest = cut(y, RATE, np.random.default_rng(seed), share=0.25)
        assert len(rest) == round(0.75 * RATE) - 80  # the fade is of both sides
        same = np.argmin(rest == y[: len(rest)])
        np.testing.assert_array_equal(rest[same + 200 :], y[len(y) - len(rest) + same + 200 :])
        assert np.abs(np.diff(rest)).max() < 0.05
    np.testing.assert_array_equal(cut(y[:300], RATE, np.random.default_rng(0)), y[:300])


def test_a_cut_of_all_is_refused():
    with pytest.raises(ValueError, match=r"share must lie between 0 and 0.9, got 1"):
        cut(noise(100), RATE, np.random.default_rng(0), share=1)


def test_silence_around_the_sound_is_trimmed_and_no_other():
    sound = noise(3200, scale=0.5)
    sound[1000:2000] = 0
    y = np.concatenate([noise(1600, seed=1, scale=1e-4), sound, noise(4800, seed=2, scale=1e-4)])
    np.testing.assert_array_equal(trim_silence(y, RATE, np.random.default_rng(0)), sound)
    np.testing.assert_array_equal(trim_silence(y, RATE, np.random.default_rng(0), threshold=100), y)


@pytest.mark.parametrize("n_samples", [1, 100, 16_001])
def test_a_silent_clip_stays_as_it_is(n_samples):
    y = np.zeros(n_samples, dtype=np.float32)
    np.testing.assert_array_equal(trim_silence(y, RATE, np.random.default_rng(0)), y)
