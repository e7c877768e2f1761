"""What happens to speech between a mouth and a detector: the robustness conditions, and clips written under them."""

import zlib

import numpy as np
import soundfile
from joblib import Parallel, delayed

from skvoicefake.audio import load_audio
from skvoicefake.augmentation import add_noise, resample, reverberate, telephone, transcode, trim_silence

RATE = 16_000
CONDITIONS = {
    "mp3 64k": (transcode, {"codec": "mp3", "bit_rate": 64_000}),
    "mp3 32k": (transcode, {"codec": "mp3", "bit_rate": 32_000}),
    "opus 16k": (transcode, {"codec": "opus", "bit_rate": 16_000}),
    "telephone": (telephone, {"codec": "mulaw"}),
    "noise 20 dB": (add_noise, {"snr": 20.0, "colour": "pink"}),
    "noise 15 dB": (add_noise, {"snr": 15.0, "colour": "pink"}),
    "noise 10 dB": (add_noise, {"snr": 10.0, "colour": "pink"}),
    "reverberation": (reverberate, {"rt60": (0.3, 0.8), "direct_ratio": (0.0, 10.0)}),
    "44.1 kHz and back": (resample, {"rate": 44_100}),
    "trimmed": (trim_silence, {"threshold": 40.0}),
}


def written(files, condition, folder, *, n_jobs):
    """Return the files of clips under a condition; what is not there yet is made, as 16-bit FLAC."""
    folder = folder / condition.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return Parallel(n_jobs=n_jobs)(delayed(_write)(file, condition, folder) for file in files)


def _write(file, condition, folder):
    # A name says which clip it is, so that those of other corpora may lie beside it.
    seed = zlib.crc32(file.encode())
    target = folder / f"{seed:08x}.flac"
    if not target.exists():
        function, parameters = CONDITIONS[condition]
        y = function(load_audio(file, RATE), RATE, np.random.default_rng(seed), **parameters)
        # Noise and rooms add to peaks, which a file cannot hold.
        y /= max(1.0, float(np.max(np.abs(y))))
        partial = target.with_suffix(".part")
        soundfile.write(partial, y, RATE, subtype="PCM_16", format="FLAC")
        partial.replace(target)
    return str(target)
