"""The notebooks in docs/notebooks: one code in two languages, run from top to bottom on a few made-up clips."""

import json
import os
from pathlib import Path

import pytest
import soundfile

from skvoicefake.datasets import make_copysynthesis
from tests.checks.speech import speech

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
NAMES = ["detector_en.ipynb", "detector_tr.ipynb"]
SPEAKERS, SENTENCES, SECONDS = 3, 8, 1.5


def cells(name, kind):
    notebook = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_both_languages_have_the_same_code():
    english, turkish = ([(cell["id"], cell["source"]) for cell in cells(name, "code")] for name in NAMES)
    assert english == turkish


def test_both_languages_tell_the_same_steps():
    english, turkish = ([cell["id"] for cell in cells(name, "markdown")] for name in NAMES)
    assert english == turkish


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_stored(name):
    for cell in cells(name, "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None), cell["id"]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Return a folder as a reader would name it: real/SPEAKER/*.wav and fake/SPEAKER/*.wav."""
    folder = tmp_path_factory.mktemp("recordings")
    for voice in range(SPEAKERS):
        own = folder / "real" / f"speaker{voice}"
        own.mkdir(parents=True)
        for sentence in range(SENTENCES):
            sound = speech(SENTENCES * voice + sentence, SECONDS, voice=voice)
            soundfile.write(own / f"sentence{voice}-{sentence}.wav", sound, 16_000)
        make_copysynthesis(sorted(own.iterdir()), folder / "fake" / own.name, methods=["griffinlim"])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES[:1])  # The code of both is the same, and takes half a minute.
def test_runs_from_top_to_bottom(name, recordings, tmp_path, monkeypatch):
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    given = {"DATA": os.fspath(recordings), "EPOCHS": 1, "FOLDS": 2}
    parameters.source += "".join(f"\n{name} = {value!r}" for name, value in given.items())
    # One core, as another test runs beside this one; and a home without the settings of whoever runs it.
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("IPYTHONDIR", os.fspath(tmp_path / "ipython"))
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": os.fspath(tmp_path)}}).execute()

    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    said = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stderr")
    assert "DeprecationWarning" not in said
    assert "FutureWarning" not in said
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 6
    assert (tmp_path / "report.html").stat().st_size > 0
