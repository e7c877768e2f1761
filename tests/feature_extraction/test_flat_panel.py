import pickle

import joblib
import numpy as np
import pytest
from sklearn.utils import _safe_indexing

from skvoicefake import MFCCTransformer
from skvoicefake.feature_extraction._flat_panel import FlatPanel, flatten
from tests.checks.clips import noise

FRAMES = 11


@pytest.fixture(name="flat")
def flat_output():
    transformer = MFCCTransformer(duration=0.05, hop_length=80, output="flat")
    return transformer.fit_transform([noise(800, seed) for seed in range(8)])


def test_flat_output_remembers_its_frames_through_what_scikit_learn_does(flat, tmp_path):
    assert isinstance(flat, FlatPanel)
    assert flat.n_frames == FRAMES
    joblib.dump(flat, tmp_path / "flat.joblib")
    kept = {
        "pickle": pickle.loads(pickle.dumps(flat)),
        "joblib": joblib.load(tmp_path / "flat.joblib"),
        "copy": flat.copy(),
        "slice": flat[2:5],
        "list": flat[[0, 3]],
        "mask": flat[np.arange(len(flat)) % 2 == 0],
        "indexing": _safe_indexing(flat, np.array([1, 2])),
        "astype": flat.astype(np.float64),
        "ufunc": flat * 2,
    }
    assert {name: part.n_frames for name, part in kept.items()} == dict.fromkeys(kept, FRAMES)
    np.testing.assert_array_equal(kept["joblib"], flat)


def test_flat_output_remembers_its_frames_in_another_process(flat):
    frames = joblib.Parallel(n_jobs=2)(joblib.delayed(getattr)(part, "n_frames") for part in (flat, flat[:2]))
    assert frames == [FRAMES, FRAMES]


def test_frames_are_forgotten_with_the_shape(flat):
    lost = [flat[:, :40], flat[:, ::2], flat[0], flat.T, flat.reshape(-1), flat.sum(axis=0), flat[:, np.arange(80)]]
    assert [part.n_frames for part in lost] == [None] * len(lost)
    assert np.asarray(flat).__class__ is np.ndarray
    assert flatten(np.zeros((0, 3, 2), dtype=np.float32)).shape == (0, 6)
