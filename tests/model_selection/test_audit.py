import contextlib
import json
import os
import re

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
from sklearn.utils import Bunch

from skvoicefake.datasets import load_table
from skvoicefake.model_selection import SpoofGroupKFold, audit
from tests.checks.speech import speech

RATE = 16_000
N_SPEAKERS, N_EACH, SECONDS = 18, 2, 1.5
N_CLIPS = 2 * N_SPEAKERS * N_EACH


@pytest.fixture(scope="module")
def sounds():
    """Return clips of 18 voices, four each; nothing but chance tells the first half of a voice from the second."""
    return [speech(10 * voice + i, SECONDS, RATE, voice) for voice in range(N_SPEAKERS) for i in range(2 * N_EACH)]


@pytest.fixture
def corpus(sounds, tmp_path):
    """Return a folder of these clips as wav files, and a table of them."""
    rows = []
    for i, sound in enumerate(sounds):
        path = tmp_path / f"clip{i:03}.wav"
        soundfile.write(path, sound, RATE)
        voice, n = divmod(i, 2 * N_EACH)
        rows.append((path.name, "bonafide" if n % 2 else "spoof", f"spk{voice}", "dev" if voice % 3 == 0 else "train"))
    return tmp_path, pd.DataFrame(rows, columns=["path", "label", "speaker", "split"])


def audited(folder, table, **options):
    table.to_csv(folder / "clips.csv", index=False)
    return audit(load_table(folder / "clips.csv"), n_resamples=100, **options)


def problems(report):
    return report.table.loc[report.table["verdict"] == "problem", "check"].tolist()


def band_limited(sound):
    return soxr.resample(soxr.resample(sound, RATE, 8000), 8000, RATE)[: len(sound)]


def test_a_clean_corpus_has_no_problems(corpus):
    report = audited(*corpus)
    assert problems(report) == []
    assert report.n_problems == 0
    assert report.copies.empty
    assert set(report.table["check"]) >= {"files", "classes", "groups", "splits", "copies", "shortcuts"}
    assert report.groups.tolist() == pd.factorize(report.clips["group"])[0].tolist()


def test_band_limited_fakes_are_found(corpus):
    folder, table = corpus
    for path in table.loc[table["label"] == "spoof", "path"]:
        sound = soundfile.read(folder / path, dtype="float32")[0]
        soundfile.write(folder / path, band_limited(sound), RATE)
    report = audited(folder, table)
    assert {"shortcut: bandwidth", "shortcut: together"} <= set(problems(report))
    assert not {"copies", "labels", "files", "splits"} & set(problems(report))
    found = report.shortcuts.set_index(["family", "judged_on"])["auc"]
    assert found["bandwidth", "held-out groups"] > 0.9
    assert found["bandwidth", "dev"] > 0.9


def test_copies_as_mp3_are_found_and_tied_together(corpus):
    folder, table = corpus
    copied = [1, 30, 47, 62]  # five in a hundred
    rows = []
    for i in copied:
        sound = soundfile.read(folder / table["path"][i], dtype="float32")[0]
        name = f"again{i}.mp3"
        soundfile.write(folder / name, sound, RATE)
        split = {"train": "dev", "dev": "train"}[table["split"][i]]
        rows.append((name, table["label"][i], f"other{i}", split))
    table = pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
    report = audited(folder, table)
    pairs = set(zip(report.copies["first"], report.copies["second"], strict=True))
    assert pairs == {(i, len(table) - len(copied) + n) for n, i in enumerate(copied)}
    assert report.copies[["across_splits", "across_groups"]].to_numpy().all()
    assert not report.copies["across_classes"].any()
    assert problems(report).count("copies") == 2
    for i, n in pairs:
        assert report.groups[i] == report.groups[n]
    y = report.clips["label"]
    for train, test in SpoofGroupKFold(3, random_state=0).split(y, y, report.groups):
        assert not set(report.groups[train]) & set(report.groups[test])


def test_the_same_samples_with_two_labels(corpus):
    folder, table = corpus
    sound = soundfile.read(folder / table["path"][0], dtype="int16")[0]
    soundfile.write(folder / "again.flac", sound, RATE)
    extra = pd.DataFrame([("again.flac", "bonafide", "spk0", "dev")], columns=table.columns)
    report = audited(folder, pd.concat([table, extra], ignore_index=True))
    assert problems(report) == ["labels"]
    assert report.copies[["first", "second", "kind"]].to_numpy().tolist() == [[0, len(table), "same samples"]]
    # Of one speaker and split, so they are only torn by their labels.
    assert not report.copies[["across_splits", "across_groups"]].to_numpy().any()


def test_clips_of_no_use_are_told_and_cost_nothing(corpus):
    folder, table = corpus
    (folder / table["path"][3]).write_bytes(b"")
    (folder / table["path"][4]).write_bytes(b"no sound at all")
    soundfile.write(folder / table["path"][5], np.zeros(RATE), RATE)
    soundfile.write(folder / table["path"][6], np.zeros(RATE), RATE)
    report = audited(folder, table)
    assert problems(report) == ["files", "sound"]
    said = report.clips["problem"]
    assert said.notna().to_numpy().nonzero()[0].tolist() == [3, 4, 5, 6]
    assert "0 bytes" in said[3]
    assert "silence" in said[5]
    # Two silent files are no copies of one another.
    assert report.copies.empty
    assert report.settings["n_unusable"] == 4


def test_arrays_and_bytes_are_clips_too(sounds):
    y = ["real", "fake"] * (len(sounds) // 2)
    clips = [(sound, RATE) for sound in sounds]
    report = audit([*clips, sounds[0]], [*y, "real"], n_resamples=0)
    assert report.clips["clip"].iloc[-1] == f"X[{len(sounds)}]"
    assert report.copies[["first", "second"]].to_numpy().tolist() == [[0, len(sounds)]]
    # Without groups a copy may fall on both sides of a split.
    assert "copies" in problems(report)


def test_a_bunch_says_what_the_parameters_would(corpus):
    folder, table = corpus
    table = table.assign(generator=np.where(table["label"] == "spoof", "world", "-"), source="studio")
    table.to_csv(folder / "clips.csv", index=False)
    clips = load_table(folder / "clips.csv")
    by_bunch = audit(clips, n_resamples=0)
    by_hand = audit(
        clips.data,
        clips.target,
        groups=clips.groups,
        split=clips.split,
        attack=clips.attack,
        metadata=clips.frame[["speaker", "source"]],
        n_resamples=0,
    )
    pd.testing.assert_frame_equal(by_bunch.table, by_hand.table)
    pd.testing.assert_frame_equal(by_bunch.clips, by_hand.clips)
    pd.testing.assert_frame_equal(by_bunch.shortcuts, by_hand.shortcuts)
    assert by_bunch.balance["attack"].loc["world"].to_dict() == {"fake": len(table) // 2, "real": 0}


def test_the_number_of_processes_changes_nothing(corpus):
    one, two = (audited(*corpus, n_jobs=n_jobs) for n_jobs in (None, 2))
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.clips, two.clips)
    pd.testing.assert_frame_equal(one.shortcuts, two.shortcuts)


def test_several_keys_tie_clips(sounds):
    n = len(sounds)
    keys = pd.DataFrame(
        {"speaker": [f"s{i // (2 * N_EACH)}" for i in range(n)], "sentence": ["-"] * (n - 2) + ["a", "b"]}
    )
    keys.loc[0, "sentence"] = "a"
    report = audit(sounds, ["real", "fake"] * (n // 2), groups=keys, n_resamples=0)
    assert report.groups[0] == report.groups[-1]
    assert len(np.unique(report.groups)) == N_SPEAKERS - 1


def test_a_training_split_of_one_class_hides_nothing(corpus):
    folder, table = corpus
    for path in table.loc[table["label"] == "spoof", "path"]:
        sound = soundfile.read(folder / path, dtype="float32")[0]
        soundfile.write(folder / path, 0.5 * sound + 0.05, RATE)
    table["split"] = np.where(table["label"] == "spoof", "test", "train")
    report = audited(folder, table)
    assert "shortcut: DC offset" in problems(report)
    assert report.table["found"].str.contains("split 'train'").any()


def test_names_that_are_not_utf8(corpus):
    folder, table = corpus
    name = os.fsdecode(b"caf\xe9.wav")
    try:
        (folder / table["path"][0]).rename(folder / name)
    except OSError:
        pytest.skip("this file system wants UTF-8")
    paths = [str(folder / path) for path in [name, *table["path"][1:]]]
    report = audit(paths, table["label"], n_resamples=0)
    assert report.clips["problem"].isna().all()
    assert report.clips["clip"][0].endswith("caf\\udce9.wav")
    report.to_html(folder / "report.html")


def test_open_files_go_to_other_processes(corpus):
    folder, table = corpus
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context((folder / path).open("rb")) for path in table["path"]]
        report = audit(files, table["label"], n_resamples=0, n_jobs=2)
    assert report.settings["n_unusable"] == 0


@pytest.fixture(scope="module")
def report(sounds):
    clips = [*sounds, np.zeros(RATE), sounds[0]]
    y = [*["real", "fake"] * (len(sounds) // 2), "real", "fake"]
    return audit(clips, y, attack=["w|<b>" if label == "fake" else "-" for label in y], n_resamples=50, title="A & B")


def test_markdown_has_all_tables(report, tmp_path):
    text = report.to_markdown(tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text == str(report)
    for heading in ("# A & B", "## Shortcuts", "## Copies", "## Clips of no use", "## Clips by attack"):
        assert heading in text
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    for table in tables:
        lines = table.splitlines()
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {lines[1].count("|")}


def test_the_page_stands_alone(report, tmp_path):
    page = report.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    assert "<title>A &amp; B</title>" in page
    assert "w|&lt;b&gt;" in page
    assert "<b>" not in page.split("</style>")[1].split("<h2>How")[0]
    assert page.count("data:image/png;base64,") == len(report.figures()) > 0
    assert not re.findall(r"(?:src|href)=\"?http", page)


def test_json_is_strict(report, tmp_path):
    def refuse(name):
        raise AssertionError(name)

    content = json.loads(report.to_json(tmp_path / "report.json"), parse_constant=refuse)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == content
    assert content["n_problems"] == report.n_problems
    assert len(content["findings"]) == len(report.table)
    assert content["copies"][0]["kind"] == "same samples"
    assert [row["clip"] for row in content["unusable"]] == [f"X[{N_CLIPS}]"]


def test_pictures(report):
    figures = report.figures()
    assert "shortcuts" in figures
    ticks = [text.get_text() for text in figures["shortcuts"].axes[0].get_yticklabels()]
    assert ticks[::-1] == list(dict.fromkeys(report.shortcuts["family"]))


def test_words_that_tell_are_drawn_as_shares(corpus):
    folder, table = corpus
    kinds = np.where(table["label"] == "spoof", "PCM_24", "PCM_16")
    kinds[:2] = "FLOAT"
    for path, kind in zip(table["path"], kinds, strict=True):
        soundfile.write(folder / path, soundfile.read(folder / path)[0], RATE, subtype=kind)
    figure = audited(folder, table).figures()["features"]
    (ax,) = [ax for ax in figure.axes if ax.get_title() == "codec"]
    words = [text.get_text() for text in ax.get_yticklabels()]
    assert sorted(words) == ["FLOAT", "PCM_16", "PCM_24"]
    n_real = np.sum(table["label"] == "bonafide")
    for bars, label, own in zip(ax.containers, ("spoof", "bonafide"), ("PCM_24", "PCM_16"), strict=True):
        shares = dict(zip(words, [bar.get_width() for bar in bars], strict=True))
        n_float = np.sum((kinds == "FLOAT") & (table["label"] == label))
        assert shares["FLOAT"] == pytest.approx(n_float / n_real)
        assert shares[own] == pytest.approx(1 - n_float / n_real)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": None}, "audit needs y"),
        ({"y": ["real"] * N_CLIPS}, r"y: expected labels of two classes, one a clip, got 1: \['real'\]"),
        ({"y": ["real", None] * (N_CLIPS // 2)}, "got 1: .'real'., and 36 clips without a label"),
        ({"y": ["a", "b", "c"] * (N_CLIPS // 3)}, "got 3"),
        ({"split": "train"}, "split: expected one entry a clip"),
        ({"random_state": "x"}, "'random_state' parameter of audit"),
        ({"title": 5}, "'title' parameter of audit"),
        ({"metadata": pd.Series(["a"] * N_CLIPS)}, "metadata: expected a DataFrame"),
        ({"metadata": pd.DataFrame([["a", "b"]] * N_CLIPS, columns=["s", "s"])}, "metadata: expected a DataFrame"),
        ({"y": ["real", "fake"]}, r"y: expected one entry a clip, 72 in all, got 2"),
        ({"groups": ["a"]}, r"groups: expected one entry a clip, 72 in all, got 1"),
        ({"split": ["a"]}, r"split: expected one entry a clip, 72 in all, got 1"),
        ({"attack": ["a"]}, r"attack: expected one entry a clip, 72 in all, got 1"),
        ({"sample_rate": 10}, "'sample_rate' parameter of audit"),
        ({"n_resamples": -1}, "'n_resamples' parameter of audit"),
        ({"X": "clip.wav"}, "audit expected X to be a sequence of clips, got one clip"),
        ({"X": []}, "0 sample"),
        ({"X": Bunch(a=1)}, "audit expected the Bunch of a reader"),
        ({"X": [b""] * N_CLIPS}, "None of the 72 clips can be used. First: X.0."),
    ],
)
def test_wrong_input_is_one_line(sounds, arguments, message):
    arguments = {"X": sounds, "y": ["real", "fake"] * (len(sounds) // 2), **arguments}
    with pytest.raises(ValueError, match=message) as caught:
        audit(arguments.pop("X"), arguments.pop("y"), **arguments)
    assert "\n" not in str(caught.value)


def test_one_class_left_is_said(sounds):
    y = ["real"] * (len(sounds) - 1) + ["fake"]
    report = audit([*sounds[:-1], b"nothing"], y)
    assert "files" in problems(report)
    found = report.table.set_index("check")["found"]
    assert found["shortcuts"].startswith("All clips that can be used are 'real'")
    assert "## Shortcuts" not in report.to_markdown()
    assert report.figures() == {}
