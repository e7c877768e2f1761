import io
import itertools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from skvoicefake.audio import AudioError, _decoding, load_audio
from skvoicefake.audio._headers import checked_header
from tests.checks.clips import noise, wav_bytes
from tests.checks.files import RATE, ffmpeg, needs_ffmpeg, tone


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_wav_subtypes(subtype):
    loaded = load_audio(wav_bytes(tone(), RATE, subtype))
    np.testing.assert_allclose(loaded, tone(), atol=0.02)


@pytest.mark.parametrize(
    ("suffix", "file_format", "subtype", "tolerance"),
    [
        ("wav", "WAV", "PCM_16", 1e-4),
        ("flac", "FLAC", "PCM_16", 1e-4),
        ("ogg", "OGG", "VORBIS", 0.1),
        ("opus", "OGG", "OPUS", 0.1),
        ("mp3", "MP3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_formats_of_libsndfile(tmp_path, monkeypatch, suffix, file_format, subtype, tolerance):
    monkeypatch.setenv("PATH", str(tmp_path))  # without ffmpeg's help
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, tone(), RATE, format=file_format, subtype=subtype)
    loaded = load_audio(path)
    assert abs(len(loaded) - len(tone())) < 3000  # codecs pad
    # Lossy codecs delay and ring at the ends: the middle must be the tone.
    middle = loaded[2000:6000]
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) == round(440 * 4000 / RATE)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=tolerance)
    np.testing.assert_array_equal(load_audio(path.read_bytes()), loaded)
    np.testing.assert_array_equal(load_audio(path, duration=0.2), loaded[:3200])


def movie(path, *codec):
    """Write a video with a tone as its sound."""
    source = ["-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=0.5"]
    ffmpeg(*source, "-i", path.with_name("tone.wav"), *codec, "-shortest", path)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["m4a", "aac", "mp4", "mkv", "webm", "g722"])
def test_formats_of_ffmpeg(tmp_path, suffix):
    (tmp_path / "tone.wav").write_bytes(wav_bytes(tone(seconds=3), RATE))
    path = tmp_path / f"clip.{suffix}"
    if suffix in ("mp4", "mkv"):
        movie(path, "-c:v", "mpeg4", "-c:a", "aac")
    else:
        ffmpeg("-i", tmp_path / "tone.wav", path)
    loaded = load_audio(path)
    middle = loaded[2000:6000]
    assert np.argmax(np.abs(np.fft.rfft(middle))) == round(440 * 4000 / RATE)
    np.testing.assert_array_equal(load_audio(path, duration=0.2), loaded[:3200])
    if suffix != "g722":  # known by its name alone
        np.testing.assert_array_equal(load_audio(path.read_bytes()), loaded)


@needs_ffmpeg
def test_amr():
    # ffmpeg decodes amr but seldom encodes it; any bits are speech to its decoder.
    frames = np.random.default_rng(0).integers(0, 256, size=(50, 32), dtype=np.uint8)
    frames[:, 0] = 0x3C  # 12.2 kbit/s
    loaded = load_audio(b"#!AMR\n" + frames.tobytes(), 8000)
    assert loaded.shape == (50 * 160,)
    assert loaded.any()


@needs_ffmpeg
def test_the_bytes_of_an_m4a_whose_index_stands_at_its_end(tmp_path):
    path = tmp_path / "clip.m4a"
    (tmp_path / "noise.wav").write_bytes(wav_bytes(noise(20 * RATE), RATE))
    ffmpeg("-i", tmp_path / "noise.wav", path)
    assert path.read_bytes().find(b"moov") > 65536, "no such file after all"
    np.testing.assert_array_equal(load_audio(path.read_bytes()), load_audio(path))


@needs_ffmpeg
@pytest.mark.parametrize("name", ["list.m3u8", "clip.wav"])
def test_a_list_of_other_files_opens_none_of_them(tmp_path, name):
    soundfile.write(tmp_path / "other.wav", tone(1000), RATE)
    ffmpeg("-i", tmp_path / "other.wav", tmp_path / "other.ts")
    lists = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{tmp_path}/other.ts\n#EXT-X-ENDLIST\n",
        "concat": "ffconcat version 1.0\nfile other.wav\n",
    }
    for text in lists.values():
        (tmp_path / name).write_text(text)
        for clip in (str(tmp_path / name), text.encode()):
            with pytest.raises(AudioError, match=r"ffmpeg \(a list of other files"):
                load_audio(clip)
    assert len(load_audio(tmp_path / "other.ts"))


@needs_ffmpeg
def test_a_video_without_sound(tmp_path):
    path = tmp_path / "mute.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=0.5", "-c:v", "mpeg4", path)
    with pytest.raises(AudioError, match=r"mute\.mp4.*no sound in it"):
        load_audio(path)


@needs_ffmpeg
@pytest.mark.parametrize("file_format", ["wav", "flac", "au", "ogg", "caf", "aiff"])
def test_files_written_to_a_pipe_do_not_know_their_length(wav, file_format):
    streamed = ffmpeg("-i", wav, "-f", file_format, "pipe:1", capture_output=True).stdout
    assert len(load_audio(streamed)) == 4000
    assert len(load_audio(streamed, duration=0.1)) == 1600


def test_without_ffmpeg_the_error_says_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "clip.m4a"
    path.write_bytes(b"\0\0\0\x1cftypM4A \0\0\2\0M4A isomiso2")
    for clip in (path, path.read_bytes()):
        with pytest.raises(AudioError, match="install the ffmpeg program"):
            load_audio(clip)


def test_a_truncated_ogg_that_cannot_be_read():
    content = wav_bytes(noise(4000), RATE, "VORBIS", "OGG")
    assert load_audio(content).shape == (4000,)
    with pytest.raises(AudioError, match="no sample of this OGG file can be decoded, it is truncated or empty"):
        load_audio(content[:-1])


def test_a_header_that_leads_nowhere_is_refused_in_one_line_and_no_more(tmp_path, monkeypatch):
    file = io.BytesIO()
    soundfile.write(file, noise(100), RATE, format="AIFF", subtype="PCM_16")
    content = file.getvalue()[:38] + b"\xff" * 80 + file.getvalue()[38:]
    (tmp_path / "odd.aiff").write_bytes(content)
    raised = []
    monkeypatch.setattr(sys, "unraisablehook", raised.append)  # what would be printed as a traceback
    monkeypatch.setenv("PATH", "")
    for clip in (content, tmp_path / "odd.aiff"):
        with pytest.raises(AudioError, match=r"not audio that libsndfile can read \(a damaged header\)"):
            load_audio(clip)
    assert raised == []


def test_a_file_that_exists_is_not_said_to_be_missing(tmp_path):
    path = tmp_path / "random.mp3"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(soundfile.LibsndfileError, match="does not exist"):
        soundfile.SoundFile(path)
    with pytest.raises(AudioError, match="no known audio format"):
        load_audio(path)


FORMATS = ("WAV", "AIFF", "AU", "CAF", "W64", "RF64", "FLAC")
SUBTYPES = ("PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE", "ULAW", "ALAW")


@pytest.mark.parametrize(
    ("file_format", "subtype"), [pair for pair in itertools.product(FORMATS, SUBTYPES) if soundfile.check_format(*pair)]
)
def test_samples_are_those_of_libsndfile_to_the_bit(file_format, subtype):
    content = wav_bytes(2 * noise(5000), RATE, subtype, file_format)
    np.testing.assert_array_equal(load_audio(content), soundfile.read(io.BytesIO(content), dtype="float32")[0])


def test_what_was_decoded_may_be_written_to():
    for content in (wav_bytes(noise(100), RATE), wav_bytes(noise(100), RATE, "PCM_16"), wav_bytes(noise(100), 8000)):
        waveform = load_audio(content)
        assert waveform.flags.writeable
        assert waveform.flags.c_contiguous


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "clip.wav")
    with pytest.raises(AudioError, match=r"empty file \(0 bytes\)"):
        load_audio(tmp_path / "clip.wav")


def test_a_small_file_of_endless_silence_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_decoding, "MOST_AT_ONCE", 2**22)
    path = tmp_path / "silence.flac"
    soundfile.write(path, np.zeros(2**22, dtype=np.int16), RATE)
    for clip in (path, path.read_bytes()):
        with pytest.raises(AudioError, match=r"small file with hours of next to nothing.*Set a duration"):
            load_audio(clip, RATE)
        assert load_audio(clip, RATE, duration=1).shape == (RATE,)


@needs_ffmpeg
def test_so_is_one_that_ffmpeg_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(_decoding, "MOST_AT_ONCE", 2**22)
    path = tmp_path / "silence.m4a"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "60", "-c:a", "aac", "-b:a", "8k", path)
    with pytest.raises(AudioError, match=r"small file with hours of next to nothing.*Set a duration"):
        load_audio(path, RATE)
    assert load_audio(path, RATE, duration=1).shape == (RATE,)


def test_what_other_threads_open_does_not_change_what_is_said(tmp_path):
    """libsndfile keeps the number of an error in one place for all threads; soundfile 0.13 reads it there."""
    broken, whole = tmp_path / "broken.wav", io.BytesIO()
    broken.write_bytes(b"no audio at all " * 50)
    header = checked_header(str(broken), "broken.wav")
    soundfile.write(whole, np.zeros(160, np.float32), 16000, format="WAV")

    def opened(number):
        if number % 2:
            return soundfile.SoundFile(io.BytesIO(whole.getvalue())).close()
        with pytest.raises(_decoding.Undecodable) as caught:
            _decoding.open_sound(str(broken), header)
        return str(caught.value)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(opened, range(4000))) == {None, "Format not recognised"}
