import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from scipy.signal import firwin, lfilter

from skvoicefake.audio import AudioError
from skvoicefake.model_selection._surface import UNUSABLE, read_file, surface_features, unusable
from tests.checks.clips import clips, noise, wav_bytes
from tests.checks.speech import speech

RATE = 16_000
FACTS = {"container": "WAV", "codec": "PCM_16", "n_bytes": 96_044}
WORDS = {"container", "codec"}
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")


def measured(waveform, rate=RATE, facts=FACTS):
    return surface_features(np.asarray(waveform, dtype=np.float32).reshape(len(waveform), -1), rate, facts)


# Files


@pytest.mark.parametrize(
    ("container", "codec"),
    [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")],
)
def test_a_file_is_read_at_its_own_rate_with_all_its_channels(container, codec, tmp_path):
    content = wav_bytes(np.stack([noise(22_050), noise(22_050, seed=1)], axis=1), 22_050, codec, container)
    path = tmp_path / "clip"
    path.write_bytes(content)
    for clip in (path, str(path), content, bytearray(content), io.BytesIO(content)):
        channels, rate, facts = read_file(clip, "clip")
        assert facts == {"container": container, "codec": codec, "n_bytes": len(content)}
        assert rate == 22_050
        assert channels.dtype == np.float32
        assert channels.shape == (22_050, 2)


def test_an_open_file_is_read_from_its_start(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(4000), RATE))
    with path.open("rb") as file:
        file.seek(100)
        channels, _, facts = read_file(file, "clip")
    np.testing.assert_array_equal(channels[:, 0], noise(4000))
    assert facts["n_bytes"] == path.stat().st_size


def test_arrays():
    stereo = np.full((2, 100), 2**14, dtype=np.int16)
    channels, rate, facts = read_file((stereo, 8000), "clip")
    assert channels.shape == (100, 2)
    assert np.all(channels == 0.5)
    assert (rate, facts) == (8000, {"container": "array", "codec": "int16", "n_bytes": 400})
    assert read_file(np.ones(10), "clip", sample_rate=44_100)[1] == 44_100


@needs_ffmpeg
def test_what_ffmpeg_decodes(tmp_path):
    wav, m4a = tmp_path / "clip.wav", tmp_path / "clip.m4a"
    wav.write_bytes(wav_bytes(speech(0), RATE))
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", wav, m4a], check=True)
    channels, rate, facts = read_file(m4a, "clip")
    assert rate == RATE
    assert len(channels) >= 3 * RATE
    assert facts["container"] == "mp4"
    assert facts["codec"] == ("aac" if shutil.which("ffprobe") else "mp4")
    assert facts["n_bytes"] == m4a.stat().st_size
    # Of bytes the first ones tell.
    assert read_file(m4a.read_bytes(), "clip")[2] == facts | {"codec": "mp4"}


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        ("nowhere.wav", "X.0.: no such file"),
        (b"", "X.0.: expected audio, got 0 bytes"),
        (b"no sound at all", "X.0.: not audio"),
        ((np.zeros(10), 10), "X.0.: expected a sample rate between"),
        (np.array([0.0, np.nan]), "X.0.: expected finite samples"),
        (np.zeros(0), "X.0.: expected at least one sample"),
        (wav_bytes(noise(4000), RATE)[:4000], "X.0.: truncated wav"),
    ],
    ids=["missing", "empty", "text", "rate", "nan", "no-samples", "truncated"],
)
def test_what_cannot_be_read_is_named(clip, message):
    with pytest.raises(AudioError, match=message):
        read_file(clip, "X[0]")


# Features


@given(clips(max_seconds=1.0))
@settings(max_examples=60)
def test_every_clip_has_all_features(clip):
    channels, rate, facts = read_file(clip, "clip")
    features = surface_features(channels, rate, facts)
    assert {name for name, value in features.items() if isinstance(value, str)} == WORDS
    known = {name: value for name, value in features.items() if name not in WORDS and not np.isnan(value)}
    assert np.all(np.isfinite(list(known.values())))
    assert set(features) - set(known) - WORDS <= {"dc", "bits_per_second", "bit_depth", "noise_high_db", "high_db"}
    assert features["duration_s"] == len(channels) / rate
    assert 0 <= features["leading_silence_s"] + features["trailing_silence_s"] <= features["duration_s"]
    assert 0 <= features["clipping"] <= 1
    assert 0 <= features["digital_silence"] <= 1
    assert 0 < features["bandwidth_hz"] <= rate / 2
    assert unusable(features) in {None, *UNUSABLE}


@pytest.mark.parametrize("gain", [0.01, 0.3, 1.0])
def test_gain_moves_the_level_alone(gain):
    before, after = measured(speech(0)), measured(gain * speech(0))
    shift = 20 * np.log10(gain)
    assert after["level_db"] == pytest.approx(before["level_db"] + shift, abs=1e-3)
    assert after["peak_db"] == pytest.approx(before["peak_db"] + shift, abs=1e-3)
    for name in set(before) - WORDS - {"level_db", "peak_db", "bit_depth"}:
        assert after[name] == pytest.approx(before[name], abs=1e-2, nan_ok=True), name


def test_level_and_peak_of_known_sounds():
    square = measured(np.tile([0.5, 0.5, -0.5, -0.5], 4000))
    assert square["level_db"] == pytest.approx(20 * np.log10(0.5))
    assert square["peak_db"] == pytest.approx(20 * np.log10(0.5))
    tone = measured(0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE))
    assert tone["level_db"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-3)


def test_pauses_do_not_lower_the_level():
    loud = noise(2 * RATE)
    half = np.concatenate([loud, 1e-4 * noise(2 * RATE, seed=1)])
    assert measured(half)["level_db"] == pytest.approx(measured(loud)["level_db"], abs=0.1)


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.4, 0.1)])
@pytest.mark.parametrize("floor", [0, 1e-3])
def test_silence_around_the_sound(before, after, floor):
    lengths = [int(before * RATE), int(after * RATE)]
    parts = [floor * noise(lengths[0], 1), noise(RATE), floor * noise(lengths[1], 2)]
    features = measured(np.concatenate(parts))
    assert features["leading_silence_s"] == pytest.approx(before)
    assert features["trailing_silence_s"] == pytest.approx(after)
    share = (before + after) / (1 + before + after) if floor == 0 else 0
    assert features["digital_silence"] == pytest.approx(share)


def test_a_click_does_not_end_the_silence():
    quiet = 1e-4 * noise(RATE)
    quiet[1000] = 0.5
    assert measured(np.concatenate([quiet, noise(RATE)]))["leading_silence_s"] == pytest.approx(1)


def test_offset():
    assert measured(speech(0) + 0.02)["dc"] > 0.1 > abs(measured(speech(0))["dc"])
    assert measured(speech(0) - 0.02)["dc"] == pytest.approx(-measured(-speech(0) + 0.02)["dc"], rel=1e-4)


def test_noise_floor_by_bands():
    clean, rng = speech(0), np.random.default_rng(0)
    hiss = 0.01 * lfilter(firwin(201, 7000, fs=RATE, pass_zero=False), 1, rng.normal(size=len(clean)))
    before, after = measured(clean), measured(clean + hiss)
    assert after["noise_top_db"] > before["noise_top_db"] + 10
    assert after["noise_db"] > before["noise_db"]
    for name in ("noise_low_db", "noise_mid_db"):
        assert after[name] == pytest.approx(before[name], abs=3)


@pytest.mark.parametrize("end", [2000, 3400, 5500, 7000])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_where_the_spectrum_ends(end, seed):
    clip = speech(seed)
    assert measured(clip)["bandwidth_hz"] == RATE / 2
    limited = measured(lfilter(firwin(301, end, fs=RATE), 1, clip))
    assert limited["bandwidth_hz"] == pytest.approx(end, abs=200)
    assert limited["top_db"] < measured(clip)["top_db"] - 10


def test_bits_of_lossless_files_and_rates_of_lossy_ones():
    clip = speech(0)
    depths = {("WAV", "PCM_U8"): 8, ("WAV", "PCM_16"): 16, ("FLAC", "PCM_24"): 24, ("WAV", "FLOAT"): 32}
    for (container, codec), depth in depths.items():
        features = surface_features(*read_file(wav_bytes(clip, RATE, codec, container), "clip"))
        assert features["bit_depth"] == depth
        assert np.isnan(features["bits_per_second"])
    # 8 bits in a file of 16
    assert measured(np.round(127 * clip) / 128)["bit_depth"] == 8
    features = surface_features(*read_file(wav_bytes(clip, RATE, "MPEG_LAYER_III", "MP3"), "clip"))
    assert np.isnan(features["bit_depth"])
    assert 2 * np.log2(features["bits_per_second"]) == pytest.approx(round(2 * np.log2(features["bits_per_second"])))
    assert 16_000 < features["bits_per_second"] < 128_000


def test_clipping():
    clip = speech(0)
    clip /= np.abs(clip).max()
    shares = [measured(np.clip(gain * clip, -1, 1))["clipping"] for gain in (1, 2, 4, 8)]
    assert shares[0] == 0
    assert shares == sorted(shares)
    # But for lone samples.
    share = np.mean(np.abs(8 * clip) >= 1)
    assert 0.7 * share < shares[-1] <= share
    assert measured(np.tile([0.5, 0.5, -0.5, -0.5], 4000))["clipping"] == 1


def test_channels_are_averaged_and_counted():
    clip = speech(0)
    features = measured(np.stack([1.5 * clip, 0.5 * clip], axis=1))
    assert features.pop("n_channels") == 2
    mono = measured(clip)
    assert mono.pop("n_channels") == 1
    for name in set(mono) - WORDS - {"bit_depth"}:
        assert features[name] == pytest.approx(mono[name], abs=1e-3, nan_ok=True)


@pytest.mark.parametrize(
    ("clip", "condition"),
    [
        (np.zeros(RATE), "silence"),
        (1e-5 * speech(0), "silence"),
        (np.full(RATE, 0.3), "constant"),
        (np.full(1, -1.0), "constant"),
        (np.clip(50 * speech(0), -1, 1), "mostly clipped"),
        (np.sign(noise(RATE)), "mostly clipped"),
        (np.eye(1, RATE)[0], None),
        (0.001 * speech(0), None),
        (speech(0), None),
    ],
    ids=["zeros", "faint", "constant", "one-sample", "clipped", "signs", "click", "quiet", "speech"],
)
def test_what_no_detector_can_use(clip, condition):
    assert unusable(measured(clip)) == condition


def test_of_a_long_recording_some_spectra_are_enough():
    features = measured(np.tile(speech(0, seconds=10.0), 40))
    assert features["duration_s"] == 400
    assert features["level_db"] == pytest.approx(measured(speech(0, seconds=10.0))["level_db"], abs=0.1)


def test_the_clip_stays_as_it_was():
    clip = speech(0)[:, np.newaxis]
    before = clip.copy()
    surface_features(clip, RATE, FACTS)
    np.testing.assert_array_equal(clip, before)


def test_soundfile_knows_the_names_of_lossless_codecs():
    # Whatever is added to libsndfile: a codec that is not named here counts as lossy.
    lossless = [name for name in soundfile.available_subtypes() if name.startswith(("PCM_", "FLOAT", "DOUBLE", "ALAC"))]
    for name in lossless:
        assert np.isnan(measured(speech(0), facts=FACTS | {"codec": name})["bits_per_second"])
    assert not np.isnan(measured(speech(0), facts=FACTS | {"codec": "VORBIS"})["bits_per_second"])
