"""A small detector of the form of the one that ships, and the files it is frozen in."""

from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._blend import TreesAndKernel
from skvoicefake.detectors._freezing import freeze
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._guarded import GuardedClassifier
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from tests.checks.speech import speech

CARD = {
    "title": "A small detector",
    "summary": "It was trained on *pseudo-speech*.",
    "use": ["Tests of the package."],
    "not_for": ["Speech."],
    "training": [
        {"source": "synthesis", "generators": "-", "clips": 24, "hours": 0.01, "licence": "-", "attribution": "ours"},
        {"source": "synthesis", "generators": "a|b", "clips": 24, "hours": None, "licence": "-", "attribution": "-"},
    ],
    "figures": [
        {
            "title": "Other sentences",
            "columns": ["condition", "EER", "clips"],
            "rows": [["clean", [0.0625, 0.01, 0.123456], 12345], ["noisy", None, 7]],
            "note": "Few of them.",
        }
    ],
    "operating_points": [
        {
            "name": "equal error rate",
            "threshold": -0.25,
            "real_called_fake": [0.0625, 0.01, 0.12],
            "fake_called_real": 0.0625,
            "measured_on": "other sentences",
        }
    ],
    "limits": ["Everything else."],
    "reproduce": ["Run the tests."],
}


def sounds(n, start=0):
    """Return n clips of either class, the fakes dull, and their labels."""
    clips = [speech(seed, seconds=1.5, voice=seed % 5) for seed in range(start, start + 2 * n)]
    clips[n:] = [np.convolve(clip, [0.6, 0.4])[: len(clip)].astype(np.float32) for clip in clips[n:]]
    return clips, ["real"] * n + ["fake"] * n


def fitted_detector(around=lambda pipeline: pipeline, **options):
    """Return a fitted one, and what it was fitted to."""
    clips, labels = sounds(24)
    blend = LLRCalibrator(TreesAndKernel(n_estimators=20, random_state=0), cv=3)
    detector = around(make_pipeline(CepstralStatisticsTransformer(**options), StandardScaler(), blend))
    return detector.fit(clips, labels), clips


def frozen_detector(folder: Path):
    """Freeze one that has a guard in a folder; return the fitted one."""
    detector, clips = fitted_detector(lambda pipeline: GuardedClassifier(pipeline, DomainGuard(min_speech=0.2)))
    freeze(detector, folder, card=CARD, clips=clips[::4])
    return detector
