import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from skvoicefake._groups import connected_groups
from skvoicefake.model_selection import LeaveOneAttackOut

# Ten speakers; each has real clips and fakes of two of three attacks.
SPEAKERS = np.repeat([f"s{i}" for i in range(10)], 12)
ATTACK = np.array([["-", "A01", "A02", "A03"][0 if i % 12 < 4 else 1 + (i // 12 + i % 2) % 3] for i in range(120)])
Y = np.where(ATTACK == "-", "real", "fake")
CLIPS = pd.DataFrame({"attack": ATTACK, "speaker": SPEAKERS})


def attack_splits(cv, y, groups, attack, keys):
    """Check every split of attacks, and return them with the name of the attack."""
    sets, attack = connected_groups(keys), np.asarray(attack)
    names = sorted(set(attack[(y == "fake") & (attack != "-")]))
    splits = list(cv.split(y, y, groups))
    assert len(splits) == cv.get_n_splits(y, y, groups) == len(names)
    for name, (train, test) in zip(names, splits, strict=True):
        assert set(y[train]) == set(y[test]) == {"real", "fake"}
        assert set(attack[test][y[test] == "fake"]) == {name}
        assert not {name, "-"} & set(attack[train][y[train] == "fake"])
        assert not set(sets[train]) & set(sets[test])
        # Whatever is of another group, and not of the attack, trains.
        may = ~np.isin(sets, sets[test]) & ((y == "real") | ((attack != name) & (attack != "-")))
        np.testing.assert_array_equal(train, np.flatnonzero(may))
    return list(zip(names, splits, strict=True))


def test_no_attack_nor_group_of_the_test_is_in_training():
    cv = LeaveOneAttackOut(random_state=0)
    for name, (_, test) in attack_splits(cv, Y, CLIPS, ATTACK, SPEAKERS):
        held = set(SPEAKERS[test])
        assert len(held) == 2
        of_attack = np.isin(SPEAKERS, list(held)) & np.isin(ATTACK, ["-", name])
        np.testing.assert_array_equal(test, np.flatnonzero(of_attack))


def test_all_fakes_of_an_attack_are_tested_where_groups_do_not_tie_them():
    for groups in (CLIPS[["attack"]], CLIPS.assign(speaker=np.where(Y == "real", SPEAKERS, "-"))):
        for name, (_, test) in attack_splits(
            LeaveOneAttackOut(), Y, groups, ATTACK, groups.iloc[:, 1:].assign(i=range(120))
        ):
            assert set(np.flatnonzero(np.isin(ATTACK, [name]))) <= set(test)
            assert 0 < np.sum(Y[test] == "real") < np.sum(Y == "real") / 2


@pytest.mark.parametrize("seed", range(5))
def test_an_attack_is_tested_where_most_of_it_is(seed):
    attack = np.where((Y == "fake") & (SPEAKERS == "s3"), "A09", ATTACK)
    attack[[20, 70]] = "A09"
    splits = attack_splits(LeaveOneAttackOut(random_state=seed), Y, CLIPS.assign(attack=attack), attack, SPEAKERS)
    _, test = dict(splits)["A09"]
    assert "s3" in SPEAKERS[test]


@st.composite
def clips(draw):
    n = draw(st.integers(6, 40))
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(["-", "A01", "A02", "A03"]), st.sampled_from([*"abcdefghijkl", "-"])),
            min_size=n,
            max_size=n,
        )
    )
    attack, group = (np.array(column) for column in zip(*rows, strict=True))
    y = np.where(attack == "-", "real", "fake")
    # A few fakes that nothing is known of.
    y[draw(st.lists(st.integers(0, n - 1), max_size=2))] = "fake"
    return y, attack, group


@given(clips(), st.integers(2, 4), st.integers(0, 3))
def test_splits_by_attack_hold_or_say_why_not(drawn, n_folds, seed):
    y, attack, group = drawn
    assume(len(set(y)) == 2)
    table, cv = pd.DataFrame({"attack": attack, "g": group}), LeaveOneAttackOut(n_folds=n_folds, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*fakes whose attack is not known")
        try:
            attack_splits(cv, y, table, attack, group)
        except ValueError as error:
            assert str(error).startswith("LeaveOneAttackOut ")  # noqa: PT017 - both ends are right


def test_no_part_without_real_clips_is_needed_where_fakes_are_few():
    """One speaker a fake voice: fewer sets of fakes than parts."""
    y = np.repeat(["real", "fake"], [50, 30])
    attack = np.repeat(["-", "A01", "A02"], [50, 15, 15])
    group = np.concatenate([np.arange(50) // 2, np.repeat([100, 101], 15)])
    table = pd.DataFrame({"attack": attack, "speaker": group})
    for name, (train, test) in attack_splits(LeaveOneAttackOut(), y, table, attack, group):
        assert np.sum(attack[test] == name) == 15
        assert np.sum(y[test] == "real") == 10
        assert np.sum(y[train] == "fake") == 15


@pytest.mark.parametrize("unknown", ["-", "", None, np.nan, "unknown"])
def test_fakes_of_unknown_attack_are_left_out(unknown):
    attack = ATTACK.astype(object)
    attack[[5, 17]] = unknown
    with pytest.warns(UserWarning, match="leaves out 2 fakes whose attack is not known"):
        splits = list(LeaveOneAttackOut().split(Y, Y, CLIPS.assign(attack=attack)))
    assert len(splits) == 3
    for train, test in splits:
        assert not {5, 17} & {*train, *test}


def test_a_generator_may_be_called_after_nature():
    other = CLIPS.assign(attack=np.where(ATTACK == "A02", "natural_speech_2", ATTACK))
    assert LeaveOneAttackOut().get_n_splits(Y, Y, other) == 3


@pytest.mark.parametrize("of_real", ["-", "bonafide", "a00", None, "A01"])
def test_what_is_said_of_real_clips_does_not_matter(of_real):
    other = CLIPS.assign(attack=np.where(Y == "real", of_real, ATTACK))
    for one, two in zip(
        LeaveOneAttackOut(random_state=0).split(Y, Y, CLIPS),
        LeaveOneAttackOut(random_state=0).split(Y, Y, other),
        strict=True,
    ):
        np.testing.assert_array_equal(np.concatenate(one), np.concatenate(two))


@pytest.mark.parametrize("real", [0, 1])
def test_labels_that_are_no_words_of_the_field(real):
    y = np.where(Y == "real", real, 1 - real)
    for one, two in zip(
        LeaveOneAttackOut(random_state=0).split(Y, Y, CLIPS),
        LeaveOneAttackOut(random_state=0).split(y, y, CLIPS),
        strict=True,
    ):
        np.testing.assert_array_equal(np.concatenate(one), np.concatenate(two))


@pytest.mark.parametrize(
    ("y", "groups", "parameters", "message"),
    [
        (Y, None, {}, r"needs the attack of every clip: a column 'attack' of a table .* or attack=\.\.\. through"),
        (Y, SPEAKERS, {}, "needs the attack of every clip"),
        (Y, CLIPS, {"attack": "method"}, "needs the attack of every clip: a column 'method'"),
        (Y, CLIPS.assign(attack="A01"), {}, r"two attacks or more, found \['A01'\]"),
        (Y, CLIPS.assign(attack="-"), {}, "two attacks or more, found none that is known"),
        (Y, CLIPS, {"n_folds": 11}, "no n_folds=11 parts with real clips in each: .* 10 sets .* Take n_folds=10, or"),
        (Y, CLIPS.assign(speaker="s"), {}, r"no n_folds=5 parts .* tie all 120 clips together\. Leave out a key"),
        (Y, CLIPS, {"n_folds": 1}, "'n_folds' parameter of LeaveOneAttackOut must be an int in the range"),
        (
            np.arange(120) % 2,
            CLIPS.assign(attack=ATTACK[::-1]),
            {},
            "which of the labels .* clips of both have an attack",
        ),
        (np.arange(120) % 3, CLIPS, {}, r"two classes, real and fake, got \[0, 1, 2\]"),
        (Y, CLIPS.assign(speaker=np.where(Y == "real", SPEAKERS, "tts")), {}, "no fakes of other attacks than 'A01'"),
    ],
)
def test_says_why_there_is_no_split_by_attack(y, groups, parameters, message):
    with pytest.raises(ValueError, match=message):
        list(LeaveOneAttackOut(**parameters).split(y, y, groups))


def test_attacks_can_be_passed_by_themselves():
    one = list(LeaveOneAttackOut(random_state=0).split(Y, Y, CLIPS))
    for groups in (SPEAKERS, CLIPS.assign(attack="other")):
        two = list(LeaveOneAttackOut(random_state=0).split(Y, Y, groups, attack=ATTACK))
        for (train, test), (train2, test2) in zip(one, two, strict=True):
            np.testing.assert_array_equal(train, train2)
            np.testing.assert_array_equal(test, test2)
    with pytest.raises(ValueError, match=r"one attack a clip, got attack of shape \(120, 2\)"):
        list(LeaveOneAttackOut().split(Y, Y, SPEAKERS, attack=CLIPS))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        list(LeaveOneAttackOut().split(Y, Y, SPEAKERS, attack=ATTACK[:3]))


def test_works_as_cv():
    cv = LeaveOneAttackOut(random_state=1)
    assert repr(cv) == repr(clone(cv, safe=False)) == "LeaveOneAttackOut(attack='attack', n_folds=5, random_state=1)"
    X = np.zeros((120, 1))
    assert len(cross_val_score(DummyClassifier(), X, Y, cv=cv, groups=CLIPS)) == 3
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=cv, error_score="raise")
    assert search.fit(X, Y, groups=CLIPS).n_splits_ == 3
    with config_context(enable_metadata_routing=True):
        for params in ({"groups": CLIPS}, {"groups": SPEAKERS, "attack": ATTACK}):
            assert len(cross_val_score(DummyClassifier(), X, Y, cv=cv, params=params)) == 3
            assert search.fit(X, Y, **params).n_splits_ == 3
