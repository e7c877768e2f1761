import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from skvoicefake._groups import balanced_folds
from skvoicefake.model_selection._small_model import N_FLIPS, Clips, basis, cross_validate, transfer, weighted_auc

N_CLIPS = 120
EVERY = np.ones(N_CLIPS, dtype=bool)


@pytest.fixture
def clips():
    rng = np.random.default_rng(0)
    groups = np.arange(N_CLIPS) // 3
    return Clips(rng.random(N_CLIPS) < 0.4, groups, groups % 4)


def features(clips, seed=0):
    """Two features, the first of which tells something, the second of ties."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=len(clips.groups)) + clips.is_second
    return np.hstack([basis(first, EVERY), basis(rng.integers(0, 3, len(clips.groups)), EVERY)])


def area_by_hand(judged, clips, weights=None):
    """Return the share of pairs in one fold that are in order; ties count half."""
    weights = np.ones(len(clips.groups)) if weights is None else weights
    in_order = n_pairs = 0.0
    for fold in np.unique(clips.folds):
        here = clips.folds == fold
        if len(np.unique(clips.is_second[here & (weights > 0)])) < 2:
            continue
        n = weights[here & clips.is_second].sum() * weights[here & ~clips.is_second].sum()
        in_order += n * roc_auc_score(clips.is_second[here], judged.places[here], sample_weight=weights[here])
        n_pairs += n
    return in_order / n_pairs


def test_the_area_of_folds(clips):
    judged = cross_validate(features(clips), clips, clips.flips(np.random.RandomState(0)))
    assert judged.auc == pytest.approx(area_by_hand(judged, clips))
    assert 0.6 < judged.auc < 0.9
    assert judged.chance.shape == (N_FLIPS,)
    assert abs(judged.chance.mean()) < 0.05


def test_the_area_elsewhere(clips):
    test = clips._replace(is_second=clips.is_second[::-1], folds=np.zeros(N_CLIPS, dtype=int))
    X, X_test = features(clips), features(test, seed=1)
    judged = transfer(X, clips, X_test, test, test.flips(np.random.RandomState(0)))
    assert judged.auc == pytest.approx(roc_auc_score(test.is_second, judged.places))
    assert judged.auc > 0.6


@pytest.mark.parametrize("seed", range(5))
def test_the_area_with_weights(clips, seed):
    judged = cross_validate(features(clips), clips, clips.flips(np.random.RandomState(0)))
    weights = np.random.default_rng(seed).poisson(0.7, N_CLIPS).astype(float)
    found = weighted_auc(clips.is_second, None, weights, judged=judged, clips=clips)
    assert found == pytest.approx(area_by_hand(judged, clips, weights))


def test_a_resample_without_pairs_tells_nothing(clips):
    judged = cross_validate(features(clips), clips, clips.flips(np.random.RandomState(0)))
    weights = np.asarray(clips.is_second, dtype=float)
    assert weighted_auc(clips.is_second, None, weights, judged=judged, clips=clips) == 0.5


def test_a_held_out_clip_does_not_teach():
    # Labels that only the clip itself knows: one word each.
    words = np.array([f"word {i}" for i in range(N_CLIPS)], dtype=object)
    clips = Clips(np.arange(N_CLIPS) % 2 == 1, np.arange(N_CLIPS), np.arange(N_CLIPS) // 2 % 5)
    judged = cross_validate(basis(words, EVERY), clips, clips.flips(np.random.RandomState(0)))
    assert judged.auc == 0.5


def test_chance_turns_groups_of_both_classes_round(clips):
    flips = clips.flips(np.random.RandomState(0))
    assert flips.shape == (N_CLIPS // 3, N_FLIPS + 1)
    assert np.all(flips[:, 0] == 1)
    assert set(np.unique(flips)) == {-1, 1}


def test_chance_lets_groups_of_one_class_exchange_labels():
    groups = np.repeat(np.arange(40), 3)
    is_second = groups % 4 == 0
    clips = Clips(is_second, groups, groups % 5)
    flips = clips.flips(np.random.RandomState(0))
    labels = clips.labels[:, np.newaxis] * flips[groups]
    # As many groups of each class as there are, in another order nearly every time.
    assert set((labels > 0).sum(axis=0)) == {is_second.sum()}
    assert len(np.unique(labels, axis=1).T) > 0.9 * N_FLIPS


def test_draws_that_unbalance_the_folds_are_left_out():
    groups = np.repeat(np.arange(30), [20] * 10 + [1] * 20)
    is_second = groups % 2 == 0
    folds = balanced_folds(groups, is_second.astype(int), 5)
    clips = Clips(is_second, groups, folds)

    def pairs(flips):
        labels = clips.labels[:, np.newaxis] * flips[groups] > 0
        return sum(labels[folds == fold].sum(axis=0) * (~labels[folds == fold]).sum(axis=0) for fold in range(5))

    kept = pairs(clips.flips(np.random.RandomState(0)))
    rng = np.random.RandomState(0)
    own = np.where(is_second[np.searchsorted(groups, np.arange(30))], 1, -1)
    drawn = pairs(np.transpose([own * rng.permutation(own) for _ in range(200)]))
    assert np.abs(kept - kept[0]).mean() < 0.25 * np.abs(drawn - kept[0]).mean()


# Features as columns


def test_numbers_bend_in_ranks():
    numbers = np.random.default_rng(0).normal(size=N_CLIPS)
    columns = basis(numbers, EVERY)
    # Only the order counts, and what is beyond the clips to fit to is like their last.
    np.testing.assert_allclose(basis(np.exp(numbers), EVERY), columns)
    some = np.arange(N_CLIPS) < 60
    np.testing.assert_array_equal(
        basis(np.where(some, numbers, 100), some)[~some][0], basis(np.where(some, numbers, 1000), some)[~some][0]
    )


def test_words_and_few_values_are_choices():
    words = np.array(["WAV", "MP3", None, "-"] * 30, dtype=object)
    columns = basis(words, EVERY)
    assert columns.shape == (N_CLIPS, 3)
    np.testing.assert_array_equal(columns.sum(axis=1), 1)
    np.testing.assert_array_equal(columns[2::4], columns[3::4])
    # Nothing is known of a word that training has not.
    assert not basis(words, words == "WAV")[1].any()
    values = np.array([8000.0, 16_000.0, np.nan] * 40)
    np.testing.assert_array_equal(basis(values, EVERY)[:3], np.eye(3))


def test_gaps_are_a_choice_of_their_own():
    numbers = np.where(np.arange(N_CLIPS) % 3 == 0, np.nan, np.random.default_rng(0).normal(size=N_CLIPS))
    columns = basis(numbers, EVERY)
    np.testing.assert_array_equal(columns[:, -1], np.isnan(numbers))
    assert not columns[np.isnan(numbers), :-1].any()
