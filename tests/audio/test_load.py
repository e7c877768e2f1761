import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.audio import AudioError, clip_name, load_audio
from tests.checks.clips import DTYPES, as_dtype, clips, noise, wav_bytes
from tests.checks.files import RATE, tone

# Forms of a clip


@pytest.mark.skipif(os.name != "posix", reason="elsewhere names of files are text")
def test_a_name_that_is_not_utf8(wav, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    try:
        wav.rename(path)
    except OSError:
        pytest.skip("this file system takes no such names")
    np.testing.assert_array_equal(load_audio(path, RATE), noise(4000))
    Path(path).write_bytes(b"no sound")
    with pytest.raises(AudioError, match="not audio"):
        load_audio(path, RATE)


def test_every_form_of_a_file_gives_its_samples(wav):
    content = wav.read_bytes()
    with wav.open("rb") as file:
        forms = [str(wav), np.str_(wav), wav, os.fspath(wav), content, bytearray(content), memoryview(content)]
        forms += [io.BytesIO(content), file]
        for form in forms:
            waveform = load_audio(form, RATE)
            assert waveform.dtype == np.float32
            assert waveform.flags.c_contiguous
            np.testing.assert_array_equal(waveform, noise(4000), err_msg=str(type(form)))


def test_an_open_file_is_read_from_its_start_every_time(wav):
    with wav.open("rb") as file:
        file.seek(100)
        first = load_audio(file)
        np.testing.assert_array_equal(load_audio(file), first)
        assert not file.closed


@pytest.mark.parametrize("dtype", DTYPES)
def test_integer_samples_are_scaled_by_their_type(dtype):
    waveform = np.array([-1, -0.5, 0, 0.5, 0.9921875])
    np.testing.assert_array_equal(load_audio(as_dtype(waveform, dtype)), waveform.astype(np.float32))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "uint32", "float16", ">i2", ">f4", "longdouble"])
def test_other_sample_types(dtype):
    waveform = np.array([-1, -0.5, 0, 0.5])
    if np.issubdtype(dtype, np.unsignedinteger):
        samples = ((waveform + 1) * 2.0 ** (8 * np.dtype(dtype).itemsize - 1)).astype(dtype)
    elif np.issubdtype(dtype, np.integer):
        samples = (waveform * 2.0 ** (8 * np.dtype(dtype).itemsize - 1)).astype(dtype)
    else:
        samples = waveform.astype(dtype)
    loaded = load_audio(samples)
    np.testing.assert_array_equal(loaded, waveform)
    assert loaded.dtype == np.dtype("=f4")


def test_pcm_in_64_bits_is_probably_a_mistake():
    with pytest.warns(UserWarning, match=r"scaled by their type, by 2\*\*-63.*astype\(np.int16\)"):
        load_audio(np.array([1000, -1000]))
    # Full-scale 64-bit samples are what they say: no warning, which would be an error here.
    assert load_audio(np.array([2**62]))[0] == 0.5


# Channels and pairs


@pytest.mark.parametrize("n_channels", [1, 2, 5, 8])
def test_channels_are_averaged_on_either_axis(n_channels):
    channels = np.stack([noise(1000, seed) for seed in range(n_channels)], axis=1)
    mean = channels.mean(axis=1, dtype=np.float64).astype(np.float32)
    for samples in (channels, channels.T, np.asfortranarray(channels), channels.astype(np.float64)):
        np.testing.assert_array_equal(load_audio(samples), mean)
        np.testing.assert_array_equal(load_audio((samples, RATE)), mean)
    np.testing.assert_array_equal(load_audio(wav_bytes(channels, RATE)), mean)


def test_a_stereo_file_shorter_than_it_is_wide():
    assert load_audio(wav_bytes(np.array([[0.5, 0.25]]), RATE)).tolist() == [0.375]


@pytest.mark.parametrize("rate", [8000, 8000.0, np.int64(8000), np.float32(8000)])
def test_a_pair_brings_its_rate(rate):
    loaded = load_audio((tone(8000), rate), RATE)
    assert loaded.shape == tone(RATE).shape
    np.testing.assert_allclose(loaded[500:-500], tone(RATE)[500:-500], atol=1e-3)


@pytest.mark.parametrize("rate", [4000, 11_025, 22_050, 44_100, 48_000, 96_000, 44_099.5])
def test_resampling_keeps_a_tone_and_the_length(rate):
    waveform = np.sin(2 * np.pi * 440 * np.arange(int(rate)) / rate)
    loaded = load_audio((waveform, rate), RATE)
    assert loaded.shape == (round(int(rate) * RATE / rate),)
    expected = np.sin(2 * np.pi * 440 * np.arange(len(loaded)) / RATE)
    np.testing.assert_allclose(loaded[1000:-1000], expected[1000:-1000], atol=1e-3)


def test_resampling_removes_what_the_new_rate_cannot_hold():
    high = np.sin(2 * np.pi * 15_000 * np.arange(48_000) / 48_000)
    assert np.abs(load_audio((high, 48_000), RATE)[1000:-1000]).max() < 1e-4


def test_a_list_is_a_waveform_only_in_a_pair():
    assert load_audio(([0.5, 0.25], RATE)).tolist() == [0.5, 0.25]


def test_arrays_are_not_changed_nor_handed_back():
    samples = noise(1000)
    loaded = load_audio(samples)
    loaded[:] = 7
    np.testing.assert_array_equal(samples, noise(1000))
    samples.setflags(write=False)
    load_audio(samples)


# Properties


@settings(max_examples=60)
@given(clips(max_seconds=1.0), st.sampled_from([8000, 16_000, 22_050, 48_000]), st.data())
def test_reading_a_part_is_reading_all_and_cutting(clip, sample_rate, data):
    samples, rate = clip
    seconds = data.draw(st.floats(1e-4, 1.2))
    forms = [clip]
    if samples.dtype.kind == "f":
        forms.append(wav_bytes(samples.astype(np.float32), rate))
    for form in forms:
        whole = load_audio(form, sample_rate)
        part = load_audio(form, sample_rate, duration=seconds)
        np.testing.assert_array_equal(part, whole[: max(1, round(seconds * sample_rate))])


@settings(max_examples=60)
@given(clips(max_seconds=1.0), st.sampled_from([1000, 8000, 16_000, 96_000]))
def test_any_finite_clip_becomes_a_finite_waveform(clip, sample_rate):
    samples, rate = clip
    loaded = load_audio(clip, sample_rate)
    assert loaded.dtype == np.float32
    assert loaded.shape == (max(1, round(len(samples) * sample_rate / rate)),)
    assert np.isfinite(loaded).all()


@settings(max_examples=40)
@given(clips(dtypes=["int16", "int32", "uint8"], max_seconds=0.5))
def test_integer_pcm_equals_its_float_and_its_file(clip):
    samples, rate = clip
    half = 2.0 ** (8 * samples.dtype.itemsize - 1)
    floats = (samples.astype(np.float64) - (half if samples.dtype.kind == "u" else 0)) / half
    loaded = load_audio(clip)
    np.testing.assert_array_equal(load_audio((floats, rate)), loaded)
    if samples.dtype.kind == "i":
        content = wav_bytes(samples, rate, f"PCM_{8 * samples.dtype.itemsize}")
        # libsndfile rounds 32-bit samples to float32 before the channels are averaged.
        np.testing.assert_allclose(load_audio(content), loaded, atol=1e-6 if samples.dtype == np.int32 else 0)


@settings(max_examples=40)
@given(clips(kinds=["noise", "tone", "huge"], dtypes=["float32"], max_seconds=0.5), st.integers(-10, 10))
def test_resampling_is_linear(clip, exponent):
    samples, rate = clip
    gain = 2.0 ** (exponent if np.abs(samples).max() < 1e30 else -abs(exponent))
    np.testing.assert_allclose(
        load_audio((samples * gain, rate)), load_audio(clip) * gain, rtol=1e-5, atol=1e-6 * gain * np.abs(samples).max()
    )


# Clips that are none

HEADER = wav_bytes(as_dtype(noise(4000), "int16"), RATE, "PCM_16")


def patched(**fields):
    places = {"n_channels": (22, 2), "rate": (24, 4), "block": (32, 2)}
    content = bytearray(HEADER)
    for field, value in fields.items():
        start, size = places[field]
        content[start : start + size] = value.to_bytes(size, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"empty file \(0 bytes\)"),
        (b"hello, this is no sound\n" * 50, "not audio"),
        (b"RIFF", "not audio"),
        (HEADER[:20], "not audio"),
        (HEADER[:44], "truncated wav: the header announces 8000 bytes of sound, 0 are there"),
        (HEADER[:5000], "truncated wav: the header announces 8000 bytes of sound, 4956 are there"),
        (HEADER[:-1], "truncated wav: the header announces 8000 bytes of sound, 7999 are there"),
        (HEADER[:40] + bytes(4), "empty clip"),
        (wav_bytes(np.zeros((0, 1)), RATE), "empty clip"),
        (wav_bytes(np.array([0.1, np.nan, 0.2]), RATE), "finite samples, got 1 that are NaN or infinity"),
        (wav_bytes(np.array([np.inf, -np.inf, 0.2]), RATE), "finite samples, got 2 that are NaN or infinity"),
        (patched(rate=1), "between 1000 and 768000 Hz, got 1 Hz"),
        (patched(rate=2_000_000_000), r"between 1000 and 768000 Hz, got 2e\+09 Hz"),
        (patched(n_channels=100, block=200), "at most 64 channels, got 100"),
        (patched(n_channels=0), "not audio"),
        (wav_bytes(noise(20_000), RATE, "PCM_16", "FLAC")[:20_000], "truncated or damaged FLAC|truncated FLAC"),
        (wav_bytes(noise(20_000), RATE, "PCM_16", "FLAC")[:-100], "truncated or damaged FLAC|truncated FLAC"),
        (wav_bytes(noise(20_000), RATE, "PCM_16", "FLAC")[:42], "truncated FLAC|not audio|empty clip"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "bad one.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=message) as raised:
        load_audio(path)
    assert "bad one.wav" in str(raised.value)
    with pytest.raises(AudioError, match=message.replace("empty file \\(", "got ").replace("\\)", "")):
        load_audio(content)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "ogg", "txt", "raw", "m4a"])
def test_text_under_any_name(tmp_path, suffix):
    path = tmp_path / f"notes.{suffix}"
    path.write_text("hello, this is no sound\n" * 50)
    with pytest.raises(AudioError, match=rf"notes\.{suffix}.*not audio"):
        load_audio(path)


W64 = wav_bytes(noise(1), RATE, "PCM_16", "W64")[:40]
RF64 = b"RF64\xff\xff\xff\xffWAVEds64"


@settings(max_examples=30)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"RIFF\xff\xff\0\0WAVE", b"fLaC", b"OggS\0", b"caff\0\1\0\0", W64, RF64]),
)
def test_no_bytes_raise_anything_but_an_audio_error(content, magic):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")  # ffmpeg has its own tests, and takes its time
        try:
            waveform = load_audio(magic + content)
        except AudioError:
            return
    assert np.isfinite(waveform).all()


def test_missing_folder_and_impossible_names(tmp_path):
    with pytest.raises(AudioError, match=r"no_such\.wav': no such file.*check the path"):
        load_audio(tmp_path / "no_such.wav")
    with pytest.raises(AudioError, match="got a folder"):
        load_audio(tmp_path)
    with pytest.raises(AudioError, match="no such file"):
        load_audio("a" * 5000)
    with pytest.raises(AudioError, match="no such file"):
        load_audio("a\0b")
    with pytest.raises(AudioError, match="expected the path of an audio file, got an empty one"):
        load_audio("")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(wav):
    wav.chmod(0)
    with pytest.raises(AudioError, match="cannot be opened: Permission denied"):
        load_audio(wav)


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros(0), "empty clip"),
        (np.zeros((0, 2)), "empty clip"),
        (np.array([0.1, np.nan]), "got 1 that are NaN or infinity"),
        (np.array([0.1, -np.inf]), "got 1 that are NaN or infinity"),
        (np.array([1e300, 0.0]), "fit float32, got a peak of 1e\\+300"),
        (np.array(3.0), r"1-D waveform or a 2-D one with channels, got an array of shape \(\)"),
        (np.zeros((2, 3, 4)), r"got an array of shape \(2, 3, 4\)"),
        (np.zeros((100, 65)), "at most 64 channels, got 65.*a row a clip"),
        (np.array(["a", "b"]), "float or integer type, got dtype <U1"),
        (np.array([None, 1.0]), "float or integer type, got dtype object"),
        (np.array([True, False]), "float or integer type, got dtype bool"),
        (np.zeros(3, dtype=complex), "float or integer type, got dtype complex128"),
        ((noise(100), 0), "between 1000 and 768000 Hz, got 0 Hz"),
        ((noise(100), -8000), "between 1000 and 768000 Hz, got -8000 Hz"),
        ((noise(100), 10**9), r"between 1000 and 768000 Hz, got 1e\+09 Hz"),
        ((noise(100), np.nan), "between 1000 and 768000 Hz, got nan Hz"),
        ((noise(100), np.inf), "between 1000 and 768000 Hz, got inf Hz"),
        ((noise(100), 10**400), "cannot be read as a .waveform, rate. pair"),
        (([[1.0, 2.0], [3.0]], 8000), "cannot be read as a .waveform, rate. pair"),
        ((8000, noise(100)), r"got \(rate, waveform\), the order of scipy.io.wavfile.read. Swap the two"),
        ((noise(100), "8000"), "got a tuple of length 2"),
        ((noise(100), None), "got a tuple of length 2"),
        ((noise(100), True), "got a tuple of length 2"),
        ((noise(100),), "got a tuple of length 1"),
        (("clip.wav", 8000), r"got an array of shape \(\)"),
        ((), "got a tuple of length 0"),
        ([0.1, 0.2], "got a list of length 2. Make it np.asarray"),
        (None, "got NoneType"),
        (3.5, "got float"),
        (object(), "got object"),
        ({"path": "clip.wav"}, "got dict"),
        (io.StringIO("text"), r"opened in binary mode \('rb'\), got a text file"),
        (io.BytesIO(), "got 0 bytes"),
        (bytearray(), "got 0 bytes"),
    ],
)
def test_bad_objects(clip, message):
    with pytest.raises(AudioError, match=message) as raised:
        load_audio(clip, name="X[3]")
    assert str(raised.value).startswith("X[3]: ")


@pytest.mark.parametrize("duration", [0, -1, np.nan, np.inf, 86_400.5, 1e12])
def test_bad_duration(duration):
    with pytest.raises(ValueError, match=r"duration must be a positive number of seconds, at most 86400 \(a day\)"):
        load_audio(noise(100), duration=duration)


@pytest.mark.parametrize("sample_rate", [0, -1, 10, 10**7, np.nan])
def test_bad_sample_rate(sample_rate):
    with pytest.raises(ValueError, match="sample_rate must lie between 1000 and 768000 Hz"):
        load_audio(noise(100), sample_rate)


def test_clip_name(wav):
    assert clip_name("a/b.wav") == "'a/b.wav'"
    assert clip_name(Path("a.wav"), 3) == "X[3] ('a.wav')"
    assert clip_name(noise(3), 3) == "X[3]"
    assert clip_name(noise(3)) == "clip of type ndarray"
    with wav.open("rb") as file:
        assert clip_name(file, 0) == f"X[0] ({str(wav)!r})"
