import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.utils._testing import assert_allclose

from skvoicefake.neural_network import _stretches
from skvoicefake.neural_network._stretches import (
    branch_statistics,
    is_mapped,
    not_finite,
    release,
    statistics,
    stretches,
)

SMAPS = Path("/proc/self/smaps")


@pytest.fixture
def panel():
    return np.random.default_rng(0).normal(5, 3, size=(50, 6, 4)).astype(np.float32)


@pytest.fixture
def on_disk(panel, tmp_path):
    """Return a function that writes an array to a file and maps it."""

    def write(array, mode="r"):
        np.save(tmp_path / "panel.npy", array)
        return np.load(tmp_path / "panel.npy", mmap_mode=mode)

    return write


@pytest.fixture
def short(monkeypatch):
    """Make stretches of seven clips."""
    monkeypatch.setattr(_stretches, "STRETCH", 7 * 6 * 4 * 4)


def resident(path):
    """Return how many kB of a file this process holds in memory."""
    lines = SMAPS.read_text().splitlines()
    starts = [i for i, line in enumerate(lines) if line.endswith(str(path))]
    return sum(int(next(line for line in lines[i:] if line.startswith("Rss:")).split()[1]) for i in starts)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("rows", [None, np.arange(49, -1, -3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_stretches_are_the_panel(panel, on_disk, rows, dtype):
    X = on_disk(panel.astype(dtype))
    parts = list(stretches(X, rows))
    assert max(len(part) for _, part in parts) == 7
    assert {part.dtype for _, part in parts} == {np.dtype(np.float32)}
    expected = panel if rows is None else panel[rows]
    assert np.array_equal(np.concatenate([part for _, part in parts]), expected)
    assert all(np.array_equal(expected[where], part) for where, part in parts)


@pytest.mark.usefixtures("short")
def test_stretches_hold_whole_batches(panel):
    assert [len(part) for _, part in stretches(panel, multiple_of=3)] == [6] * 8 + [2]
    assert [len(part) for _, part in stretches(panel, multiple_of=20)] == [20, 20, 10]


def test_views_of_a_map_are_mapped_too(panel, on_disk):
    X = on_disk(panel)
    for view in (X, X[3:9], np.asarray(X), np.asarray(X)[::2].reshape(25, -1)):
        assert is_mapped(view)
    for other in (panel, X + 1, X[[1, 2]], pickle.loads(pickle.dumps(X)), None, [1.0]):
        assert not is_mapped(other)


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux says what is resident")
@pytest.mark.parametrize("mode", ["r", "r+"])
def test_released_pages_are_no_longer_resident(tmp_path, mode):
    np.save(tmp_path / "big.npy", np.ones((4, 1000, 1000), dtype=np.float32))
    X = np.load(tmp_path / "big.npy", mmap_mode=mode)
    view = np.asarray(X)[1:]
    assert np.sum(view) == 3_000_000
    assert resident(tmp_path / "big.npy") > 10_000
    release(view)
    assert resident(tmp_path / "big.npy") < 500
    assert np.sum(view) == 3_000_000


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_nothing_written_is_lost(panel, on_disk, mode):
    X = on_disk(panel, mode)
    X[:] = 7
    release(X)
    assert np.all(X == 7)


@pytest.mark.usefixtures("short")
def test_statistics_are_those_of_all_rows_at_once(panel, on_disk):
    rows, weights = np.arange(3, 47), np.linspace(0.5, 1.5, 50).astype(np.float32)
    expected = StandardScaler().fit(panel[rows].reshape(-1, 4), sample_weight=np.repeat(weights[rows], 6))
    found, mapped = statistics(panel, rows, weights), statistics(on_disk(panel), rows, weights)
    assert_allclose(found["mean"], expected.mean_, rtol=1e-6)
    assert_allclose(found["variance"], expected.var_, rtol=1e-6)
    assert all(np.array_equal(found[name], mapped[name]) for name in found)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_clips_that_are_not_finite_are_found_wherever_they_lie(panel, on_disk, bad):
    X = panel.astype(np.float64)
    X[[0, 20, 49], 2, 1] = bad
    assert not_finite(on_disk(X)).tolist() == [0, 20, 49]


def test_a_finite_panel_whose_sum_is_not_finite(panel):
    panel[:2] = 3e38
    assert not_finite(panel).tolist() == []


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("is_on_disk", [False, True])
@pytest.mark.parametrize("weights", [np.ones(50), np.arange(50) % 3 + 1.0], ids=["even", "uneven"])
def test_the_branch_is_standardised_by_clips(panel, on_disk, weights, is_on_disk):
    rows, frames = np.arange(0, 50, 3), slice(1, 5)
    numbers = statistics(panel, rows, weights)
    found = branch_statistics(on_disk(panel) if is_on_disk else panel, rows, weights, frames, **numbers)
    x = (panel[rows, frames] - numbers["mean"]) / np.sqrt(numbers["variance"])
    of_clips = np.concatenate([x.mean(axis=1), x.std(axis=1), np.diff(x, axis=1).std(axis=1)], axis=1)
    mean = np.average(of_clips, axis=0, weights=weights[rows])
    assert_allclose(found["branch_mean"], mean, rtol=1e-6, atol=1e-9)
    variance = np.average((of_clips - mean) ** 2, axis=0, weights=weights[rows])
    assert_allclose(found["branch_variance"], variance, rtol=1e-6)


def test_what_no_clip_differs_in_is_not_blown_up(panel):
    same = np.repeat(panel[:1], 5, axis=0)
    numbers = statistics(same, np.arange(5), np.ones(5))
    found = branch_statistics(same, np.arange(5), np.ones(5), slice(None), **numbers)
    assert_allclose(found["branch_variance"], 1e-4)


def test_one_frame_takes_no_steps():
    panel = np.random.default_rng(0).normal(size=(5, 1, 2))
    numbers = branch_statistics(
        panel, np.arange(5), np.ones(5, dtype=np.float32), slice(None), mean=np.zeros(2), variance=np.ones(2)
    )
    np.testing.assert_allclose(numbers["branch_mean"], [*panel.mean(axis=(0, 1)), 0, 0, 0, 0], atol=1e-6)
    assert np.isfinite(numbers["branch_variance"]).all()
