"""Copies are found, whatever is between them, and nothing else; names of windows are told from numbers of clips."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr

from skvoicefake.model_selection import _duplicates
from skvoicefake.model_selection._duplicates import duplicate_clusters, near_duplicates, window_families
from skvoicefake.model_selection._fingerprints import fingerprint
from tests.checks.speech import speech

RATE = 16_000


def recoded(waveform, rate=RATE, **kind):
    file = io.BytesIO()
    soundfile.write(file, waveform, rate, **kind)
    file.seek(0)
    return soundfile.read(file, dtype="float32")


def mp3(waveform):
    return recoded(waveform, format="MP3")


def resampled(waveform, rate):
    return soxr.resample(waveform, RATE, rate), rate


COPIES = {
    "mp3": (mp3, 0),
    "vorbis": (lambda x: recoded(x, format="OGG", subtype="VORBIS"), 0),
    "opus": (lambda x: recoded(x, format="OGG", subtype="OPUS"), 0),
    "8-bit u-law at 8 kHz": (lambda x: recoded(*resampled(x, 8000), format="WAV", subtype="ULAW"), 0),
    "44.1 kHz": (lambda x: resampled(x, 44_100), 0),
    "softer by 40 dB, 16 bits": (lambda x: recoded(0.01 * x, format="WAV", subtype="PCM_16"), 0),
    "padded": (lambda x: (np.pad(x, (5000, 3000)), RATE), -5000 / RATE),
    "without the first 0.3 s": (lambda x: (x[4800:], RATE), 0.3),
    "second half": (lambda x: (x[24_000:], RATE), 1.5),
    "first half": (lambda x: (x[:24_000], RATE), 0),
    "second half as mp3": (lambda x: mp3(x[24_000:]), 1.5),
    "in a longer recording": (lambda x: (np.concatenate([x[::-1], x, x[::-1]]), RATE), -3),
}


@pytest.fixture(scope="module")
def crowd():
    """Fingerprints of 60 clips of 6 voices."""
    return [fingerprint(speech(seed, voice=seed % 6), RATE) for seed in range(60)]


@pytest.mark.parametrize("name", COPIES)
def test_every_copy_is_found_and_nothing_else(crowd, name):
    change, start = COPIES[name]
    copies = [fingerprint(*change(speech(seed, voice=seed % 6))) for seed in range(0, 60, 6)]
    pairs = near_duplicates([*crowd, *copies])
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [(6 * i, 60 + i) for i in range(10)]
    np.testing.assert_allclose(pairs["offset_s"], start, atol=0.04)
    assert pairs["similarity"].between(0.6, 1).all()
    assert pairs["overlap_s"].between(0.5, 3).all()


def test_different_clips_are_no_copies(crowd):
    pairs = near_duplicates(crowd)
    assert list(pairs) == ["first", "second", "offset_s", "overlap_s", "similarity"]
    assert len(pairs) == 0


def noises(rng):
    return [rng.normal(size=2 * RATE) for _ in range(40)]


def hums(rng):
    time = np.arange(2 * RATE) / RATE
    waves = [np.sin(2 * np.pi * 100 * k * time + rng.uniform(0, 6)) / k for k in range(1, 30)]
    return [sum(waves) + 0.01 * rng.normal(size=len(time)) for _ in range(40)]


def commands(rng):
    return [speech(int(seed), seconds=1) for seed in rng.choice(10_000, 40, replace=False)]


def beeps(rng):
    # The same beep in every clip, before something else.
    time = np.arange(RATE // 4) / RATE
    beep = np.sin(2 * np.pi * 1000 * time) * np.hanning(len(time))
    return [np.concatenate([beep, speech(int(seed), seconds=2)]) for seed in rng.choice(10_000, 40, replace=False)]


def tones(rng):
    time = np.arange(2 * RATE) / RATE
    return [np.sin(2 * np.pi * rng.uniform(200, 3000) * time) for _ in range(40)]


def tunes(rng):
    # Notes of one scale and sound, in a rhythm of their own: on one beat, tunes would share whole notes.
    tunes = []
    for _ in range(40):
        notes = []
        for step, seconds in zip(rng.choice([0, 2, 4, 7, 9, 12, 14, 16], 12), rng.uniform(0.2, 0.6, 12), strict=True):
            time = np.arange(int(seconds * RATE)) / RATE
            phase = 2 * np.pi * 220 * 2 ** (step / 12) * time
            notes.append(sum(np.sin(k * phase) / k for k in (1, 2, 3, 4)) * np.exp(-5 * time))
        tunes.append(np.concatenate(notes))
    return tunes


def silences(rng):
    return [np.zeros(2 * RATE), *(1e-5 * np.round(rng.normal(size=2 * RATE)) for _ in range(10)), np.zeros(RATE)]


@pytest.mark.parametrize("make", [noises, hums, commands, beeps, tones, tunes, silences])
def test_what_only_sounds_alike_is_no_copy(make):
    clips = make(np.random.default_rng(0))
    assert len(near_duplicates([fingerprint(clip.astype(np.float32), RATE) for clip in clips])) == 0


def test_overlapping_windows_make_a_chain():
    recording = speech(3, seconds=12)
    windows = [recording[start : start + 3 * RATE] for start in range(0, 9 * RATE + 1, 24_000)]
    pairs = near_duplicates([fingerprint(window, RATE) for window in windows])
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [(i, i + 1) for i in range(6)]
    np.testing.assert_allclose(pairs["offset_s"], 1.5, atol=0.02)


def test_many_copies_do_not_make_many_pairs(crowd):
    many = [*crowd, *([crowd[7]] * 300)]
    pairs = near_duplicates(many)
    assert len(pairs) == 300
    clusters = duplicate_clusters(pairs, [b"%d" % i for i in range(360)], 360)
    assert (clusters[60:] == clusters[7]).all()
    assert len(np.unique(clusters)) == 60


def test_found_the_same_when_counted_by_parts(crowd, monkeypatch):
    clips = [*crowd, *(peaks + [0, 5] for peaks in crowd[::-1])]
    whole = near_duplicates(clips)
    monkeypatch.setattr(_duplicates, "VOTES_AT_A_TIME", 5000)
    monkeypatch.setattr(_duplicates, "PAIRS_AT_A_TIME", 7)
    pd.testing.assert_frame_equal(near_duplicates(clips), whole)
    assert len(whole) == 60
    np.testing.assert_allclose(whole["similarity"], 1)


def test_least_similarity(crowd):
    noisy = speech(0) + 0.05 * np.random.default_rng(0).normal(size=3 * RATE).astype(np.float32)
    clips = [*crowd[:10], fingerprint(noisy, RATE)]
    pairs = near_duplicates(clips)
    assert pairs[["first", "second"]].to_numpy().tolist() == [[0, 10]]
    assert len(near_duplicates(clips, min_similarity=pairs["similarity"].iloc[0] + 0.01)) == 0


@pytest.mark.parametrize("n", [0, 1, 3])
def test_nothing_in_nothing(n):
    pairs = near_duplicates([np.empty((0, 2), dtype=np.int64)] * n)
    assert pairs.shape == (0, 5)
    assert duplicate_clusters(pairs, [b"%d" % i for i in range(n)], n).tolist() == list(range(n))


def test_clusters_join_copies_and_exact_copies():
    pairs = pd.DataFrame({"first": [1, 2], "second": [4, 5]})
    digests = [b"a", b"b", b"c", b"a", b"d", b"e", b"d"]
    assert duplicate_clusters(pairs, digests, 7).tolist() == [0, 1, 2, 0, 1, 2, 1]


@pytest.mark.parametrize(
    ("names", "families"),
    [
        (["talk_01", "talk_02", "walk_01", "walk_02"], ["talk", "talk", "walk", "walk"]),
        (["LJ001-0001", "LJ001-0002", "LJ002-0001", "LJ002-0002"], ["LJ001", "LJ001", "LJ002", "LJ002"]),
        (["Obama (1)", "Obama (2)", "x", "y"], ["Obama", "Obama", "x", "y"]),
        (["ted10", "ted8", "ted9"] + [f"ted{i}" for i in range(8)] + ["b"] * 11, ["ted"] * 11 + ["b"] * 11),
        (["Ünsal.0", "Ünsal.1", "p", "q"], ["Ünsal", "Ünsal", "p", "q"]),
    ],
)
def test_windows_are_told_by_their_names(names, families):
    paths = [f"/clips/{name}.wav" for name in names]
    found = window_families(paths)
    expected = [
        f"/clips/{name}" if name != old else path for name, old, path in zip(families, names, paths, strict=True)
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize(
    "names",
    [
        [f"{i}" for i in range(20)],
        [f"{i:05}" for i in range(20)],
        [f"real_{i}" for i in range(20)] + [f"fake_{i}" for i in range(20)],
        [f"Bona-fide {i}" for i in range(20)] + [f"clip{i}" for i in range(20)],
        [f"recording_{i}" for i in range(20)],
        [f"LA_T_{i}" for i in range(1000137, 1000157)] + [f"LA_D_{i}" for i in range(1000137, 1000157)],
        [f"D_{i:010}" for i in range(22, 40)] + [f"E_{i:010}" for i in range(22, 40)],
        ["talk_01", "talk_03", "walk_02", "walk_03"],
        ["talk_1", "talk_01", "walk"],
        ["talk_1", "walk_2"],
        [],
    ],
)
def test_numbers_alone_tell_nothing(names):
    paths = [f"{name}.wav" for name in names]
    assert window_families(paths).tolist() == paths


def test_families_are_of_one_folder():
    paths = ["a/talk_1.wav", "b/talk_2.wav", "c/talk_1.wav", "c/talk_2.wav"]
    assert window_families(paths).tolist() == ["a/talk_1.wav", "b/talk_2.wav", "c/talk", "c/talk"]


def test_numbering_of_more_clips_than_a_recording_has_windows_is_no_family():
    paths = [f"ADD_{part}_{i:08}.wav" for part in "TD" for i in range(12_000)]
    assert window_families(paths).tolist() == paths
