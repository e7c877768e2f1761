"""What holds of the plain network holds of its options: pooling, branch, crops, masks, decay, schedule, smoothing."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.utils._testing import assert_allclose

from skvoicefake.neural_network import _stretches

OPTIONS = [
    {
        "pooling": "statistics",
        "crop_frames": 7,
        "n_crops": 3,
        "spec_augment": (2, 1),
        "weight_decay": 0.1,
        "schedule": "cosine",
    },
    {"pooling": "attention", "statistics_branch": True, "label_smoothing": 0.1},
    {
        "statistics_branch": 4,
        "crop_frames": 8,
        "spec_augment": 1,
        "label_smoothing": 0.1,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "batch_norm": True,
        "bidirectional": True,
    },
]


@pytest.fixture(params=OPTIONS, ids="+".join)
def option(request):
    return request.param


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_classes_are_learned(tiny, make_panel, option, n_classes):
    X, y = make_panel(60, n_classes=n_classes)
    clf = tiny(**option, epochs=20, dropout=0.0, dense_units=16).fit(X, y)
    assert clf.score(X, y) > 0.9
    assert clf.history_["accuracy"][-1] > 0.7


def test_a_seed_gives_the_same_bits(tiny, make_panel, option, global_states):
    X, y = make_panel()
    clf = tiny(**option, epochs=2, early_stopping=True, validation_fraction=0.3)
    before = global_states()
    first, history = clf.fit(X, y).predict_proba(X), clf.history_
    # Another in between: it leaves nothing behind in what they share.
    tiny(**option, random_state=1).fit(X, y)
    again = clone(clf).fit(X, y)
    assert np.array_equal(again.predict_proba(X), first)
    assert again.history_ == history
    assert global_states() == before
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), first)


def test_a_score_does_not_depend_on_the_batch(tiny, make_panel, option):
    X, y = make_panel()
    clf = tiny(**option).fit(X, y)
    together = clf.decision_function(X)
    alone = np.concatenate([clf.decision_function(X[i : i + 1]) for i in range(len(X))])
    loud = X.copy()
    loud[0] = 1e4
    assert_allclose(alone, together, rtol=0, atol=1e-5)
    assert_allclose(clf.decision_function(loud)[1:], together[1:], rtol=0, atol=1e-6)


def test_a_panel_on_disk_is_as_good_as_one_in_memory(tiny, make_panel, tmp_path, monkeypatch, option):
    monkeypatch.setattr(_stretches, "STRETCH", 2000)
    X, y = make_panel()
    np.save(tmp_path / "panel.npy", X)
    on_disk = np.load(tmp_path / "panel.npy", mmap_mode="r")
    clf = tiny(**option, early_stopping=True)
    expected = clf.fit(X, y).predict_proba(X)
    assert np.array_equal(clf.fit(on_disk, y).predict_proba(on_disk), expected)


def test_training_goes_on(tiny, make_panel, option):
    X, y = make_panel()
    clf = tiny(**option, warm_start=True).fit(X, y)
    weights = clf.model_.get_weights()
    clf.fit(X, y)
    assert clf.n_iter_ == 2
    assert int(clf.model_.optimizer.iterations) == 2 * -(-len(X) // 16)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.02)
    cold = tiny(**option).fit(X, y)
    assert all(np.array_equal(a, b) for a, b in zip(cold.model_.get_weights(), weights, strict=True))


def test_a_network_of_ones_own_learns_the_same(tiny, make_panel, option):
    """A fit with callbacks standardises inside the model."""
    X, y = make_panel()
    own = tiny(**option, callbacks=[keras.callbacks.TerminateOnNaN()]).fit(X + 5, y)
    assert_allclose(own.predict_proba(X + 5), tiny(**option).fit(X + 5, y).predict_proba(X + 5), rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pooling", ["last", "statistics", "attention"]),
        ("statistics_branch", [False, True, 4]),
        ("crop_frames", [None, 6]),
        ("n_crops", [1, 2]),
        ("spec_augment", [0, 2, (1, 0)]),
        ("mask_width", [0.1, 0.5]),
        ("label_smoothing", [0.0, 0.1]),
        ("weight_decay", [None, 0.0, 1e-2]),
        ("schedule", [None, "cosine"]),
    ],
)
def test_a_grid_search_over_every_option(tiny, make_panel, name, values):
    X, y = make_panel()
    search = GridSearchCV(tiny(crop_frames=10, spec_augment=1), {name: values}, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_[name] in values
    assert search.predict(X).shape == (40,)


def test_crops_of_a_prediction_are_averaged_as_log_odds(tiny, make_panel):
    X, y = make_panel()
    clf = tiny(crop_frames=6, n_crops=3).fit(X, y)
    whole = tiny(crop_frames=6).fit(X, y)
    assert clf.model_.input_shape == (None, 6, 3)
    assert clf.panel_shape_ == (12, 3)
    p = [np.asarray(clf.model_(X[:, start : start + 6]))[:, 0].astype(np.float64) for start in (0, 3, 6)]
    assert_allclose(clf.decision_function(X), np.mean([np.log(q / (1 - q)) for q in p], axis=0), rtol=0, atol=1e-5)
    assert not np.array_equal(whole.decision_function(X), clf.decision_function(X))
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(12, 3\)"):
        clf.predict(X[:, :6])


def test_crops_as_long_as_the_clips_are_the_clips(tiny, make_panel):
    X, y = make_panel()
    assert np.array_equal(tiny(crop_frames=12).fit(X, y).predict_proba(X), tiny().fit(X, y).predict_proba(X))


def test_clips_held_back_are_scored_by_all_their_crops(tiny, make_panel):
    X, y = make_panel(40)
    groups = np.arange(40) % 2
    clf = tiny(crop_frames=6, n_crops=2, early_stopping=True, validation_fraction=0.5).fit(X, y, groups=groups)
    losses = []
    for group in (0, 1):
        p = [np.asarray(clf.model_(X[groups == group][:, start : start + 6]))[:, 0] for start in (0, 6)]
        losses.append(np.mean([-np.log(np.where(y[groups == group], q, 1 - q)) for q in p]))
    assert min(abs(loss - clf.history_["val_loss"][0]) for loss in losses) < 1e-5


def test_masks_and_crops_are_for_training_alone(tiny, make_panel):
    """Two predictions of one network are the same, and its clips held back are seen as they are."""
    X, y = make_panel(40)
    groups = np.arange(40) % 2
    clf = tiny(spec_augment=5, mask_width=1.0, early_stopping=True, validation_fraction=0.5).fit(X, y, groups=groups)
    assert np.array_equal(clf.predict_proba(X), clf.predict_proba(X))
    p = clf.predict_proba(X)[np.arange(40), y]
    losses = [-np.log(p[groups == group]).mean() for group in (0, 1)]
    assert min(abs(loss - clf.history_["val_loss"][0]) for loss in losses) < 1e-5


def test_a_schedule_is_in_the_history(tiny, make_panel):
    clf = tiny(schedule="cosine", epochs=3, batch_size=40, warm_start=True).fit(*make_panel(40))
    assert clf.history_["learning_rate"] == pytest.approx([0.02, 0.015, 0.005])
    clf.set_params(schedule=None).fit(*make_panel(40))
    assert np.isnan(clf.history_["learning_rate"]).tolist() == [False] * 3 + [True] * 3


def test_networks_of_several_seeds_vote(tiny, make_panel):
    X, y = make_panel()
    labels = np.array(["bonafide", "spoof"])[y]
    members = [(f"seed{seed}", tiny(random_state=seed)) for seed in range(3)]
    vote = VotingClassifier(members, voting="soft").fit(X, labels)
    expected = np.mean([clf.fit(X, labels).predict_proba(X) for _, clf in members], axis=0)
    assert_allclose(vote.predict_proba(X), expected)
    assert set(vote.predict(X)) <= {"bonafide", "spoof"}
