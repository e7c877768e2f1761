import numpy as np
import pytest

from skvoicefake import CNNLSTMClassifier
from skvoicefake.neural_network._layers import build_cnn_lstm
from skvoicefake.neural_network._parameters import CONSTRAINTS, architecture, check_continues, layer_sizes, mask_counts


def test_every_parameter_is_constrained():
    assert set(CONSTRAINTS) == set(CNNLSTMClassifier().get_params())


def test_the_defaults_are_those_of_the_network():
    built = build_cnn_lstm.__kwdefaults__
    # The classifier's has the branch as well.
    asked = architecture(CNNLSTMClassifier(statistics_branch=False), (301, 40))
    assert asked.pop("input_shape") == (301, 40)
    assert asked == {name: built[name] for name in asked}


def test_crops_are_what_the_network_sees():
    assert architecture(CNNLSTMClassifier(crop_frames=200), (301, 40))["input_shape"] == (200, 40)


@pytest.mark.parametrize(("value", "units"), [(True, 64), (np.True_, 64), (False, 0), (np.int64(1), 1), (64, 64)])
def test_a_branch_is_known_by_its_units(value, units):
    # True is 1 to whatever compares, such as the cache of compiled networks.
    branch = architecture(CNNLSTMClassifier(statistics_branch=value), (30, 4))["statistics_branch"]
    assert type(branch) is int
    assert branch == units


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"crop_frames": 31}, r"crop_frames=31 is more than the 30 frame\(s\) of a clip"),
        ({"crop_frames": 8, "pool_size": 9}, r"needs crops of at least 9 frames, got 8 frame\(s\)"),
        ({"pool_size": 31}, r"needs clips of at least 31 frames, got 30 .*30 feature\(s\)"),
    ],
)
def test_what_does_not_fit_the_clips_is_said(parameters, message):
    with pytest.raises(ValueError, match=message):
        architecture(CNNLSTMClassifier(**parameters), (30, 4))


@pytest.mark.parametrize(("value", "counts"), [(0, (0, 0)), (2, (2, 2)), ((1, 0), (1, 0)), (np.array([0, 3]), (0, 3))])
def test_masks_are_counted(value, counts):
    assert mask_counts(value) == counts


@pytest.mark.parametrize("value", [(1,), (1, 2, 3), (1, -1), (1.5, 1), "ab"])
def test_bad_counts_of_masks_are_named(value):
    with pytest.raises(ValueError, match=r"spec_augment=.* must be one whole number from 0 up, or two"):
        mask_counts(value)


def test_layer_sizes_are_plain_numbers():
    sizes = layer_sizes(np.array([3, 4]), "filters")
    assert sizes == (3, 4)
    assert {type(size) for size in sizes} == {int}


def test_what_changed_is_named_by_its_parameter():
    before = architecture(CNNLSTMClassifier(), (30, 4))
    check_continues(before, architecture(CNNLSTMClassifier(crop_frames=30), (30, 4)))
    with pytest.raises(ValueError, match="another crop_frames: 30, not 20"):
        check_continues(before, architecture(CNNLSTMClassifier(crop_frames=20), (30, 4)))
