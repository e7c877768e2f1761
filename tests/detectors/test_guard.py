import io
import pickle

import numpy as np
import pytest
import soundfile
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake.audio import AudioError, load_audio
from skvoicefake.augmentation import telephone
from skvoicefake.detectors._guard import DomainGuard, _distances, _held_out, _shape
from tests.checks.speech import speech

RATE = 16_000


# Rows of a few numbers hold no speech, and are all alike.
@parametrize_with_checks([DomainGuard(min_speech=0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def over_telephone(y):
    return telephone(y, RATE, np.random.default_rng(0))


def noise(seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=2 * RATE)


def plucked(seed=0):
    """A tune of plucked strings, by Karplus and Strong, Computer Music Journal 7(2), 1983."""
    rng = np.random.default_rng(seed)
    y = np.zeros(2 * RATE)
    for start in range(0, len(y), RATE // 4):
        period = int(RATE / rng.choice([220, 262, 330, 392, 440]))
        string = list(rng.normal(size=period))
        for i in range(RATE // 4 - period):
            string.append(0.498 * (string[i] + string[i - 1] if i else string[i]))
        y[start : start + RATE // 4] += string
    return 0.2 * y


@pytest.fixture(scope="module")
def clips():
    return [speech(i, seconds=2.0, voice=i % 8) for i in range(48)]


@pytest.fixture(scope="module")
def guard(clips):
    return DomainGuard().fit(clips, groups=np.arange(48) % 8)


@pytest.fixture(scope="module")
def sounds(clips):
    """Clips of every remark."""
    return [
        *(speech(100 + i, seconds=2.0, voice=20 + i) for i in range(8)),
        noise(),
        over_telephone(clips[0]),
        plucked(),
    ]


def test_other_voices_pass(guard):
    others = [speech(200 + i, seconds=2.0, voice=20 + i) for i in range(24)]
    assert np.count_nonzero(guard.remarks(others)) <= 2


@pytest.mark.parametrize(
    ("clip", "remark"),
    [
        (np.zeros(RATE), "not enough speech"),
        (noise(), "not enough speech"),
        (np.sin(np.arange(2 * RATE) / 20), "not enough speech"),
        (speech(0)[: int(0.4 * RATE)], "not enough speech"),
        (over_telephone(speech(300, voice=30)), "narrow band"),
        ((speech(301, 3.0, 8000, voice=31), 8000), "narrow band"),
        (np.concatenate([speech(302, voice=32), speech(303, voice=33)])[None].repeat(2, 0), ""),
    ],
    ids=["silence", "noise", "tone", "short", "telephone", "8-kHz", "stereo"],
)
def test_what_is_said_of_what(guard, clip, remark):
    assert guard.remarks([clip]).tolist() == [remark]


def test_music_and_noise_over_speech_are_no_speech(guard, clips):
    music = [plucked(seed) for seed in range(4)]
    loud = [y + noise(i)[: len(y)] * np.std(y) / 0.1 for i, y in enumerate(clips[:4])]
    assert (guard.remarks(music + loud) != "").all()


def test_what_was_trained_on_is_no_narrow_band(clips):
    guard = DomainGuard().fit([over_telephone(y) for y in clips])
    other = over_telephone(speech(300, seconds=2.0, voice=30))
    assert guard.remarks([other]).tolist() == [""]


def test_a_rate_without_a_band_above_has_no_narrow_band(clips):
    guard = DomainGuard(sample_rate=8000).fit([(y, RATE) for y in clips])
    assert guard.remarks([(speech(300, seconds=2.0, voice=30), RATE)]).tolist() == [""]


def test_held_out_distances_are_those_of_clips_that_come():
    """A tenth of new ones lies beyond the threshold for a tenth; beyond that of the distances of `fit` lie more."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(6, 6))
    beyond = []
    for _ in range(40):
        kinds, others = (rng.normal(size=(n, 6)) @ mixing for n in (40, 1000))
        learned = _shape(kinds)
        thresholds = [np.quantile(d, 0.9) for d in (_held_out(kinds, np.arange(40)), _distances(kinds, *learned))]
        beyond.append([np.mean(_distances(others, *learned) > threshold) for threshold in thresholds])
    held_out, naive = np.mean(beyond, axis=0)
    assert held_out == pytest.approx(0.1, abs=0.02)
    assert naive > 0.13


def test_the_more_may_be_rejected_the_more_are(clips):
    others = [speech(400 + i, seconds=2.0, voice=i % 8) for i in range(24)]
    counts = [
        np.count_nonzero(DomainGuard(max_rejected=share).fit(clips).remarks(others) == "out of domain")
        for share in (0.02, 0.3, 0.9)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_none_may_be_rejected(clips):
    guard = DomainGuard(max_rejected=0, min_speech=0).fit(clips)
    assert guard.remarks([plucked(), noise(), over_telephone(clips[0])]).tolist() == [""] * 3


def test_clips_of_a_group_are_held_out_together(clips):
    """Twins are near to one another: a fold that parts them makes the threshold too low."""
    few = clips[:12]
    twins = DomainGuard(max_rejected=0.2).fit(few + few)
    grouped = DomainGuard(max_rejected=0.2).fit(few + few, groups=[*range(12), *range(12)])
    assert grouped.threshold_ > 1.2 * twins.threshold_
    alone = DomainGuard().fit(few, groups=["a"] * 12)
    assert alone.threshold_ == np.inf


def test_clips_without_speech_are_not_learned_from(clips, guard):
    others = [noise(i) for i in range(10)]
    again = DomainGuard().fit(clips + others, groups=[*(np.arange(48) % 8), *range(100, 110)])
    for name, value in guard.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], value)


def test_arrays_make_the_same_guard(guard, sounds):
    expected = guard.remarks(sounds)
    assert {"", "narrow band"} < set(expected.tolist())
    file = io.BytesIO()
    np.savez(file, **guard.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        other = DomainGuard.from_arrays(arrays)
    np.testing.assert_array_equal(other.remarks(sounds), expected)
    assert other.get_params() == guard.get_params()
    for name, value in guard.to_arrays().items():
        np.testing.assert_array_equal(other.to_arrays()[name], value)
    strict = DomainGuard.from_arrays(guard.to_arrays(), min_speech=5.0, n_jobs=2)
    assert set(strict.remarks(sounds)) == {"not enough speech"}
    assert strict.n_jobs == 2


def test_arrays_of_something_else(guard):
    arrays = guard.to_arrays()
    with pytest.raises(ValueError, match=r"none called \['threshold_'\]"):
        DomainGuard.from_arrays({name: value for name, value in arrays.items() if name != "threshold_"})
    with pytest.raises(ValueError, match=r"center_ of shape \(6,\), got \(3,\)"):
        DomainGuard.from_arrays(arrays | {"center_": np.zeros(3)})
    with pytest.raises(ValueError, match="min_speech"):
        DomainGuard.from_arrays(arrays, min_speech=-1)


def test_threads_copies_company_and_files(guard, sounds, tmp_path):
    expected = guard.remarks(sounds)
    for other in (DomainGuard.from_arrays(guard.to_arrays(), n_jobs=2), pickle.loads(pickle.dumps(guard))):
        np.testing.assert_array_equal(other.remarks(sounds), expected)
    np.testing.assert_array_equal(guard.remarks(sounds[::-1]), expected[::-1])
    np.testing.assert_array_equal(guard.measures(sounds)[3:4], guard.measures(sounds[3:4]))
    soundfile.write(tmp_path / "clip.wav", sounds[0], RATE, subtype="FLOAT")
    path = tmp_path / "clip.wav"
    for clip in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        for _ in range(2):
            np.testing.assert_array_equal(guard.measures([clip]), guard.measures([load_audio(path)]))


def test_too_little_to_learn_from(clips):
    with pytest.raises(ValueError, match=r"2 clips or more with 0.5 s of speech to learn from, got 1 of n_samples = 3"):
        DomainGuard().fit([clips[0], noise(), noise(1)])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        DomainGuard().fit(clips, groups=[1, 2])


def test_not_fitted():
    with pytest.raises(NotFittedError):
        DomainGuard().remarks([noise()])
    with pytest.raises(NotFittedError):
        DomainGuard().to_arrays()
    assert DomainGuard().measures([noise()])[0, 0] == 0


def test_bad_clips_are_named(guard):
    for clip, message in (("missing.wav", "missing.wav"), (np.array([0.0, np.nan]), r"X\[1\]")):
        with pytest.raises(AudioError, match=message):
            guard.remarks([noise(), clip])
        with pytest.raises(AudioError, match=message):
            DomainGuard().fit([noise(), clip])
