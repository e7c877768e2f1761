"""README.md does what it says; README.tr.md is README.md in Turkish: the same commands, code, links and figures.

Its commands for the demo and the tests are run by .ci/run, all other blocks here.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import soundfile

from tests.checks.speech import speech

ROOT = Path(__file__).parents[1]
FENCED = re.compile(r"^(?:<!--[^\n]*-->\n)?```.*?^```$", re.MULTILINE | re.DOTALL)
ENGLISH, TURKISH = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.tr.md"))


def found(pattern, text):
    return Counter(re.findall(pattern, FENCED.sub("", text)))


def test_blocks_are_the_same_word_for_word():
    assert FENCED.findall(TURKISH) == FENCED.findall(ENGLISH)


def test_code_in_sentences_is_the_same():
    assert found(r"`[^`\n]+`", TURKISH) == found(r"`[^`\n]+`", ENGLISH)


def test_links_are_the_same_but_for_those_to_one_another():
    links = [found(r"\]\(([^)]+)\)", text) - Counter(["README.md", "README.tr.md"]) for text in (TURKISH, ENGLISH)]
    assert links[0] == links[1]
    assert "README.md" in TURKISH.split("##")[0]


def test_headings_and_rows_of_tables_are_as_many():
    for pattern in (r"(?m)^#+ ", r"(?m)^\|"):
        assert found(pattern, TURKISH) == found(pattern, ENGLISH)


def blocks(language):
    """Return the blocks of code, but for the two commands that set an environment up."""
    return re.findall(rf"(?<!-->\n)^```{language}\n(.*?)^```$", ENGLISH, re.MULTILINE | re.DOTALL)


def write_clip(path, seed, voice, is_fake):
    sound = speech(seed, 1.5, voice=voice)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound / 2 + 0.25 * (is_fake and sound[::-1]), 16_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a folder with all that the README calls by a name; ASVspoof 2019 is a miniature."""
    home = tmp_path_factory.mktemp("home")
    protocols = home / "LA" / "ASVspoof2019_LA_cm_protocols"
    protocols.mkdir(parents=True)
    lines = {"train": [], "dev": []}
    for voice in range(8):
        for i in range(4):
            seed, is_fake = 4 * voice + i, bool(i % 2)
            clip = f"LA_{seed:07}"
            split = "train" if voice < 6 else "dev"
            for corpus in ("corpus", "other-corpus")[: 1 + (voice < 5)]:
                write_clip(
                    home / corpus / ["real", "fake"][is_fake] / f"voice{voice}" / f"{i}.wav", seed, voice, is_fake
                )
            write_clip(home / "LA" / f"ASVspoof2019_LA_{split}" / "flac" / f"{clip}.flac", seed, voice, is_fake)
            lines[split].append(f"LA_{voice:04} {clip} - {'A01 spoof' if is_fake else '- bonafide'}\n")
    for split, ending in (("train", "train.trn"), ("dev", "dev.trl")):
        (protocols / f"ASVspoof2019.LA.cm.{ending}.txt").write_text("".join(lines[split]))
    for name in ("suspicious.wav", "music.mp3", "suspicious/1.wav"):
        write_clip(home / name, 99, 9, is_fake=False)
    environment = home / ".venv" / "bin"
    environment.mkdir(parents=True)
    (environment / "activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    return home


@pytest.mark.slow
def test_the_commands_lead_from_a_folder_to_a_report(home):
    (commands,) = blocks("bash")
    run = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=home,
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for name in ("audit.html", "detector/report.html", "report.html", "verdicts.csv"):
        assert (home / name).stat().st_size > 0
    assert "suspicious/1.wav" in run.stdout


@pytest.mark.slow
def test_the_code_runs_in_the_order_it_stands_in(home, monkeypatch):
    monkeypatch.chdir(home)
    names = {}
    pipeline, *others = blocks("python")
    exec(pipeline, names)
    names["pipe"].set_params(mfcc__duration=1, clf__epochs=1, clf__filters=4, clf__lstm_units=4)
    for block in others:
        exec(block, names)
    assert names["search"].best_params_["mfcc__n_mfcc"] in {20, 40}
