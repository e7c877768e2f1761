import warnings

import numpy as np
import onnxruntime
import pytest
from scipy.signal import butter, sosfilt

from skvoicefake import FilterBankTransformer, LFCCTransformer, MFCCTransformer
from skvoicefake.detectors import CepstralStatisticsTransformer
from skvoicefake.persistence._onnx_front_end import front_end
from skvoicefake.persistence._onnx_graph import Graph
from tests.checks.speech import speech

RATE = 16_000


def sounds():
    """Return clips shorter, as long and longer than half a second: with pauses, of narrow band, faint and loud."""
    clips = [speech(i, seconds=seconds, voice=i) for i, seconds in enumerate((0.2, 0.5, 0.7, 1.2))]
    pause = clips[2].copy()
    pause[3000:6000] = 0
    # What a lossy codec leaves: nothing above 3 kHz.
    narrow = sosfilt(butter(20, 3000, fs=RATE, output="sos"), clips[3]).astype(np.float32)
    return [*clips, pause, narrow, 1e-4 * clips[1], np.float32(1e6) * clips[3]]


def by_graph(transformer, clips, n_dims):
    graph = Graph()
    features = front_end(graph.input("waveform", np.float32), transformer)
    shape = [f"size_{i}" for i in range(n_dims)]
    model = graph.model({"waveform": (np.float32, ["n_samples"])}, {"features": (features, shape)}, "")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [session.run(None, {"waveform": clip})[0] for clip in clips]


def check(transformer, limit=1e-3):
    clips = sounds()
    expected = transformer.fit(clips).transform(clips)
    found = by_graph(transformer, clips, expected.ndim - 1)
    assert found[0].dtype == np.float32
    np.testing.assert_allclose(np.stack(found), expected, rtol=0, atol=limit)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"deltas": 2},
        {"top_db": None},
        {"top_db": 20.0},
        {"normalize": "clip"},
        {"normalize": "train"},
        {"normalize": "train", "output": "stats"},
        {"normalize": "clip", "output": "stats"},
        {"output": "stats"},
        {"padding": "repeat"},
        {"crop": "center"},
        {"crop": "loudest"},
        {"level": "peak"},
        {"level": "rms", "padding": "repeat", "crop": "loudest"},
        {"duration": None},
        {"center": False},
        {"pad_mode": "edge"},
        {"pad_mode": "reflect"},
        {"pad_mode": "symmetric"},
        {"n_fft": 4096, "pad_mode": "reflect", "duration": 0.1},  # there and back more than once
        {"n_fft": 401, "hop_length": 133},
        {"n_fft": 510, "hop_length": 170},
        {"n_fft": 4, "hop_length": 1, "n_mels": 1, "n_mfcc": 1, "duration": 0.01},
        {"window": "hamming", "win_length": 300},
        {"window": ("kaiser", 5.0)},
        {"dct_type": 3},
        {"htk": True, "mel_norm": None},
        {"fmin": 300.0, "fmax": 3400.0},
        {"pre_emphasis": 0.97},
        {"sample_rate": 8000},
    ],
    ids=str,
)
def test_mfcc(parameters):
    check(MFCCTransformer(**{"duration": 0.5, "n_mfcc": 20, "n_mels": 40, **parameters}))


@pytest.mark.parametrize("parameters", [{"norm": None}, {"dct_type": 1, "norm": None}, {"lifter": 22}], ids=str)
def test_mfcc_of_larger_numbers(parameters):
    check(MFCCTransformer(duration=0.5, **parameters), limit=1e-2)


@pytest.mark.parametrize("kind", [LFCCTransformer, FilterBankTransformer])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"scale": "inverse-mel"}, {"scale": "bark", "filter_norm": "area"}, {"floor": 1e-6, "deltas": 1}],
    ids=str,
)
def test_other_filters(kind, parameters):
    check(kind(duration=0.5, **parameters), limit=3e-3)


def test_bands_that_hear_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        check(FilterBankTransformer(duration=0.5, n_fft=64, win_length=None, n_filters=3, scale="mel", fmax=100.0))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"duration": 0.5},
        {"duration": None, "silence_db": None},
        {"front_ends": [MFCCTransformer(deltas=1), FilterBankTransformer(center=False)]},
    ],
    ids=str,
)
def test_statistics_of_clips_of_any_length(parameters):
    check(CepstralStatisticsTransformer(**parameters))


def test_silence_is_left_as_it_is():
    transformer = MFCCTransformer(duration=0.5, level="rms", normalize="clip")
    (panel,) = by_graph(transformer, [np.zeros(3000, dtype=np.float32)], 2)
    assert not panel.any()


def test_what_does_not_change_has_no_slope():
    """Padding has the same frames, to the bit, which mixtures leave out."""
    transformer = LFCCTransformer(duration=0.5, deltas=2)
    (panel,) = by_graph(transformer, [speech(0, seconds=0.2)], 2)
    assert (panel[-5:] == panel[-1]).all()
    assert not panel[-1, 40:].any()


def test_parameters_changed_since_fit():
    transformer = MFCCTransformer(duration=0.5, normalize="train").fit(sounds()).set_params(n_mfcc=13)
    with pytest.raises(ValueError, match="n_mfcc changed since fit"):
        front_end(Graph().input("waveform", np.float32), transformer)
