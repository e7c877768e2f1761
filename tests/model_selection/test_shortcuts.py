import numpy as np
import pandas as pd
import pytest

from skvoicefake.model_selection._shortcuts import (
    FAMILIES,
    GIVES_AWAY,
    HELPS,
    MISLEADS,
    NOTHING,
    OF_FEW_GROUPS,
    TOGETHER,
    judge_shortcuts,
)
from skvoicefake.model_selection._surface import read_file, surface_features
from tests.checks.clips import wav_bytes
from tests.checks.speech import speech

RATE = 16_000
FOUND = {GIVES_AWAY, HELPS}


def table_of(n_clips, seed=0):
    """Features that tell nothing, of all families."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(size=n_clips) for names in FAMILIES.values() for name in names}
    columns |= {"container": rng.choice(["WAV", "FLAC"], n_clips), "codec": rng.choice(["PCM_16", "PCM_24"], n_clips)}
    columns |= {"n_channels": rng.integers(1, 3, n_clips), "sample_rate": rng.choice([16_000, 44_100], n_clips)}
    return pd.DataFrame(columns)


def verdicts(table):
    return dict(zip(table["family"], table["verdict"], strict=True))


# What is planted in speech


@pytest.fixture(scope="module")
def corpus():
    """Clips of 60 voices, two of each, that differ in nothing but chance."""
    return [(speech(seed, seconds=1.2, voice=seed // 2), "WAV", "PCM_16") for seed in range(120)]


def features_of(corpus):
    return pd.DataFrame(
        [surface_features(*read_file(wav_bytes(wave, RATE, codec, kind), "clip")) for wave, kind, codec in corpus]
    )


@pytest.fixture(scope="module")
def clean(corpus):
    return features_of(corpus)


VOICES = np.arange(120) // 2
IS_FAKE = VOICES % 2 == 1
LABELS = np.where(IS_FAKE, "fake", "real")


def louder(wave):
    return 1.6 * wave, "WAV", "PCM_16"


def after_silence(wave):
    return np.concatenate([np.zeros(3200, dtype=np.float32), wave])[: len(wave)], "WAV", "PCM_16"


def with_offset(wave):
    return wave + np.float32(0.01), "WAV", "PCM_16"


def band_limited(wave):
    spectrum = np.fft.rfft(wave)
    spectrum[int(len(spectrum) * 0.8) :] = 0
    return np.fft.irfft(spectrum, len(wave)), "WAV", "PCM_16"


def as_mp3(wave):
    return wave, "MP3", "MPEG_LAYER_III"


def hissing(wave):
    return wave + 0.01 * np.random.default_rng(len(wave)).normal(size=len(wave)).astype(np.float32), "WAV", "PCM_16"


def longer(wave):
    return np.concatenate([wave, wave[: len(wave) // 3]]), "WAV", "PCM_16"


def clipped(wave):
    top = 0.7 * np.abs(wave).max()
    return np.clip(wave, -top, top), "WAV", "PCM_16"


def coarse(wave):
    return wave, "WAV", "PCM_U8"


@pytest.mark.parametrize(
    ("change", "family"),
    [
        (louder, "level"),
        (after_silence, "silence"),
        (with_offset, "DC offset"),
        (band_limited, "bandwidth"),
        (as_mp3, "container and codec"),
        (hissing, "noise floor"),
        (longer, "duration"),
        (clipped, "clipping"),
        (coarse, "bit depth"),
    ],
)
def test_what_is_planted_is_found(change, family, corpus, clean):
    fakes = features_of([change(wave) for (wave, _, _), is_fake in zip(corpus, IS_FAKE, strict=True) if is_fake])
    features = clean.copy()
    features.loc[IS_FAKE, :] = fakes.set_index(np.flatnonzero(IS_FAKE))
    table = judge_shortcuts(features, LABELS, VOICES, random_state=0, n_resamples=20)
    assert verdicts(table)[family] in FOUND
    assert verdicts(table)[TOGETHER] in FOUND


def test_nothing_is_found_in_clean_speech(clean):
    table = judge_shortcuts(clean, LABELS, VOICES, random_state=0, n_resamples=20)
    assert set(table["verdict"]) == {NOTHING}
    # All clips of one length and one format, and none clipped.
    assert set(table.attrs["constant"]) == set(FAMILIES) - set(table["family"])
    assert {"duration", "sample rate", "channels", "container and codec", "bit depth"} <= set(table.attrs["constant"])
    assert table.attrs["notes"] == []


# Chance


@pytest.mark.slow
@pytest.mark.parametrize(("n_groups", "size"), [(200, 1), (30, 8)])
def test_random_labels_of_groups_are_seldom_found_out(n_groups, size):
    # One table in twenty may be wrong: 4 of 20 are wrong in two runs of a hundred such tests, whose seeds are fixed.
    groups = np.repeat(np.arange(n_groups), size)
    n_wrong = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        of_group = table_of(n_groups, seed).iloc[groups].reset_index(drop=True)
        features = table_of(len(groups), seed + 1000)
        numbers = [name for name in features if features[name].dtype == float]
        if size > 1:
            features[numbers] += of_group[numbers]
        y = rng.permutation(np.arange(n_groups) % 2)[groups]
        table = judge_shortcuts(features, y, groups, random_state=seed, n_resamples=0)
        n_wrong += bool(FOUND & set(table["verdict"]))
    assert n_wrong < 4


@pytest.mark.slow
def test_a_weak_shortcut_is_found_in_300_clips():
    n_found = 0
    for seed in range(10):
        features, y = table_of(300, seed), np.arange(300) % 2
        features["duration_s"] += 0.65 * y  # an area of 0.68
        table = judge_shortcuts(features, y, random_state=seed, n_resamples=0)
        n_found += verdicts(table)["duration"] in FOUND
    assert n_found >= 8


def test_what_groups_have_in_common_counts_once():
    # Twelve speakers, each at a level of their own: as clips they would tell the classes apart.
    groups = np.repeat(np.arange(12), 25)
    rng = np.random.default_rng(1)
    features = pd.DataFrame({"level_db": rng.normal(size=12)[groups] + 0.1 * rng.normal(size=300)})
    y = rng.permutation(np.arange(12) % 2)[groups]
    by_clip = judge_shortcuts(features, y, random_state=0, n_resamples=0)
    by_group = judge_shortcuts(features, y, groups, random_state=0, n_resamples=0)
    assert by_clip["verdict"][0] in FOUND
    assert by_group["judged_on"][0] == "held-out groups"
    assert by_group["verdict"][0] not in FOUND


def test_groups_that_coincide_with_classes_are_told():
    features, y = table_of(100), np.arange(100) % 2
    features["level_db"] += 3 * y
    table = judge_shortcuts(features, y, np.array(["anna", "ben"])[y], random_state=0, n_resamples=20)
    assert set(table["judged_on"]) == {"held-out clips"}
    assert verdicts(table)["level"] == OF_FEW_GROUPS[GIVES_AWAY]
    [note] = table.attrs["notes"]
    assert "2 groups" in note


# Splits


@pytest.fixture(scope="module")
def parted():
    features, y = table_of(600), np.arange(600) % 2
    split = np.repeat(["train", "dev", "eval"], 200)
    features["level_db"] += 2 * y * (split != "eval")
    features["dc"] += 2 * y * np.select([split == "train", split == "dev"], [1, -1], 0)
    return features, y, split


def test_models_of_training_are_judged_on_every_other_split(parted):
    table = judge_shortcuts(*parted[:2], None, parted[2], random_state=0, n_resamples=50)
    by_place = {place: verdicts(rows) for place, rows in table.groupby("judged_on")}
    assert set(by_place) == {"held-out clips", "dev", "eval"}
    assert by_place["held-out clips"]["level"] == by_place["dev"]["level"] == GIVES_AWAY
    assert by_place["held-out clips"]["DC offset"] == GIVES_AWAY
    assert by_place["dev"]["DC offset"] == MISLEADS
    assert set(by_place["eval"].values()) == {NOTHING}
    assert np.all(table["low"] <= table["auc"])
    assert np.all(table["auc"] <= table["high"])


def test_without_training_all_clips_are_judged(parted):
    features, y, _ = parted
    table = judge_shortcuts(features, y, None, ["dev"] * 300 + ["eval"] * 300, random_state=0, n_resamples=0)
    assert set(table["judged_on"]) == {"held-out clips"}
    whole = judge_shortcuts(features, y, random_state=0, n_resamples=0)
    pd.testing.assert_frame_equal(table, whole)


def test_splits_of_one_class_are_left_out_and_told(parted):
    features, y, split = parted
    rows = (split != "eval") | (y == 1)
    table = judge_shortcuts(features[rows], y[rows], None, split[rows], random_state=0, n_resamples=0)
    assert set(table["judged_on"]) == {"held-out clips", "dev"}
    [note] = table.attrs["notes"]
    assert "'eval'" in note


def test_clips_without_a_split_are_left_aside(parted):
    features, y, split = parted
    unknown = np.where(split == "eval", "-", split)
    table = judge_shortcuts(features, y, None, unknown, random_state=0, n_resamples=0)
    assert set(table["judged_on"]) == {"held-out clips", "dev"}


# Tables


def test_the_table_is_the_same_for_a_seed_and_any_number_of_threads(parted):
    features, y, split = parted
    tables = [
        judge_shortcuts(
            features, y, y * 300 + np.arange(600) // 4, split, random_state=3, n_jobs=n_jobs, n_resamples=20
        )
        for n_jobs in (None, 1, 2)
    ]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    pd.testing.assert_frame_equal(tables[0], tables[2])


def test_the_area_is_that_of_pairs_in_one_fold(parted):
    # Of features that rank the clips as they are, the model's answers keep the order.
    y = np.arange(200) % 2
    features = pd.DataFrame({"duration_s": np.random.default_rng(0).normal(size=200) + 10 * y})
    table = judge_shortcuts(features, y, random_state=0, n_resamples=20)
    assert table[["auc", "low", "high"]].to_numpy().tolist() == [[1, 1, 1]]


def test_the_order_of_labels_does_not_matter(parted):
    features, y, _ = parted
    first = judge_shortcuts(features, y, random_state=0, n_resamples=0)
    second = judge_shortcuts(features, np.array(["b", "a"])[y], random_state=0, n_resamples=0)
    np.testing.assert_allclose(first["auc"], second["auc"], atol=0.02)


def test_gaps_tell_something_too():
    features, y = table_of(200), np.arange(200) % 2
    features["bit_depth"] = np.where(y == 1, np.nan, 16.0)
    features["bandwidth_hz"] = np.where(np.arange(200) < 100, np.nan, features["bandwidth_hz"])
    found = verdicts(judge_shortcuts(features, y, random_state=0, n_resamples=0))
    assert found["bit depth"] == GIVES_AWAY
    assert found["bandwidth"] == NOTHING


def test_one_family_has_no_together():
    features = table_of(50)[["duration_s", "n_channels"]].assign(n_channels=1, name="clip")
    table = judge_shortcuts(features, np.arange(50) % 2, random_state=0, n_resamples=0)
    assert table["family"].tolist() == ["duration"]
    assert table.attrs["constant"] == ["channels"]
    assert table[["low", "high"]].isna().all(axis=None)


def test_noise_of_rounding_is_no_difference():
    features = pd.DataFrame({"level_db": np.where(np.arange(40) % 2, -20, -20 * (1 + 1e-15))})
    table = judge_shortcuts(features, np.arange(40) % 2)
    assert table.empty
    assert table.attrs["constant"] == ["level"]


def test_too_few_clips_of_a_class():
    table = judge_shortcuts(table_of(40), np.arange(40) < 3)
    assert table.empty
    assert list(table.columns) == ["family", "judged_on", "auc", "low", "high", "p_value", "verdict"]
    [note] = table.attrs["notes"]
    assert "one class has 3" in note


def test_the_input_stays_as_it_was(parted):
    features, y, split = (np.copy(values) if isinstance(values, np.ndarray) else values.copy() for values in parted)
    judge_shortcuts(features, y, None, split, random_state=0, n_resamples=10)
    pd.testing.assert_frame_equal(features, parted[0])
    np.testing.assert_array_equal(y, parted[1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"y": np.zeros(20)}, "y: expected labels of two classes, got 1"),
        ({"y": np.arange(20)}, "y: expected labels of two classes, got 20"),
        ({"y": np.arange(19) % 2}, "y: expected one a clip, 20 in all, got 19"),
        ({"groups": np.arange(21)}, "groups: expected one a clip, 20 in all, got 21"),
        ({"split": ["train"]}, "split: expected one a clip, 20 in all, got 1"),
        ({"n_folds": 1}, "n_folds"),
        ({"n_resamples": -1}, "n_resamples"),
    ],
    ids=["one-class", "many-classes", "y", "groups", "split", "n_folds", "n_resamples"],
)
def test_wrong_input(parameters, message):
    given = {"y": np.arange(20) % 2, "groups": None} | parameters
    with pytest.raises(ValueError, match=message):
        judge_shortcuts(table_of(20), **given)
