import io
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from skvoicefake.audio import AudioError, _streaming
from skvoicefake.inspection import timeline
from skvoicefake.inspection._live import UNKNOWN
from tests.checks.speech import speech
from tests.inspection.conftest import RATE

OPTIONS = {"window": 0.5, "hop": 0.25}
COLUMNS = ["start", "end", "score", "probability_fake", "level", "is_silent", "remark"]


@pytest.fixture
def path(tmp_path, recording):
    """The recording in a file, with a header that says how long it is."""
    soundfile.write(tmp_path / "a.wav", recording, RATE, subtype="FLOAT")
    return tmp_path / "a.wav"


def test_scores_are_those_of_the_cuts(pipeline, path, recording):
    found = timeline(pipeline, path, **OPTIONS)
    table = found.table
    assert list(table.columns) == COLUMNS
    cuts = [recording[round(start * RATE) : round(end * RATE)] for start, end in table[["start", "end"]].to_numpy()]
    assert {len(cut) for cut in cuts} == {8000}
    np.testing.assert_allclose(table["score"], pipeline.decision_function(cuts), rtol=1e-6)
    np.testing.assert_allclose(table["probability_fake"], pipeline.predict_proba(cuts)[:, 0], rtol=1e-6)
    assert found.is_judged.all()
    assert found.duration == 6.0


def test_whatever_the_clip_is(pipeline, path, recording):
    expected = timeline(pipeline, path, **OPTIONS)
    content = path.read_bytes()
    for clip in (str(path), content, io.BytesIO(content), recording, (recording, RATE), (recording[:, None], RATE)):
        assert timeline(pipeline, clip, **OPTIONS).rows == expected.rows


def test_blocks_leave_no_trace(pipeline, path, monkeypatch):
    expected = timeline(pipeline, path, **OPTIONS)
    monkeypatch.setattr(_streaming, "BLOCK", 777)
    found = timeline(pipeline, path, **OPTIONS)
    assert found.rows == expected.rows
    np.testing.assert_array_equal(found.envelope, expected.envelope)


def test_verdict_and_stretch(pipeline, path):
    found = timeline(pipeline, path, **OPTIONS)
    assert found.verdict == "real"
    assert found.aggregation == "mean"
    assert found.score == pytest.approx(found.table["score"].mean())
    assert found.stretch.start == pytest.approx(1.5, abs=0.25)
    assert found.stretch.end == pytest.approx(2.5, abs=0.25)
    assert found.stretch.score < 0
    text = str(found)
    assert text.startswith("real (mean of scores ")
    assert "least real from 1.5 to 2.5 s (" in text
    assert repr(found).startswith(f"<Timeline of '{path}': real (mean")


def test_only_what_is_judged_counts(pipeline, recording):
    silence = np.zeros(2 * RATE, np.float32)
    found = timeline(pipeline, np.concatenate([recording[24_000:40_000], silence]), **OPTIONS)
    assert found.table["is_silent"].sum() == 7
    assert found.is_judged.sum() == 4
    assert found.score == pytest.approx(found.table["score"][found.is_judged].mean())
    assert found.verdict == "fake"


def test_nothing_to_judge(pipeline, guarded_detector):
    found = timeline(pipeline, np.zeros(RATE), **OPTIONS)
    assert found.verdict.startswith("expected sound, got a silent clip")
    assert np.isnan(found.score)
    assert found.stretch is None
    assert str(found).startswith(f"{found.verdict}; 0 of 3 windows judged in 1.0 s")
    hiss = np.full(RATE, 1e-4) * np.tile([1, -1], 8000)
    assert timeline(pipeline, hiss, **OPTIONS).verdict == "nothing that could be judged"
    assert timeline(guarded_detector[0], np.zeros(RATE), **OPTIONS).verdict == "not enough speech"


def test_a_guard_says_which_windows_it_cannot_judge(guarded_detector):
    detector = guarded_detector[0]
    clip = np.concatenate([speech(3, voice=1), np.zeros(2 * RATE, np.float32)])
    found = timeline(detector, clip, window=1.5, hop=0.5)
    cuts = [clip[round(row.start * RATE) : round(row.end * RATE)] for row in found.rows]
    assert found.table["remark"].tolist() == detector.remarks(cuts).tolist()
    np.testing.assert_allclose(found.table["score"], detector.decision_function(cuts), rtol=1e-9)
    assert "not enough speech" in set(found.table["remark"])
    assert found.is_judged.any()


def test_shorter_than_a_window(pipeline, recording):
    found = timeline(pipeline, recording[:3000], **OPTIONS)
    assert found.table[["start", "end"]].to_numpy().tolist() == [[0.0, 3000 / RATE]]
    assert found.score == pipeline.decision_function([recording[:3000]])[0]


def test_a_file_that_breaks_off(pipeline, path):
    whole = timeline(pipeline, path, **OPTIONS)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError, match="truncated wav"):
        timeline(pipeline, path, **OPTIONS)
    with pytest.warns(UserWarning, match=r"truncated wav.*The timeline ends there."):
        found = timeline(pipeline, path, **OPTIONS, on_error="keep")
    assert found.rows[:9] == whole.rows[:9]
    assert 2.9 < found.duration < 3.0
    assert "truncated wav" in found.error
    assert "truncated wav" in str(found)


def test_a_file_that_breaks_off_without_notice(pipeline, tmp_path, recording):
    path = tmp_path / "a.mp3"
    soundfile.write(path, recording, RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = timeline(pipeline, path, **OPTIONS)
    assert 2.5 < found.duration < 3.5
    assert found.error is None


def test_samples_that_are_not_finite(pipeline, path, recording):
    recording = recording.copy()
    recording[50_000] = np.inf
    soundfile.write(path, recording, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match=rf"^'{path}': expected finite samples, got 1 .* the first at 3.125 s"):
        timeline(pipeline, path, **OPTIONS)
    found = timeline(pipeline, path, **OPTIONS, on_error="keep")
    assert (found.table["remark"] == UNKNOWN).sum() == 2
    assert found.is_judged.sum() == len(found.rows) - 2
    assert found.duration == 6.0


@pytest.mark.parametrize("on_error", ["raise", "keep"])
def test_what_cannot_be_read_is_an_error(pipeline, tmp_path, on_error):
    (tmp_path / "a.wav").write_text("no sound")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), RATE)
    for clip, message in [
        (tmp_path / "missing.wav", "no such file"),
        (tmp_path, "got a folder"),
        (tmp_path / "a.wav", "not audio"),
        (tmp_path / "none.wav", "empty clip"),
        (np.zeros(0), "empty clip"),
        (np.zeros((3, 3, 3)), "1-D waveform"),
        (5, "got int"),
        ((RATE, np.zeros(9)), "Swap the two"),
    ]:
        with pytest.raises(AudioError, match=message):
            timeline(pipeline, clip, **OPTIONS, on_error=on_error)


def test_parameters_are_checked_before_the_file(pipeline):
    with pytest.raises(ValueError, match=r"aggregation must be one of \[.*\], got 'max'"):
        timeline(pipeline, "missing.wav", **OPTIONS, aggregation="max")
    with pytest.raises(ValueError, match="or less"):
        timeline(pipeline, "missing.wav")
    with pytest.raises(ValueError, match="must be at most"):
        timeline(pipeline, "missing.wav", 0.2, 0.3)


def test_a_progress_bar_only_when_asked(pipeline, recording, capsys):
    timeline(pipeline, recording, **OPTIONS)
    assert capsys.readouterr() == ("", "")
    timeline(pipeline, recording, **OPTIONS, verbose=1)
    assert "Listening" in capsys.readouterr().err


def test_no_library_that_is_not_needed_is_loaded():
    script = (
        "import numpy as np; from skvoicefake import load_detector; from skvoicefake.inspection import timeline\n"
        "print(timeline(load_detector(), np.zeros(9000)).verdict)\n"
        "import sys; print({'matplotlib', 'librosa', 'tensorflow'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["not enough speech", "set()"]
