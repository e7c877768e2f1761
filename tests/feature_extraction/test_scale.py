import itertools

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from skvoicefake.feature_extraction._scale import RunningScale


@pytest.fixture(name="sequences")
def sequences_of_many_scales():
    rng = np.random.default_rng(0)
    offset, scale = np.array([0, -400, 1e4, 7, 1e-3]), np.array([1, 100, 0.01, 0, 1e-6])
    return [(offset + scale * rng.normal(size=(frames, 5))).astype(np.float32) for frames in (1, 11, 30, 2)]


def test_statistics_are_those_of_all_frames_at_once(sequences):
    running = RunningScale()
    for i, sequence in enumerate(sequences):
        running.add(i, sequence)
    mean, scale = running.result()
    expected = StandardScaler().fit(np.concatenate(sequences).astype(np.float64))
    np.testing.assert_allclose(mean, expected.mean_, rtol=1e-13)
    np.testing.assert_allclose(scale, expected.scale_, rtol=1e-9)
    assert scale[3] == 1  # a constant is not divided by its rounding


@pytest.mark.parametrize("value", [0.0, 0.1, -80.0, 1e30])
def test_a_constant_has_scale_one(value):
    running = RunningScale()
    for i in range(50):
        running.add(i, np.full((301, 2), value, dtype=np.float32))
    mean, scale = running.result()
    assert mean.tolist() == [np.float32(value)] * 2
    assert scale.tolist() == [1, 1]


def test_the_order_of_coming_changes_no_bit(sequences):
    def result(order):
        running = RunningScale()
        for i in order:
            if i == 1:
                running.skip(i)
            else:
                running.add(i, sequences[i])
        return np.stack(running.result()).tobytes()

    assert len({result(order) for order in itertools.permutations(range(4))}) == 1
