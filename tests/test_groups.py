import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake._groups import connected_groups, is_unknown, read_keys

KEYS = [["anna", 1], ["ben", 1], ["cleo", 2], ["cleo", 3], ["dora", 4]]


@pytest.mark.parametrize(
    "groups",
    [
        ["b", "a", "b", "c"],
        np.array(["b", "a", "b", "c"]),
        pd.Series(["b", "a", "b", "c"], index=[7, 7, 8, 9]),
        pd.Series(["b", "a", "b", "c"], dtype="category"),
        [1, "1", 1.0, 2.5],
        np.array([[3], [1], [3], [2]]),
        pd.to_datetime(["2020", "2021", "2020", "2022"]),
    ],
    ids=["list", "array", "series", "category", "mixed", "one column", "dates"],
)
def test_one_key_of_any_kind(groups):
    assert connected_groups(groups).tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    "groups",
    [KEYS, np.array(KEYS, dtype=object), np.array(KEYS), pd.DataFrame(KEYS), pd.DataFrame(KEYS, columns=["a", "b"])],
    ids=["lists", "objects", "strings", "table", "named"],
)
def test_clips_are_tied_through_others(groups):
    assert connected_groups(groups).tolist() == [0, 0, 1, 1, 2]


def test_a_column_named_group_has_the_last_word():
    table = pd.DataFrame({"speaker": ["a", "a", "b"], "group": ["x", "y", "y"]})
    assert connected_groups(table).tolist() == [0, 1, 1]
    assert list(read_keys(table)) == ["group"]


def test_one_value_of_two_keys_ties_nothing():
    assert connected_groups([["1", "2"], ["2", "1"]]).tolist() == [0, 1]


@pytest.mark.parametrize("unknown", [None, np.nan, pd.NA, pd.NaT, "", "-", " - "])
def test_what_is_not_known_ties_nothing(unknown):
    assert is_unknown(unknown)
    column = pd.Series(["a", unknown, unknown, "a"], dtype=object)
    assert connected_groups(column).tolist() == [0, 1, 2, 0]
    assert connected_groups(pd.DataFrame({"x": column, "y": [unknown, "b", "c", "c"]})).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("value", [0, 0.0, "0", "nan", False, "none", np.inf])
def test_what_is_known_ties(value):
    assert connected_groups([value, value, None]).tolist() == [0, 0, 1]


def test_nothing_gives_nothing():
    assert connected_groups([]).tolist() == []


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (pd.DataFrame(index=range(3)), "a table with columns of different names, got columns \\[\\]"),
        (pd.DataFrame(KEYS, columns=["a", "a"]), "a table with columns of different names, got columns \\['a', 'a'\\]"),
        (np.zeros((2, 2, 2)), r"expected shape \(n_clips,\), or .* got \(2, 2, 2\)"),
        ("anna", r"expected shape \(n_clips,\), or .* got \(\)"),
        (np.zeros((3, 0)), r"got \(3, 0\)"),
        ([["a"], ["b", "c"]], r"expected names or numbers, got values such as \['a'\]"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], "one name a clip, or a row of as many names for every clip"),
    ],
)
def test_what_is_no_group_is_refused(groups, message):
    with pytest.raises(ValueError, match=f"^.*groups.*{message}"):
        connected_groups(groups)


def reached(rows, start):
    """Return the rows that can be reached from one by shared values, found step by step."""
    found = {start}
    while True:
        more = {
            j
            for i in found
            for j in range(len(rows))
            if any(a == b != "-" for a, b in zip(rows[i], rows[j], strict=True))
        }
        if more <= found:
            return found
        found |= more


@given(st.integers(1, 3).flatmap(lambda k: st.lists(st.tuples(*[st.sampled_from("abcdefgh-")] * k), max_size=12)))
def test_groups_are_what_can_be_reached(rows):
    codes = connected_groups(np.array(rows, dtype=object).reshape(len(rows), -1) if rows else [])
    for i, row in enumerate(rows):
        assert set(np.flatnonzero(codes == codes[i])) == reached(rows, i), row
    # Numbered as they come.
    assert list(dict.fromkeys(codes.tolist())) == list(range(len(set(codes.tolist()))))
