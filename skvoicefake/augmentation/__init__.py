"""Augmentation of waveforms, for training clips alone."""

from skvoicefake.augmentation._augment import augment
from skvoicefake.augmentation._classifier import AugmentedClassifier
from skvoicefake.augmentation._codecs import telephone, transcode
from skvoicefake.augmentation._noise import add_noise
from skvoicefake.augmentation._rawboost import raw_boost
from skvoicefake.augmentation._rooms import (
    change_gain,
    clip_peaks,
    equalize,
    limit_band,
    resample,
    reverberate,
)
from skvoicefake.augmentation._time import crop, cut, trim_silence

__all__ = [
    "AugmentedClassifier",
    "add_noise",
    "augment",
    "change_gain",
    "clip_peaks",
    "crop",
    "cut",
    "equalize",
    "limit_band",
    "raw_boost",
    "resample",
    "reverberate",
    "telephone",
    "transcode",
    "trim_silence",
]
