"""Real files to begin with: made sounds in every format that can be written here."""

import io
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from tests.checks.speech import speech

# Format, subtype, rate, channels.
SOUNDS = {
    "pcm16.wav": ("WAV", "PCM_16", 16_000, 1),
    "float.wav": ("WAV", "FLOAT", 44_100, 2),
    "ulaw.wav": ("WAV", "ULAW", 8000, 1),
    "adpcm.wav": ("WAV", "IMA_ADPCM", 16_000, 1),
    "ms.wav": ("WAV", "MS_ADPCM", 16_000, 1),
    "gsm.wav": ("WAV", "GSM610", 8000, 1),
    "extensible.wav": ("WAVEX", "PCM_24", 16_000, 2),
    "rf64.wav": ("RF64", "PCM_16", 16_000, 1),
    "pcm16.flac": ("FLAC", "PCM_16", 16_000, 1),
    "pcm24.flac": ("FLAC", "PCM_24", 48_000, 2),
    "vorbis.ogg": ("OGG", "VORBIS", 16_000, 1),
    "opus.opus": ("OGG", "OPUS", 48_000, 1),
    "layer3.mp3": ("MP3", "MPEG_LAYER_III", 16_000, 1),
    "stereo.mp3": ("MP3", "MPEG_LAYER_III", 44_100, 2),
    "pcm16.aiff": ("AIFF", "PCM_16", 16_000, 1),
    "float.aiff": ("AIFF", "FLOAT", 22_050, 1),
    "pcm16.au": ("AU", "PCM_16", 16_000, 1),
    "ulaw.au": ("AU", "ULAW", 8000, 1),
    "pcm16.w64": ("W64", "PCM_16", 16_000, 1),
    "float.w64": ("W64", "FLOAT", 16_000, 2),
    "pcm16.caf": ("CAF", "PCM_16", 16_000, 1),
    "alac.caf": ("CAF", "ALAC_16", 16_000, 1),
    "pcm16.nist": ("NIST", "PCM_16", 16_000, 1),
    "pcm16.voc": ("VOC", "PCM_16", 16_000, 1),
    "pcm16.mat": ("MAT5", "PCM_16", 16_000, 1),
    "pcm16.avr": ("AVR", "PCM_16", 16_000, 1),
    "pcm16.pvf": ("PVF", "PCM_16", 16_000, 1),
    "dpcm.xi": ("XI", "DPCM_16", 44_100, 1),
    "pcm16.sds": ("SDS", "PCM_16", 16_000, 1),
    "pcm16.htk": ("HTK", "PCM_16", 16_000, 1),
    "float.ircam": ("IRCAM", "FLOAT", 16_000, 1),
}
BY_FFMPEG = ("m4a", "aac", "amr", "webm", "wma")
# Those whose headers say how much sound follows, so that a cut file is to be refused.
KNOW_THEIR_LENGTH = (".wav", ".flac", ".aiff", ".au", ".w64", ".caf")


@cache
def audio():
    """Return files as bytes, by name."""
    found = {}
    for i, (name, (file_format, subtype, rate, channels)) in enumerate(SOUNDS.items()):
        y = speech(i, seconds=0.35, sample_rate=rate)
        buffer = io.BytesIO()
        try:
            soundfile.write(buffer, np.stack([y] * channels, axis=1), rate, subtype=subtype, format=file_format)
        except (soundfile.LibsndfileError, ValueError):  # an older libsndfile, or one that was built without
            continue
        found[name] = buffer.getvalue()
    if shutil.which("ffmpeg"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.wav").write_bytes(found["ulaw.wav"])
            for end in BY_FFMPEG:
                path = Path(folder, f"a.{end}")
                command = ["ffmpeg", "-v", "error", "-i", str(Path(folder, "a.wav")), str(path)]
                if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                    found[f"ffmpeg.{end}"] = path.read_bytes()
    return found
