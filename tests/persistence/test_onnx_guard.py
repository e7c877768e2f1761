import numpy as np
import onnxruntime
import pytest

from skvoicefake.detectors._speech import speech_measures
from skvoicefake.persistence._onnx_graph import Graph
from skvoicefake.persistence._onnx_guard import _measures
from tests.checks.speech import speech


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000])
def test_measures_are_those_of_the_guard(rate):
    """Of clips of any length: beyond 5.12 s, the transform of the rhythm doubles."""
    graph = Graph()
    measures = graph.join(*_measures(graph.input("waveform", np.float32), rate))
    model = graph.model({"waveform": (np.float32, ["n"])}, {"measures": (measures, [8])}, "")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    clips = [speech(i, seconds=seconds, voice=i, sample_rate=rate) for i, seconds in enumerate((0.3, 1, 6))]
    clips += [
        rng.normal(size=rate),
        np.sin(np.arange(rate) / 9),
        np.ones(50),
        np.ones(1),
        np.zeros(3000),
        1e-6 * clips[1],
    ]
    for clip in clips:
        clip = clip.astype(np.float32)
        found = session.run(None, {"waveform": clip})[0]
        np.testing.assert_allclose(found, speech_measures(clip, rate), rtol=0, atol=1e-4)
