import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate

from skvoicefake._groups import connected_groups
from skvoicefake.model_selection import SpoofGroupKFold

Y = np.tile(["real", "fake", "fake"], 40)
SPEAKERS = np.repeat([f"s{i}" for i in range(12)], 10)
TABLE = pd.DataFrame({"speaker": SPEAKERS, "sentence": [f"t{i // 20}" for i in range(120)]})


def folds_of(cv, y, groups):
    """Check that every clip is tested once, by whole groups and all classes, and return the fold of each."""
    fold = np.full(len(y), -1)
    sets = connected_groups(groups)
    splits = list(cv.split(np.zeros(len(y)), y, groups))
    assert len(splits) == cv.get_n_splits()
    for i, (train, test) in enumerate(splits):
        assert sorted([*train, *test]) == list(range(len(y)))
        assert not set(sets[train]) & set(sets[test])
        assert set(y[train]) == set(y[test]) == set(y)
        assert (fold[test] == -1).all()
        fold[test] = i
    assert (fold >= 0).all()
    return fold


@pytest.mark.parametrize(
    "groups",
    [SPEAKERS, SPEAKERS.tolist(), pd.Series(SPEAKERS, index=range(7, 127)), TABLE, TABLE.to_numpy(), np.arange(120)],
    ids=["array", "list", "series", "table", "2-D", "clips"],
)
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("n_splits", [2, 5])
def test_every_clip_is_tested_once_by_whole_groups(groups, shuffle, n_splits):
    folds_of(SpoofGroupKFold(n_splits, shuffle=shuffle, random_state=0 if shuffle else None), Y, groups)


@st.composite
def clips(draw):
    """Draw labels of both classes, a table of keys some of which are not known, and a number of folds."""
    n, n_keys = draw(st.integers(4, 30)), draw(st.integers(1, 3))
    y = draw(st.lists(st.sampled_from(["real", "fake"]), min_size=n, max_size=n).filter(lambda y: len(set(y)) == 2))
    values = st.sampled_from([*"abcdefghijklm", None, "-", ""])
    keys = [draw(st.lists(values, min_size=n, max_size=n)) for _ in range(n_keys)]
    return np.array(y), pd.DataFrame(dict(zip("uvw", keys, strict=False))), draw(st.integers(2, 6))


def can_be_split(y, sets, n_splits):
    """Tell whether sets can be dealt to folds so that each has both classes, by dealing them out."""
    classes = [set(y[sets == i]) for i in range(np.max(sets) + 1)]
    n_both = sum(len(c) == 2 for c in classes)
    n_single = [sum(c == {label} for c in classes) for label in ("real", "fake")]
    return n_both + min(n_single) >= n_splits


@given(clips(), st.integers(0, 3))
def test_splits_whatever_can_be_split_and_says_why_else(drawn, seed):
    y, table, n_splits = drawn
    cv = SpoofGroupKFold(n_splits, random_state=seed)
    if can_be_split(y, connected_groups(table), n_splits):
        fold = folds_of(cv, y, table)
        np.testing.assert_array_equal(folds_of(cv, y, table), fold)
    else:
        with pytest.raises(ValueError, match=rf"cannot make n_splits={n_splits} folds: .* the groups tie"):
            list(cv.split(y, y, table))


@given(st.permutations(range(120)))
def test_folds_follow_clips_and_not_names(order):
    cv, order = SpoofGroupKFold(4, shuffle=False), np.array(order)
    renamed = pd.Series(SPEAKERS[order]).map(lambda name: f"other {name[::-1]}")
    np.testing.assert_array_equal(folds_of(cv, Y[order], SPEAKERS[order]), folds_of(cv, Y[order], renamed))
    np.testing.assert_array_equal(
        folds_of(cv, Y[order], SPEAKERS[order]), folds_of(cv, (Y[order] == "real").astype(int), renamed)
    )


@pytest.mark.parametrize("seed", range(5))
def test_classes_have_nearly_the_same_share_in_every_fold(seed):
    """Speakers of unlike size and balance: what is left of imbalance is less than the largest speaker's share."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(60), rng.integers(5, 80, 60))
    is_fake = rng.random(len(speakers)) < rng.random(60)[speakers]
    y = np.where(is_fake, "fake", "real")
    fold = folds_of(SpoofGroupKFold(5, random_state=seed), y, speakers)
    for label in ("real", "fake"):
        shares = np.bincount(fold[y == label], minlength=5) / np.sum(y == label)
        assert np.abs(shares - 0.2).max() < 0.02


def test_a_class_in_few_groups_is_in_every_fold():
    """Three speakers have real clips, and each is far larger with fakes than the others."""
    groups = np.repeat(np.arange(20), [50, 50, 50] + [2] * 17)
    y = np.where(np.isin(np.arange(len(groups)), [0, 50, 100]), "real", "fake")
    folds_of(SpoofGroupKFold(3, random_state=0), y, groups)


def test_more_than_two_classes():
    y = np.tile(["real", "A01", "A02", "A03"], 30)
    folds_of(SpoofGroupKFold(5, random_state=0), y, np.repeat(np.arange(12), 10))
    with pytest.raises(ValueError, match="found no n_splits=2 folds with all 3 classes in each"):
        # Two sets of each class, but the one of "a" and "b" with a "c" leaves no two whole folds.
        list(SpoofGroupKFold(2).split(np.zeros(6), list("abacbc"), [0, 0, 1, 1, 2, 2]))


def test_seeds():
    folds = [folds_of(SpoofGroupKFold(5, random_state=seed), Y, np.arange(120)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(folds[0], folds[1])
    assert (folds[0] != folds[2]).any()
    rng = np.random.RandomState(0)
    np.testing.assert_array_equal(folds_of(SpoofGroupKFold(5, random_state=rng), Y, np.arange(120)), folds[0])
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the caller's state is what must not move
    folds_of(SpoofGroupKFold(5, random_state=0), Y, SPEAKERS)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize(
    ("y", "groups", "n_splits", "message"),
    [
        (Y, None, 5, "SpoofGroupKFold needs groups: what must stay on one side"),
        (None, SPEAKERS, 5, "SpoofGroupKFold needs y"),
        (["real"] * 120, SPEAKERS, 5, r"needs clips of two classes, y has only \['real'\]"),
        (Y, SPEAKERS[:100], 5, "inconsistent numbers of samples"),
        (np.linspace(0, 1, 120), SPEAKERS, 5, "Unknown label type: continuous"),
        (Y, SPEAKERS, 1, "n_splits' parameter of SpoofGroupKFold must be an int in the range"),
        (Y, ["a"] * 120, 2, r"the groups tie all 120 clips together\. Leave out a key"),
        (Y, SPEAKERS, 13, r"12 sets .*\(0 'fake', 0 'real', 12 of several classes; the largest holds 8%.*n_splits=12"),
        (Y, Y, 2, r"2 sets .*\(1 'fake', 1 'real', 0 of several classes; the largest holds 67%"),
        (
            Y,
            TABLE.assign(sex=np.arange(120) % 2),
            2,
            r"together\. Without 'speaker' 1 sets, no split; without 'sentence' 1 sets, no split; without 'sex' 6 sets,"
            " 6 folds",
        ),
        (Y, TABLE.assign(group="a"), 2, r"tie all 120 clips together\. Leave out a key"),
    ],
)
def test_says_why_there_is_no_split(y, groups, n_splits, message):
    with pytest.raises(ValueError, match=message):
        list(SpoofGroupKFold(n_splits).split(np.zeros(120), y, groups))


def test_is_a_splitter_as_scikit_learn_has_them():
    cv = SpoofGroupKFold(3, random_state=7)
    assert repr(cv) == "SpoofGroupKFold(n_splits=3, random_state=7, shuffle=True)"
    assert clone(cv, safe=False).get_n_splits() == 3
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=cv)
    assert clone(search).cv.random_state == 7


class FromGroups(DummyClassifier):
    """Notes who is in training, and fails where the test holds anyone of them."""

    def fit(self, X, y):
        self.speakers_ = set(X[:, 0])
        return super().fit(X, y)

    def predict(self, X):
        assert not self.speakers_ & set(X[:, 0])
        return super().predict(X)


@pytest.fixture(params=[False, True], ids=["plain", "routing"])
def given_groups(request):
    """Return how to hand groups to scikit-learn's functions, with metadata routing and without."""
    from sklearn import config_context

    with config_context(enable_metadata_routing=request.param):
        yield lambda groups: {"params": {"groups": groups}} if request.param else {"groups": groups}


@pytest.mark.parametrize("groups", [SPEAKERS, TABLE, TABLE.to_numpy(dtype=object)], ids=["array", "table", "2-D"])
def test_works_as_cv(given_groups, groups):
    X = np.column_stack([connected_groups(groups), np.arange(120)])
    cv = SpoofGroupKFold(3, random_state=0)
    assert len(cross_val_score(FromGroups(), X, Y, cv=cv, **given_groups(groups))) == 3
    assert len(cross_val_predict(FromGroups(), X, Y, cv=cv, **given_groups(groups))) == 120
    search = GridSearchCV(FromGroups(), {"strategy": ["prior", "most_frequent"]}, cv=cv, error_score="raise")
    search.fit(X, Y, groups=groups)
    assert search.n_splits_ == 3


def test_groups_reach_a_search_in_a_validation_by_routing():
    from sklearn import config_context

    X = np.random.default_rng(0).normal(size=(120, 2))
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=SpoofGroupKFold(2), error_score="raise")
        scores = cross_validate(
            search, X, Y, cv=SpoofGroupKFold(3), params={"groups": TABLE}, error_score="raise", return_estimator=True
        )
    assert len(scores["estimator"]) == 3
