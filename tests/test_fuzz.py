"""A slice of ``python -m benchmarks.fuzz``, in this process, and that the rest of it would notice."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import __main__ as fuzz
from benchmarks.fuzz._audio import check_waveform, load
from benchmarks.fuzz._entrances import ENTRANCES
from benchmarks.fuzz._mutations import CHANGES, LONGEST, mutate
from benchmarks.fuzz._outcomes import Finding, refusal
from benchmarks.fuzz._seeds import audio
from skvoicefake.audio import AudioError

# Those of files of detectors take longer to begin than all others to end, and have tests of hostile files beside them.
QUICK = [name for name in ENTRANCES if not name.startswith("files of") and not ENTRANCES[name].needs]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_comes_is_read_or_refused(name, folder, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder))  # without ffmpeg, whose guesses depend on the suffix
        assert ENTRANCES[name].attempt(folder, np.random.default_rng(seed)) in ("read", "refused")


@pytest.mark.parametrize("name", list(audio()))
def test_what_it_begins_with_can_be_read(name):
    content = audio()[name]
    assert len(load(content)) == pytest.approx(0.35 * 16_000, rel=0.5)  # encoders work in blocks
    assert np.array_equal(load(io.BytesIO(content)), load(content))


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_mutations_are_bytes_and_repeat_themselves(content, seed):
    found = [mutate(content, np.random.default_rng(seed), [b"other"]) for _ in range(2)]
    assert found[0] == found[1]
    assert type(found[0]) is bytes
    assert len(found[0]) <= LONGEST


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_changes_something(change):
    content = audio()["pcm16.wav"][:2000]
    found = {bytes(change(bytearray(content), np.random.default_rng(seed), [b"other" * 50])) for seed in range(20)}
    assert len(found - {content}) > 5


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TypeError("a: no"), "TypeError: a: no"),
        (ValueError("a: no"), "ValueError: a: no"),
        (AudioError("a: no\nmore"), "not one line"),
        (AudioError(""), "not one line"),
        (AudioError("b: no"), "does not name a"),
    ],
)
def test_what_is_no_clear_line_is_found(error, words):
    with pytest.raises(Finding, match=words):
        refusal(error, "a", AudioError)
    assert refusal(AudioError("a: no"), "a", AudioError) == "refused"


@pytest.mark.parametrize(
    "y", [np.zeros(0, "f4"), np.zeros(3), np.zeros((1, 3), "f4"), np.array([0, np.nan], "f4"), [0.1], None]
)
def test_what_is_no_waveform_is_found(y):
    with pytest.raises(Finding):
        check_waveform(y)


def test_what_takes_too_long_or_too_much_is_found():
    total = {"read": 0, "refused": 0, "seconds": 0.0, "bytes": 0, "findings": []}
    for number, (outcome, seconds, n_bytes) in enumerate(
        [("read", 0.1, 5), ("read", 3.0, 5), ("refused", 0.1, 2e9), ("finding: odd", 0.1, 5)]
    ):
        fuzz.note(total, {"number": number, "outcome": outcome, "seconds": seconds, "bytes": n_bytes})
    assert total["findings"] == [(1, "takes 3.0 s"), (2, "takes 2000 MB"), (3, "finding: odd")]
    assert (total["read"], total["refused"], total["seconds"]) == (2, 1, 3.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("os.abort()", "status -6"),
        ("os.kill(os.getpid(), 9)", "status -9"),
        ("type('Odd', (), {'__del__': lambda self: 1 / 0})()", "cannot be caught: ZeroDivisionError"),
    ],
)
def test_what_ends_a_process_or_cannot_be_caught_is_found(statement, words, monkeypatch):
    # In the process that is started: the third input ends it.
    script = (
        "import os, sys; import numpy as np; from benchmarks.fuzz import __main__ as fuzz\n"
        "from benchmarks.fuzz._entrances import ENTRANCES, Entrance\n"
        f"def attempt(folder, rng):\n    if rng.random() == number: {statement}\n    return 'read'\n"
        "number = np.random.default_rng([5, list(ENTRANCES).index('tables'), 2]).random()\n"
        "ENTRANCES['tables'] = Entrance(attempt); sys.exit(fuzz.main())"
    )
    start = fuzz.subprocess.Popen
    monkeypatch.setattr(
        fuzz.subprocess, "Popen", lambda command, **options: start([command[0], "-c", script, *command[3:]], **options)
    )
    found = fuzz.fuzz("tables", 5, 0, 6)
    assert found["read"] == 5
    ((number, message),) = found["findings"]
    assert number == 2
    assert words in message
