import argparse
import shutil
import stat

import numpy as np
import pytest

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.cli import UsageError
from skvoicefake.cli._options import (
    add_data_arguments,
    features_of,
    load_labelled,
    number,
    seconds,
    setting,
    whole_file,
)
from skvoicefake.datasets import load_wavefake
from tests.checks import asvspoof, trees
from tests.checks.trees import put, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clf__filters=(8, 16)", ("clf__filters", (8, 16))),
        ("top_db=None", ("top_db", None)),
        ("window=hamming", ("window", "hamming")),
        ("a=b=c", ("a", "b=c")),
    ],
)
def test_settings(text, expected):
    assert setting(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (setting, "clf__filters", "expected NAME=VALUE"),
        (setting, "=3", "expected NAME=VALUE"),
        (number(int, 1), "0", "expected a number from 1 up, got '0'"),
        (number(int, 1), "many", "got 'many'"),
        (number(float, 0, 0.5), "0.6", "from 0 to 0.5"),
        (number(float, 0, 0.5), "nan", "got 'nan'"),
        (seconds, "0", "expected a number from 0.01"),
    ],
)
def test_bad_values(read, text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        read(text)


def test_good_values():
    assert number(int, 1)("3") == 3
    assert seconds("0.5") == 0.5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,label\na.wav,real\n", "or say which one it is with --path-column."),
        ("path,label\na.wav,1\nb.wav,0\n", "Name it: --real-label."),
        ("path,label\na.wav,real\nb.wav,fake\n", "leave such rows out: --on-missing skip."),
    ],
)
def test_errors_of_tables_speak_of_options(tmp_path, table, message):
    (tmp_path / "clips.csv").write_text(table)
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    add_data_arguments(parser)
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        load_labelled(parser.parse_args([str(tmp_path / "clips.csv")]))
    assert message in str(caught.value)


def read(*arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    add_data_arguments(parser)
    return load_labelled(parser.parse_args([str(argument) for argument in arguments]))


def test_a_corpus_and_its_splits(tmp_path):
    root = asvspoof.asvspoof2019(tmp_path)
    clips = read(root, "--corpus", "asvspoof2019-la", "--split", "dev", "--split", "eval", "--group-column", "split")
    assert clips.split.tolist() == clips.groups.tolist() == ["dev", "dev", "eval", "eval"]
    with pytest.raises(ValueError, match="'asvspoof' is not known"):
        read(root, "--corpus", "asvspoof")
    shutil.rmtree(root / "ASVspoof2019_LA_eval")
    with pytest.raises(FileNotFoundError, match=r"--on-missing skip\. Pick splits that are there: --split NAME"):
        read(root, "--corpus", "asvspoof2019-la", "--on-missing", "raise")


def test_a_corpus_of_fakes_alone_needs_real_recordings(tmp_path):
    root, real = trees.wavefake(tmp_path), [trees.ljspeech(tmp_path), trees.jsut(tmp_path)]
    with pytest.raises(
        ValueError, match=r"generated_audio holds 20 fake clips and none that is real\. .*--real FOLDER"
    ):
        read(root, "--corpus", "wavefake")
    clips = read(root, "--corpus", "wavefake", "--real", real[0], "--real", real[1])
    assert clips.data == load_wavefake(root, real).data
    assert set(clips.target) == {"real", "fake"}
    for arguments in ([], ["--corpus", "in-the-wild"]):
        with pytest.raises(
            UsageError, match="--real goes with corpora of fakes alone: --corpus mlaad or --corpus wave"
        ):
            read(root, "--real", real[0], *arguments)
    with pytest.raises(ValueError, match="corpus 'wave' is not known"):
        read(root, "--corpus", "wave", "--real", real[0])


def test_splits_and_keys_of_a_table(tmp_path):
    rows = ["a.wav,real,1,anna,x", "b.wav,fake,1,ben,x", "c.wav,real,2,carl,y", "d.wav,fake,2,dora,y"]
    write(tmp_path / "clips.csv", "path,label,part,who,where", *rows)
    put(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")
    options = ["--split-column", "part", "--split", "2", "--group-column", "who", "--group-column", "where"]
    assert read(tmp_path / "clips.csv", *options).groups.tolist() == ["who=carl", "who=carl"]
    with pytest.raises(ValueError, match="Name it: --split-column"):
        read(tmp_path / "clips.csv", "--split", "2")


def test_files_are_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with whole_file(path) as unfinished:
        unfinished.write_text("first")
        assert not path.exists()
    assert path.read_text() == "first"
    (tmp_path / "other").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)
    with pytest.raises(KeyboardInterrupt), whole_file(path) as unfinished:  # noqa: PT012
        unfinished.write_text("sec")
        raise KeyboardInterrupt
    assert path.read_text() == "first"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_bad_clips_are_told_all_at_once(clips, tmp_path, capsys):
    (tmp_path / "text.wav").write_text("no sound")
    paths = [clips("a.wav"), str(tmp_path / "text.wav"), clips("b.wav"), str(tmp_path / "nowhere.wav")]
    with pytest.raises(AudioError, match=r"2 of 4 clips cannot be used: .*text\.wav.*nowhere\.wav.*--on-error skip"):
        features_of(MFCCTransformer(duration=0.3), paths, "raise")
    features, good = features_of(MFCCTransformer(duration=0.3), paths, "skip")
    assert good == [0, 2]
    np.testing.assert_array_equal(features, MFCCTransformer(duration=0.3).fit_transform([paths[0], paths[2]]))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"skvoicefake: left out: {paths[1]!r}: ")
    with pytest.raises(AudioError, match="2 of 2 clips cannot be used"):
        features_of(MFCCTransformer(duration=0.3), [paths[1], paths[3]], "skip")
