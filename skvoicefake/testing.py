"""``python -m skvoicefake.testing``: does what is installed here work? In less than a minute, on made-up sounds."""

import contextlib
import importlib.metadata
import platform
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import skvoicefake

RATE = 16_000
NAME = "skvoicefake"


def main() -> int:
    """Run all checks and print what they found; return the exit status, 1 if one failed."""
    started = time.perf_counter()
    print(f"{NAME} {skvoicefake.__version__} in {Path(skvoicefake.__file__).parent}")
    print(f"Python {platform.python_version()}, {platform.platform()}")
    for line in installed():
        print(line)
    n_failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, check in CHECKS.items():
            try:
                print(f"  ok      {name:<12} {check(Path(folder))}", flush=True)
            except Exception as error:
                n_failed += 1
                print(f"  FAILED  {name:<12} {type(error).__name__}: {error}", flush=True)
                if not isinstance(error, AssertionError):  # What was not expected at all: for a report of it.
                    traceback.print_exc()
    seconds = f"{time.perf_counter() - started:.0f} s"
    if n_failed:
        print(f"{NAME} does not work here: {n_failed} of {len(CHECKS)} checks failed ({seconds}).")
        return 1
    print(f"{NAME} works here: {len(CHECKS)} of {len(CHECKS)} checks passed ({seconds}).")
    return 0


def installed() -> list[str]:
    """Name the versions of what the package needs, and what each extra lacks."""
    names, extras = [], dict[str, list[str]]()
    for requirement in importlib.metadata.requires(NAME) or []:
        match = re.match(r"[\w.\-]+", requirement)
        extra = re.search(r"extra == ['\"]([\w\-]+)['\"]", requirement)
        if match and extra is None:
            names.append(f"{match[0]} {version(match[0]) or 'MISSING'}")
        elif match and extra and match[0] != NAME:
            extras.setdefault(extra[1], []).extend([] if version(match[0]) else [match[0]])
    lines = [", ".join(names)]
    for name, lacking in extras.items():
        lines.append(f"{NAME}[{name}]: " + (f"without {', '.join(lacking)}" if lacking else "installed"))
    return lines


def version(name: str) -> str:
    """Return the version of an installed distribution; nothing, if there is none."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    return ""


def sounds() -> tuple[list[NDArray[np.float32]], list[str]]:
    """Return 24 hums of a second, and labels: "real" with breath in them, "fake" without."""
    rng = np.random.default_rng(0)
    t = np.arange(RATE) / RATE
    X, y = [], []
    for i in range(24):
        pitch = rng.uniform(90, 250)
        hum = sum(0.1 * np.sin(2 * np.pi * k * pitch * t) / k for k in range(1, 20))
        breath = 0.02 if i % 2 else 0.0002
        X.append(np.asarray(hum + breath * rng.normal(size=t.size), dtype=np.float32))
        y.append("real" if i % 2 else "fake")
    return X, y


def babble() -> NDArray[np.float32]:
    """Return three seconds of syllables from a machine: harmonics through three moving formants."""
    t = np.arange(3 * RATE) / RATE
    pitch = 140 * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t) + 0.02 * np.sin(2 * np.pi * 5 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    vowel = 0.5 + 0.5 * np.sin(2 * np.pi * 1.1 * t)
    formants: list[tuple[Any, int]] = [(400 + 300 * vowel, 90), (2100 - 900 * vowel, 120), (2600, 200)]
    y = np.zeros(t.size)
    for k in range(1, 40):
        y += sum(1 / (1 + ((k * pitch - centre) / width) ** 2) for centre, width in formants) * np.sin(k * phase)
    y *= np.sqrt(np.clip(np.sin(2 * np.pi * 2.2 * t), 0, None))
    hiss = np.diff(np.random.default_rng(0).normal(size=t.size + 1)) * np.clip(np.sin(2 * np.pi * 2.2 * t - 2), 0, None)
    return np.asarray(0.1 * y + 0.02 * hiss, dtype=np.float32)


def check_imports(folder: Path) -> str:
    """Load all public names."""
    rooms = sorted(skvoicefake._ROOMS)
    n_names = len([getattr(skvoicefake, name) for name in skvoicefake.__all__])
    for room in rooms:
        module = import_module(f"{NAME}.{room}")
        n_names += len([getattr(module, name) for name in getattr(module, "__all__", ())])
    return f"{len(rooms)} modules, {n_names} public names"


def check_features(folder: Path) -> str:
    """Compare cepstra with librosa's."""
    import librosa

    from skvoicefake.feature_extraction import mfcc

    y = 0.1 * np.random.default_rng(0).normal(size=2 * RATE).astype(np.float32)
    ours = mfcc(y)
    theirs = librosa.feature.mfcc(y=y, sr=RATE, n_mfcc=40, n_fft=512, hop_length=160, n_mels=80).T
    expect(ours.shape == theirs.shape, f"expected cepstra of shape {theirs.shape}, got {ours.shape}")
    apart = float(np.abs(ours - theirs).max())
    expect(apart < 1e-3, f"expected librosa's cepstra within 0.001 dB, got some that are {apart:.3g} dB away")
    return f"cepstra of {' x '.join(map(str, ours.shape))} differ from librosa's by {apart:.0e} dB at most"


def check_detector(folder: Path) -> str:
    """Judge silence, and babble, with the detector in the package."""
    from skvoicefake import load_detector

    detector = load_detector()
    X = [np.zeros(2 * RATE, dtype=np.float32), babble()]
    verdicts, scores = detector.verdict(X).tolist(), detector.decision_function(X).tolist()
    wanted = ["not enough speech", "fake"]
    expect(verdicts == wanted, f"expected {wanted} of silence and of a machine's babble, got {verdicts}")
    expect(scores[0] == 0 > scores[1] > -100, f"expected the scores 0 and one beneath it, got {scores}")
    return f"of silence it says {verdicts[0]!r}, of a machine's babble {verdicts[1]!r} (score {scores[1]:.2f})"


def check_network(folder: Path) -> str:
    """Train a small network, save it, load it."""
    from sklearn.pipeline import Pipeline

    from skvoicefake import CNNLSTMClassifier, MFCCTransformer, load, save

    X, y = sounds()
    network = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, learning_rate=0.03, epochs=8, random_state=0)
    pipe = Pipeline([("mfcc", MFCCTransformer(duration=1.0, n_mfcc=13)), ("clf", network)]).fit(X, y)
    accuracy = pipe.score(X, y)
    expect(accuracy > 0.7, f"expected the network to learn {len(X)} sounds, got an accuracy of {accuracy:.2f}")
    save(pipe, folder / "pipe.skvf")
    same = np.array_equal(load(folder / "pipe.skvf").predict_proba(X), pipe.predict_proba(X))
    expect(same, "expected the probabilities of the network that was saved, got others after loading it")
    return f"trained on {len(X)} sounds (accuracy {accuracy:.2f}), saved, loaded: the same probabilities"


def check_command(folder: Path) -> str:
    """Score a recording on the command line, and one that is not there."""
    import soundfile

    soundfile.write(folder / "hum.wav", sounds()[0][0], RATE)
    answer = run("predict", str(folder / "hum.wav"), str(folder / "none.wav"))
    rows = answer.stdout.splitlines()
    got = f"exit status {answer.returncode}, {len(rows)} lines; {answer.stderr.strip() or 'nothing on stderr'}"
    expect(answer.returncode == 1 and len(rows) == 3, f"expected exit status 1 and 3 lines of CSV, got {got}")
    expect("none.wav" in rows[2] and "no such file" in rows[2].lower(), f"expected 'no such file', got {rows[2]!r}")
    script = importlib.metadata.distribution(NAME).entry_points.select(group="console_scripts", name=NAME)
    expect(len(script) == 1, f"expected the command {NAME} to be installed, got none")
    return f"{run('--version').stdout.strip()}: predict wrote a row for a file, and one for a file that is not there"


def run(*arguments: str) -> Any:
    """Run the command in a process of its own."""
    return subprocess.run([sys.executable, "-m", NAME, *arguments], capture_output=True, text=True)


def expect(is_so: bool, message: str) -> None:
    """Raise unless something is as it should be."""
    if not is_so:
        raise AssertionError(message)


CHECKS: dict[str, Callable[[Path], str]] = {
    "imports": check_imports,
    "features": check_features,
    "detector": check_detector,
    "network": check_network,
    "command line": check_command,
}

if __name__ == "__main__":
    sys.exit(main())
