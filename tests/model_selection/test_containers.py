import io
import shutil
import subprocess

import pytest

from skvoicefake.model_selection._containers import facts_of_file
from tests.checks.clips import noise, wav_bytes

WAV = wav_bytes(noise(4000), 16_000, "PCM_16")


def test_what_soundfile_reads(tmp_path):
    (tmp_path / "clip.wav").write_bytes(WAV)
    expected = {"container": "WAV", "codec": "PCM_16", "n_bytes": 8044}
    for clip in (tmp_path / "clip.wav", str(tmp_path / "clip.wav"), WAV, memoryview(WAV), io.BytesIO(WAV)):
        assert facts_of_file(clip) == expected


@pytest.mark.parametrize(
    ("start", "container"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "mp4"),
        (b"\x1aE\xdf\xa3\x01\0\0\0", "matroska"),
        (b"#!AMR\n", "amr"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xf9\x50\x80", "aac"),
        (b"FLV\x01", "flv"),
        (b"what nobody knows", "other"),
    ],
    ids=["mp4", "matroska", "amr", "adts", "adts-mpeg2", "flv", "other"],
)
def test_what_others_read_is_told_by_its_first_bytes(start, container, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    expected = {"container": container, "codec": container, "n_bytes": len(start)}
    (tmp_path / "clip").write_bytes(start)
    for clip in (tmp_path / "clip", start, io.BytesIO(start)):
        assert facts_of_file(clip) == expected


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="the ffprobe program is not installed")
@pytest.mark.parametrize(("suffix", "container", "codec"), [("mp4", "mp4", "aac"), ("mka", "matroska", "pcm_s16le")])
def test_what_ffprobe_tells(suffix, container, codec, tmp_path):
    wav, path = tmp_path / "clip.wav", tmp_path / f"clip.{suffix}"
    wav.write_bytes(WAV)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", wav, "-c:a", codec, path], check=True)
    assert facts_of_file(path) == {"container": container, "codec": codec, "n_bytes": path.stat().st_size}
    # ffprobe finds no sound in a text.
    path.write_bytes(b"no sound")
    assert facts_of_file(path) == {"container": "other", "codec": "other", "n_bytes": 8}
