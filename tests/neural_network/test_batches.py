import numpy as np
import pytest

from skvoicefake.neural_network._batches import Batches


def batches(seed: int | None = None) -> Batches:
    panel = np.arange(10, dtype=np.float32).reshape(10, 1, 1)
    return Batches(
        panel,
        np.arange(10) % 2,
        np.arange(10, dtype=np.float32) / 10,
        3,
        None,
        np.array([1, 2, 3, 5, 6, 7, 8]),
        seed=seed,
    )


def rows(sequence: Batches) -> list[int]:
    return [int(row) for i in range(len(sequence)) for row in sequence[i][0].ravel()]


def test_without_a_seed_rows_come_in_order():
    sequence = batches()
    sequence.on_epoch_end()
    assert [len(sequence[i][0]) for i in range(len(sequence))] == [3, 3, 1]
    assert rows(sequence) == [1, 2, 3, 5, 6, 7, 8]


def test_with_a_seed_every_epoch_has_its_own_order_of_the_same_rows():
    sequence = batches(seed=0)
    orders = []
    for _ in range(3):
        orders.append(rows(sequence))
        sequence.on_epoch_end()
    assert all(sorted(order) == [1, 2, 3, 5, 6, 7, 8] for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_the_seed_alone_fixes_the_order():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = batches(0), batches(0), batches(1)
    assert rows(first) == rows(again) != rows(other)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("seed", [None, 3])
def test_targets_and_weights_go_with_their_clips(seed):
    sequence = batches(seed)
    for i in range(len(sequence)):
        panel, targets, weights = sequence[i]
        assert np.array_equal(targets, panel.ravel() % 2)
        assert np.array_equal(weights, panel.ravel() / np.float32(10))
        assert {panel.dtype, targets.dtype, weights.dtype} == {np.dtype(np.float32)}


def test_batches_are_standardised_and_the_panel_is_not():
    panel = np.random.default_rng(0).normal(size=(5, 4, 2)).astype(np.float32)
    before, mean, scale = panel.copy(), np.array([1, -2], dtype=np.float32), np.array([2, 0.5], dtype=np.float32)
    sequence = Batches(panel, np.zeros(5, int), np.ones(5, np.float32), 2, (mean, scale), np.array([0, 4, 3]))
    assert np.array_equal(sequence[0][0], (panel[[0, 4]] - mean) / scale)
    assert np.array_equal(sequence[1][0], (panel[[3]] - mean) / scale)
    assert np.array_equal(panel, before)
