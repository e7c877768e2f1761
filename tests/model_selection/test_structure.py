from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.model_selection._structure import most_folds, read_structure

Y = np.tile(["real", "fake"], 10)


@given(
    st.lists(st.sampled_from(["real", "fake", "both"]), min_size=1, max_size=5).filter(
        lambda k: set(k) - {k[0]} or k[0] == "both"
    )
)
def test_most_folds_are_what_trying_all_of_them_finds(kinds):
    rows = [
        (i, label) for i, kind in enumerate(kinds) for label in ((0, 1) if kind == "both" else (int(kind == "real"),))
    ]
    sets, targets = np.array(rows).T
    best = 0
    for dealt in product(range(len(kinds)), repeat=len(kinds)):
        classes = [{label for i, label in rows if dealt[i] == fold} for fold in set(dealt)]
        if all(len(found) == 2 for found in classes):
            best = max(best, len(classes))
    assert most_folds(sets, targets) == best


def test_most_folds_of_three_classes_is_a_bound():
    assert most_folds(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 2, 1, 2])) == 2


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        (["a"] * 20, "the groups tie all 20 clips together."),
        (
            np.arange(20) // 4,
            "the groups tie 20 clips into 5 sets that no split may part (0 'fake', 0 'real', 5 of several classes; the"
            " largest holds 20% of the clips).",
        ),
        (
            pd.DataFrame({"speaker": np.arange(20) // 4, "sex": Y}),
            "the groups tie all 20 clips together. Without 'speaker' 2 sets, no split; without 'sex' 5 sets, 5 folds.",
        ),
    ],
    ids=["one", "five", "two keys"],
)
def test_describes_what_is_tied(groups, text):
    assert read_structure(Y, groups, "A splitter").describe() == text


def test_no_groups_are_a_set_a_clip():
    for groups in (None, pd.DataFrame({"attack": Y})):
        structure = read_structure(Y, groups, "A splitter", without="attack")
        assert structure.sets.tolist() == list(range(20))


@pytest.mark.parametrize(
    ("y", "groups", "message"),
    [
        (None, Y, "A splitter needs y, the labels"),
        (["real"] * 20, Y, r"A splitter needs clips of two classes, y has only \['real'\]"),
        ([None, "real", "fake", np.nan], None, r"A splitter: y holds None or NaN at positions \[0, 3\]"),
        ([0, 1, np.nan], None, r"y holds None or NaN at positions \[2\]"),
        (Y, Y[:3], "A splitter got 20 labels and groups of 3 clips"),
    ],
)
def test_refuses(y, groups, message):
    with pytest.raises(ValueError, match=message):
        read_structure(y, groups, "A splitter")
