import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.audio import AudioError, _streaming, load_audio
from skvoicefake.audio._streaming import StreamResampler, mono, open_stream
from tests.checks.clips import noise


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(_streaming, "BLOCK", 3000)


def written(path, rate, n_channels=1, seconds=1.5, **options):
    channels = np.stack([noise(int(seconds * rate), seed=i) for i in range(n_channels)], axis=1)
    soundfile.write(path, channels, rate, **options)
    return path


def heard(path, sample_rate=16_000, **options):
    """Return all of a recording, resampled block by block."""
    with open_stream(path, "it", **options) as (rate, blocks):
        resampler = StreamResampler(rate, sample_rate)
        found = [resampler.push(mono(block)) for block in blocks]
        return np.concatenate([*found, resampler.finish()])


def blocks_until_error(path, **options):
    """Return how many samples came before the error, and the error."""
    n_samples = 0
    try:
        with open_stream(path, "it", **options) as (_, blocks):
            for block in blocks:
                n_samples += len(block)
    except AudioError as error:
        return n_samples, str(error)
    pytest.fail("there was no error")


needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize(("rate", "n_channels"), [(16_000, 1), (44_100, 2), (8_000, 1)])
def test_blocks_are_what_is_loaded_at_once(tmp_path, suffix, rate, n_channels):
    path = written(tmp_path / f"a.{suffix}", rate, n_channels)
    with open_stream(path, "it") as (found, blocks):
        shapes = {block.shape[1] for block in blocks}
    assert (found, shapes) == (rate, {n_channels})
    np.testing.assert_array_equal(heard(path), load_audio(path))


@needs_ffmpeg
@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_ffmpeg_reads_comes_through_a_pipe(tmp_path, n_channels):
    path = written(tmp_path / "a.wav", 44_100, n_channels)
    m4a = tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, m4a], check=True)
    np.testing.assert_array_equal(heard(m4a), load_audio(m4a))


@needs_ffmpeg
def test_ffmpeg_ends_with_whoever_has_heard_enough(tmp_path):
    path = written(tmp_path / "a.wav", 44_100, seconds=60)
    m4a = tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, m4a], check=True)
    with open_stream(m4a, "it") as (_, blocks):
        assert len(next(blocks)) == 3000


@given(
    rate=st.sampled_from([8_000, 11_025, 44_100, 48_000]) | st.integers(1000, 96_000),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
)
@settings(max_examples=30)
def test_the_bits_do_not_depend_on_the_chunks(rate, cuts):
    waveform = noise(3000)
    resampler = StreamResampler(rate, 16_000)
    found = [resampler.push(chunk) for chunk in np.split(waveform, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate([*found, resampler.finish()]), load_audio((waveform, rate)))


def test_nothing_in_nothing_out():
    resampler = StreamResampler(8000, 16_000)
    assert len(resampler.push(noise(0))) == len(resampler.finish()) == 0


def test_a_huge_sample_does_not_silence_what_follows():
    waveform = noise(32_000)
    waveform[100] = 1e38
    resampler = StreamResampler(32_000, 16_000)
    found = np.concatenate([resampler.push(waveform), resampler.finish()])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[8000:], load_audio((noise(32_000), 32_000))[8000:], atol=1e-6)


def test_what_float32_does_not_hold_is_infinite():
    assert mono(np.array([[1e300, 1e300], [np.inf, -np.inf]])).tolist()[0] == np.inf


def test_a_truncated_file_is_refused_or_read_as_far_as_it_goes(tmp_path):
    path = written(tmp_path / "a.wav", 16_000, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:30_044])
    assert blocks_until_error(path)[0] == 0
    n_samples, message = blocks_until_error(path, ignores_header=True)
    assert n_samples == 15_000
    assert message.startswith("it: truncated wav: the header announces 48000 bytes")


def test_a_flac_that_breaks_off_gives_what_comes_before(tmp_path):
    path = written(tmp_path / "a.flac", 16_000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    n_samples, message = blocks_until_error(path)
    assert 3000 <= n_samples < 24_000
    assert message.startswith("it: truncated")


def test_what_lies_at_an_address(tmp_path):
    path = written(tmp_path / "a.wav", 44_100)
    np.testing.assert_array_equal(heard(f"file://{path}"), load_audio(path))
    assert blocks_until_error(f"file://{tmp_path}/none.wav") == (
        0,
        "it: no such file, or no such bucket. Check the address.",
    )


@needs_ffmpeg
def test_what_is_no_sound(tmp_path):
    (tmp_path / "a.txt").write_text("no sound")
    assert "can read" in blocks_until_error(tmp_path / "a.txt")[1]
    assert "no such file" in blocks_until_error(tmp_path / "none.wav", ignores_header=True)[1]
    soundfile.write(tmp_path / "empty.wav", noise(0), 16_000)
    assert "empty clip" in blocks_until_error(tmp_path / "empty.wav")[1]
    soundfile.write(tmp_path / "slow.wav", noise(50), 100)
    assert "sample rate between" in blocks_until_error(tmp_path / "slow.wav")[1]


def test_without_ffmpeg_the_error_says_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.m4a").write_bytes(b"no sound")
    assert "install the ffmpeg program" in blocks_until_error(tmp_path / "a.m4a")[1]
