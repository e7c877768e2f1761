import io

import numpy as np
import pytest
import soundfile

from skvoicefake.audio import AudioError, load_audio
from skvoicefake.datasets._stream import stream_audio
from tests.checks.clips import as_dtype, noise, wav_bytes

RATE = 16_000


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFF00])
def test_wav_of_unknown_length(size):
    content = bytearray(wav_bytes(as_dtype(noise(4000), "int16"), RATE, "PCM_16"))
    content[4:8] = (0xFFFFFFFF).to_bytes(4, "little")
    content[40:44] = size.to_bytes(4, "little")
    if size == 0:
        # libsndfile takes a size of zero at its word: nothing is there to hear, and that is said.
        with pytest.raises(AudioError, match="empty clip"):
            load_audio(content)
    else:
        assert load_audio(content).shape == (4000,)


@pytest.mark.parametrize(
    ("file_format", "subtype", "endian", "kind"),
    [
        ("WAV", "PCM_16", "BIG", "wav"),
        ("WAVEX", "PCM_16", None, "wav"),
        ("RF64", "PCM_16", None, "wav"),
        ("AIFF", "PCM_16", None, "aiff"),
        ("AIFF", "PCM_16", "LITTLE", "aiff"),
        ("AU", "PCM_16", "BIG", "au"),
        ("AU", "PCM_16", "LITTLE", "au"),
        ("CAF", "PCM_16", None, "caf"),
        ("CAF", "ALAC_16", None, "caf"),
        ("W64", "PCM_16", None, "w64"),
    ],
)
@pytest.mark.parametrize("n_missing", [1, 2000])
def test_truncated_files_of_formats_that_announce_their_length(file_format, subtype, endian, kind, n_missing):
    file = io.BytesIO()
    soundfile.write(file, noise(4000), RATE, format=file_format, subtype=subtype, endian=endian)
    content = file.getvalue()
    assert load_audio(content).shape == (4000,)
    with pytest.raises(AudioError, match=rf"truncated {kind}: the header announces \d+ bytes of sound, \d+ are there"):
        load_audio(content[:-n_missing])


def test_a_header_that_lies_about_a_terabyte_costs_no_memory():
    content = bytearray(wav_bytes(noise(5000), RATE, "PCM_16", "FLAC"))
    content[21] |= 0x0F  # the 36-bit count of samples in STREAMINFO
    content[22:26] = b"\xff\xff\xff\xff"
    with pytest.raises(AudioError, match="truncated FLAC"):
        load_audio(content)
    assert load_audio(content, duration=0.1).shape == (1600,)


# w64 with an extended format chunk, which libsndfile takes for integers of so many bits

PCM, FLOAT, MU_LAW = 1, 3, 7
GUID = bytes.fromhex("000000001000800000aa00389b71")
W64_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def extended_w64(samples, code, n_channels=1):
    """Return a w64 file as ffmpeg writes those of float samples."""
    bits = 8 * samples.dtype.itemsize
    block = n_channels * bits // 8
    fmt = b"".join(
        number.to_bytes(size, "little")
        for number, size in [
            *((0xFFFE, 2), (n_channels, 2), (RATE, 4), (RATE * block, 4), (block, 2), (bits, 2)),
            *((22, 2), (bits, 2), (0, 4), (code, 2)),
        ]
    )
    chunks = b""
    for name, content in ((b"fmt ", fmt + GUID), (b"data", samples.tobytes())):
        chunk = name + W64_GUID + (24 + len(content)).to_bytes(8, "little") + content
        chunks += chunk + bytes(-len(chunk) % 8)
    riff = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
    return riff + (40 + len(chunks)).to_bytes(8, "little") + b"wave" + W64_GUID + chunks


def extended_w64_riffs():
    samples = noise(3001).astype("<f4")
    return samples, extended_w64(samples, FLOAT)


def test_libsndfile_misreads_the_files_of_these_tests():
    samples, content = extended_w64_riffs()
    misread = soundfile.read(io.BytesIO(content), dtype="float32", frames=len(samples))[0]
    assert np.abs(misread - samples).max() > 0.1


def test_float_samples_under_an_extended_w64_header(tmp_path):
    samples, content = extended_w64_riffs()
    path = tmp_path / "clip.w64"
    path.write_bytes(content)
    for form in (content, path):
        np.testing.assert_array_equal(load_audio(form), samples)
        np.testing.assert_array_equal(load_audio(form, duration=0.1), samples[:1600])
    np.testing.assert_array_equal(np.concatenate(list(stream_audio(path, RATE))), samples)


@pytest.mark.parametrize("n_samples", [2997, 2998, 2999])
@pytest.mark.parametrize("code", [PCM, FLOAT])
def test_what_follows_the_sound_of_a_w64_is_no_sound(n_samples, code, tmp_path):
    samples = noise(n_samples).astype("<f4") if code == FLOAT else as_dtype(noise(n_samples), "int16")
    path = tmp_path / "clip.w64"
    path.write_bytes(extended_w64(samples, code) + b"junk" + W64_GUID + (64).to_bytes(8, "little") + b"\x7f" * 40)
    np.testing.assert_array_equal(load_audio(path), load_audio(samples))
    np.testing.assert_array_equal(np.concatenate(list(stream_audio(path, RATE))), load_audio(samples))


def test_channels_of_float_samples_under_an_extended_w64_header():
    channels = np.stack([noise(500, seed) for seed in range(3)], axis=1)
    expected = channels.mean(axis=1, dtype=np.float64).astype(np.float32)
    np.testing.assert_array_equal(load_audio(extended_w64(channels.astype("<f4"), FLOAT, 3)), expected)


def test_samples_that_are_not_finite_under_an_extended_w64_header():
    with pytest.raises(AudioError, match="got 1 that are NaN or infinity"):
        load_audio(extended_w64(np.array([0.5, np.nan, 0.25], dtype="<f4"), FLOAT))


@pytest.mark.parametrize("dtype", ["<i2", "<i4"])
def test_integers_under_an_extended_w64_header_are_integers(dtype):
    samples = as_dtype(noise(3000).astype(np.float64), dtype)
    np.testing.assert_array_equal(load_audio(extended_w64(samples, PCM)), load_audio(samples.astype(dtype[1:])))


@pytest.mark.parametrize("n_missing", [1, 2000])
def test_a_truncated_extended_w64(n_missing):
    with pytest.raises(AudioError, match=r"truncated w64: the header announces 12004 bytes of sound, \d+ are there"):
        load_audio(extended_w64_riffs()[1].rstrip(b"\0")[:-n_missing])


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (noise(1000).astype("<f8"), FLOAT),
        (np.arange(1000, dtype=np.uint8), MU_LAW),
        (noise(1000).astype("<f4"), 0x55),  # mp3
        (noise(1000).astype("<f4"), 0),
    ],
)
def test_what_else_libsndfile_would_misread_is_refused(samples, code, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # without ffmpeg's help
    with pytest.raises(AudioError, match=r"not audio that libsndfile can read.*install the ffmpeg program"):
        load_audio(extended_w64(samples, code))


@pytest.mark.parametrize("size", [1, 16, 23])
def test_a_w64_whose_sound_is_shorter_than_its_own_header_does_not_say_how_much_there_is(size, tmp_path):
    # The size counts the 24 bytes that it stands in.
    buffer = io.BytesIO()
    soundfile.write(buffer, noise(100), 16_000, format="W64", subtype="PCM_16")
    content = bytearray(buffer.getvalue())
    where = content.index(b"data") + 16
    content[where : where + 8] = size.to_bytes(8, "little")
    path = tmp_path / "clip.w64"
    path.write_bytes(content)
    assert len(load_audio(path)) == 100
    assert sum(map(len, stream_audio(path, 16_000))) == 100
