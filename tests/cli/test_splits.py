import numpy as np
import pytest

from skvoicefake.cli._splits import hold_out, search_folds

Y = np.tile(["real", "fake", "fake"], 20)
GROUPS = np.repeat([f"s{i}" for i in range(10)], 6)


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["clips", "groups"])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_holds_out_both_classes_and_whole_groups(groups, share):
    train, test = hold_out(Y, groups, share, seed=0)
    assert sorted([*train, *test]) == list(range(60))
    assert len(test) == share * 60
    assert set(Y[train]) == set(Y[test]) == {"real", "fake"}
    if groups is not None:
        assert not set(groups[train]) & set(groups[test])
    again = hold_out(Y, groups, share, seed=0)
    np.testing.assert_array_equal(again[1], test)


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3, 0.35, 0.4, 0.45])
@pytest.mark.parametrize("has_both", [True, False])
def test_holds_out_the_share_that_is_asked_for(share, has_both):
    """Of 40 groups alike, of one class each or of both."""
    y, groups = np.tile(["real", "fake"], 80), np.repeat(np.arange(40), 4).astype(str)
    y = y if has_both else np.sort(y)
    train, test = hold_out(y, groups, share, seed=0)
    assert len(test) == round(share * 160)
    assert not set(groups[train]) & set(groups[test])
    for label in ("real", "fake"):
        assert np.mean(y[test] == label) == pytest.approx(0.5)


def test_holds_out_what_comes_near_where_groups_are_few():
    y, groups = np.tile(["real", "fake"], 30), np.repeat(["a", "b", "c"], 20)
    for share in (0.01, 0.1, 0.3, 0.45):
        assert len(hold_out(y, groups, share, seed=0)[1]) == 20
    # Two speakers of fakes and a hundred that are real: no less than one of the two.
    y = np.array(["fake"] * 20 + ["real"] * 100)
    groups = np.array(["x", "y"] * 10 + [f"r{i}" for i in range(100)])
    test = hold_out(y, groups, 0.2, seed=0)[1]
    assert sum(y[test] == "fake") == 10
    assert sum(y[test] == "real") == pytest.approx(20, abs=2)


def test_holds_out_nothing():
    train, test = hold_out(Y, GROUPS, 0, seed=0)
    assert len(train) == 60
    assert len(test) == 0


@pytest.mark.parametrize(
    ("y", "groups", "message"),
    [
        (["real", "fake", "fake"], None, "too few clips to hold some out: a class has 1"),
        (["real", "fake"] * 5, ["a"] * 10, "no part of the 1 groups can be held out"),
        (["real", "fake"] * 5, ["a", "b"] * 5, "no part of the 2 groups can be held out"),
    ],
)
def test_says_when_nothing_can_be_held_out(y, groups, message):
    with pytest.raises(ValueError, match=message):
        hold_out(np.array(y), None if groups is None else np.array(groups), 0.2, seed=0)


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["clips", "groups"])
def test_folds_of_a_search(groups):
    folds = search_folds(Y, groups, 3, seed=0)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))
    for train, test in folds:
        assert set(Y[train]) == set(Y[test]) == {"real", "fake"}
        if groups is not None:
            assert not set(groups[train]) & set(groups[test])
    with pytest.raises(ValueError, match="--search needs 3 folds with real and fake clips in each"):
        search_folds(Y[:5], None if groups is None else GROUPS[:5], 3, seed=0)
