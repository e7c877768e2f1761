import numpy as np
import pandas as pd

from skvoicefake.model_selection._copies import SAME, SHARED, differs, find_copies, in_mixed_sets
from skvoicefake.model_selection._examine import examine
from tests.checks.speech import speech

RATE = 16_000


def found(*sounds):
    examined = [examine((sound, RATE), "clip") for sound in sounds]
    return find_copies([clip.fingerprint for clip in examined], [clip.digest for clip in examined])


def test_exact_and_other_copies_are_one_set():
    a, b = speech(0, 2.0, RATE), speech(1, 2.0, RATE)
    pairs, sets, exact = found(a, b, a, 0.5 * a)
    assert pairs[["first", "second", "kind"]].to_numpy().tolist() == [[0, 2, SAME], [0, 3, SHARED]]
    assert sets.tolist() == [0, 1, 0, 0]
    assert exact.tolist() == [0, 1, 0, 2]
    assert pairs["similarity"][0] == 1
    assert pairs["similarity"][1] > 0.9


def test_offsets_say_where_the_second_starts_in_the_first():
    sound = speech(2, 3.0, RATE)
    pairs, _, _ = found(sound, sound[RATE // 2 :])
    assert abs(pairs["offset_s"][0] - 0.5) < 0.02


def test_clips_of_no_use_are_no_copies():
    pairs, sets, _ = found(np.zeros(RATE), np.zeros(RATE), np.full(RATE, 0.5), np.full(RATE, 0.5))
    assert pairs.empty
    assert sets.tolist() == [0, 1, 2, 3]


def test_the_rate_belongs_to_the_samples():
    sound = speech(3, 1.0, RATE)
    examined = [examine((sound, rate), "clip") for rate in (RATE, RATE // 2)]
    assert examined[0].digest != examined[1].digest


def test_a_truncated_file_is_told_and_not_raised(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    clip = examine(tmp_path / "a.wav", "a.wav")
    assert clip.problem.startswith("a.wav: ")
    assert clip.features == {}
    assert clip.digest is None


def test_unknown_values_differ_from_nothing():
    pairs = pd.DataFrame({"first": [0, 0, 1], "second": [1, 2, 2]})
    assert differs(pairs, np.array(["a", "b", "-"])).tolist() == [True, False, False]
    assert differs(pairs, None).tolist() == [False, False, False]
    sets = np.array([0, 0, 0, 1, 1])
    assert in_mixed_sets(sets, np.array(["a", "b", "-", "a", "-"])).tolist() == [True, True, False, False, False]
