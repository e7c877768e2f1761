import gc
import weakref

import numpy as np
import pytest

from skvoicefake.neural_network._batches import Batches, Masks, crop_starts


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


@pytest.mark.parametrize(
    ("n_frames", "width", "n_crops", "starts"),
    [
        (10, 10, 4, (0,)),
        (10, 4, 1, (3,)),
        (10, 4, 2, (0, 6)),
        (10, 4, 3, (0, 3, 6)),
        (10, 4, 4, (0, 2, 4, 6)),
        (10, 8, 9, (0, 1, 2)),
    ],
)
def test_crops_are_evenly_spaced_and_none_is_taken_twice(n_frames, width, n_crops, starts):
    assert crop_starts(n_frames, width, n_crops) == starts


def cropping(seed, n_frames=4, dtype=np.float32, **options):
    """Make batches of clips that count their frames, clip 1 from 100, clip 2 from 200, ..."""
    panel = (100 * np.arange(7)[:, np.newaxis] + np.arange(10))[:, :, np.newaxis].astype(dtype)
    return Batches(
        panel,
        np.arange(7),
        np.ones(7, np.float32),
        3,
        None,
        np.array([1, 2, 4, 6]),
        seed=seed,
        n_frames=n_frames,
        **options,
    )


def shown(sequence):
    """Return where the crop of every clip begins in an epoch."""
    clips = [(clip[:, 0], target) for i in range(len(sequence)) for clip, target in zip(*sequence[i][:2], strict=True)]
    for clip, target in clips:
        assert clip[0] // 100 == target
        assert np.array_equal(np.diff(clip), [1] * (len(clip) - 1))
    return [(int(target), int(clip[0]) % 100) for clip, target in clips]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_shows_another_crop_every_epoch(dtype):
    sequence, starts = cropping(0, dtype=dtype), []
    assert sequence[0][0].shape == (3, 4, 1)
    assert sequence[0][0].dtype == np.float32
    for _ in range(40):
        starts.append(dict(shown(sequence)))
        sequence.on_epoch_end()
    assert all(set(epoch) == {1, 2, 4, 6} for epoch in starts)
    assert {start for epoch in starts for start in epoch.values()} == set(range(7))


def test_a_batch_that_is_asked_for_twice_is_the_same():
    """Keras does so at the start of every training."""
    sequence = cropping(0, masks=Masks(1, 0, 0.5))
    assert all(np.array_equal(a, b) for a, b in zip(sequence[1], sequence[1], strict=True))


def test_the_seed_alone_fixes_crops_and_masks():
    masks = Masks(2, 1, 0.5)
    first, again, other = (np.concatenate([cropping(seed, masks=masks)[i][0] for i in (0, 1)]) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_clips_held_back_show_all_crops_and_no_masks():
    sequence = cropping(None, n_crops=3, masks=Masks(5, 5, 1.0, 7.0))
    assert len(sequence) == 4
    assert shown(sequence) == [(clip, start) for clip in (1, 2, 4, 6) for start in (0, 3, 6)]


def test_crops_and_masks_leave_the_first_order_as_it_was():
    plain, order = cropping(3, n_frames=None), np.random.RandomState(3).permutation([1, 2, 4, 6])
    for sequence in (plain, cropping(3), cropping(3, masks=Masks(1, 1, 0.5))):
        assert np.array_equal(sequence.rows, order)


def test_masks_hide_stretches_of_frames_and_bands_of_coefficients():
    masks, rng = Masks(1, 1, 0.3, 5.0), np.random.RandomState(0)
    drawn = masks.draw(rng, 400, (20, 10))
    clips = np.zeros((400, 20, 10), dtype=np.float32)
    masks.put(clips, drawn)
    frames, bands = (clips == 5).all(axis=2), (clips == 5).all(axis=1)
    assert np.array_equal(clips == 5, frames[:, :, np.newaxis] | bands[:, np.newaxis])
    for hidden, widest in ((frames, 6), (bands, 3)):
        counts = hidden.sum(axis=1)
        assert set(counts) == set(range(widest + 1))
        # In one piece: no more than one step up.
        assert (np.diff(np.pad(hidden, ((0, 0), (1, 0))).astype(int), axis=1) == 1).sum(axis=1).max() == 1
        assert hidden.any(axis=0).all()


def test_of_few_coefficients_one_can_be_hidden():
    ((_, _), (starts, ends)) = Masks(0, 1, 0.15).draw(np.random.RandomState(0), 100, (30, 6))
    assert set((ends - starts).ravel().tolist()) == {0, 1}


def test_masked_frames_take_the_mean_whether_or_not_the_batch_is_standardised():
    panel = np.random.default_rng(0).normal(size=(5, 8, 3)).astype(np.float32)
    mean, scale = np.array([1, -2, 3], np.float32), np.array([2, 0.5, 1], np.float32)
    common = panel, np.zeros(5, int), np.ones(5, np.float32), 5
    inside = Batches(*common, (mean, scale), np.arange(5), seed=0, masks=Masks(2, 1, 0.5, 0.0))[0][0]
    outside = Batches(*common, None, np.arange(5), seed=0, masks=Masks(2, 1, 0.5, mean))[0][0]
    assert np.array_equal(inside, (outside - mean) / scale)
    assert 0 < np.mean(inside == 0) < 1


@pytest.mark.parametrize("early_stopping", [False, True])
def test_nothing_holds_the_panel_after_training(tiny, make_panel, early_stopping):
    """TensorFlow keeps the batches of every fit, and a search in one process has hundreds."""
    X, y = make_panel()
    held = weakref.ref(X)
    clf = tiny(early_stopping=early_stopping, validation_fraction=0.5).fit(X, y)
    clf.predict_proba(X)
    del X
    gc.collect()
    assert held() is None
