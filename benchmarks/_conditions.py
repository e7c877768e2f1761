"""What happens to speech between a mouth and a detector: the robustness conditions, and clips written under them."""

import hashlib
import zlib
from pathlib import Path

import numpy as np
import soundfile
from joblib import Parallel, delayed

import skvoicefake
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


def code_digest():
    """Return what stands for the code that detectors and conditions are made of: its bytes, in 16 letters."""
    package = Path(skvoicefake.__file__).parent
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(package.rglob("*.py")):
        # These score nothing.
        if file.relative_to(package).parts[0] not in ("cli", "datasets"):
            digest.update(str(file.relative_to(package)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def written(files, names, condition, folder, *, n_jobs):
    """Return the files of clips under a condition; what is not there yet is made, as 16-bit FLAC.

    Their names in the manifest are the seeds, so that it does not matter where the corpus lies.
    """
    folder = folder / condition.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    code, pairs = code_digest(), zip(files, names, strict=True)
    return Parallel(n_jobs=n_jobs)(delayed(_write)(file, name, condition, folder, code) for file, name in pairs)


def _write(file, name, condition, folder, code):
    seed = zlib.crc32(name.encode())
    # What a clip is made of, so that a changed one is made anew, and those of other corpora may lie beside it.
    known = f"{name} {condition} {code} ".encode() + Path(file).read_bytes()
    target = folder / f"{hashlib.sha256(known).hexdigest()[:24]}.flac"
    if not target.exists():
        function, parameters = CONDITIONS[condition]
        y = function(load_audio(file, RATE), RATE, np.random.default_rng(seed), **parameters)
        # Noise and rooms add to peaks, which a file cannot hold.
        y /= max(1.0, float(np.max(np.abs(y))))
        partial = target.with_suffix(".part")
        soundfile.write(partial, y, RATE, subtype="PCM_16", format="FLAC")
        partial.replace(target)
    return str(target)
