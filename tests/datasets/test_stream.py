import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from skvoicefake.audio import AudioError, _streaming, load_audio
from skvoicefake.datasets._stream import stream_audio
from tests.checks.clips import noise


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(_streaming, "BLOCK", 3000)


def written(path, rate, n_channels=1, seconds=1.5, **options):
    channels = np.stack([noise(int(seconds * rate), seed=i) for i in range(n_channels)], axis=1)
    soundfile.write(path, channels, rate, **options)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize(("rate", "n_channels"), [(16_000, 1), (44_100, 2), (8_000, 1)])
def test_blocks_are_what_is_loaded_at_once(tmp_path, suffix, rate, n_channels):
    path = written(tmp_path / f"a.{suffix}", rate, n_channels)
    blocks = list(stream_audio(path, 16_000))
    assert len(blocks) > 3
    assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)
    np.testing.assert_allclose(np.concatenate(blocks), load_audio(path), atol=1e-6)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")
def test_what_ffmpeg_reads(tmp_path):
    path = written(tmp_path / "a.wav", 44_100, 2)
    m4a = tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, m4a], check=True)
    np.testing.assert_allclose(np.concatenate(list(stream_audio(m4a, 16_000))), load_audio(m4a), atol=1e-6)
    # A sound of no length at all.
    empty = tmp_path / "a.txt"
    empty.write_text("no sound")
    with pytest.raises(AudioError, match="can read"):
        list(stream_audio(empty, 16_000))


def test_without_ffmpeg_the_error_says_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.m4a").write_bytes(b"no sound")
    with pytest.raises(AudioError, match="install the ffmpeg program"):
        list(stream_audio(tmp_path / "a.m4a", 16_000))


def test_a_huge_sample_does_not_silence_what_follows(tmp_path):
    waveform = noise(32_000)
    waveform[100] = 1e38
    soundfile.write(tmp_path / "a.wav", waveform, 32_000, subtype="FLOAT")
    blocks = np.concatenate(list(stream_audio(tmp_path / "a.wav", 16_000)))
    assert np.isfinite(blocks).all()
    assert np.std(blocks[8000:]) > 0.05


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "got a folder"),
        (lambda path: path.write_bytes(b""), "an empty file"),
        (lambda path: soundfile.write(path, np.zeros(0), 16_000), "at least one sample, got an empty clip"),
        (lambda path: soundfile.write(path, np.full(9, np.nan), 16_000, subtype="FLOAT"), "NaN or infinity"),
        (lambda path: soundfile.write(path, np.zeros(99), 500), "a sample rate between 1000 and 768000 Hz, got 500"),
        (lambda path: soundfile.write(path, np.zeros((9, 65)), 16_000), "at most 64 channels, got 65"),
        (lambda path: path.write_bytes(written(path, 16_000).read_bytes()[:-999]), "truncated wav"),
    ],
    ids=["none", "folder", "0 bytes", "0 samples", "nan", "rate", "channels", "wav"],
)
def test_refuses(tmp_path, make, message):
    path = tmp_path / "a.wav"
    make(path)
    with pytest.raises(AudioError, match=message):
        list(stream_audio(path, 16_000))


def test_tells_of_a_flac_that_breaks_off_after_what_is_there(tmp_path):
    path = written(tmp_path / "a.flac", 16_000, seconds=4)
    path.write_bytes(path.read_bytes()[:-50_000])
    blocks = stream_audio(path, 16_000)
    assert len(next(blocks)) == 3000
    with pytest.raises(AudioError, match=r"truncated .*Copy the file again"):
        list(blocks)
