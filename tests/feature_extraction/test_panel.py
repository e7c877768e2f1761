import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib._memmapping_reducer import has_shareable_memory
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.feature_extraction._flat_panel import FlatPanel
from skvoicefake.feature_extraction._panel import new_panel
from tests.checks.clips import check_clips_transformer, noise, wav_bytes

QUICK = {"duration": 0.05, "hop_length": 80, "n_mfcc": 5, "n_mels": 20}
OUTPUTS = ["sequence", "flat", "stats"]
# More than any memory or disk holds: 10,000 clips of a day, a frame every sample.
ENDLESS = {"duration": 86_400, "hop_length": 1}


@pytest.fixture(name="X")
def clips():
    return [wav_bytes(noise(900, 1), 16_000), noise(500, 2), (noise(3000, 3), 44_100), noise(2000, 4), noise(800, 5)]


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], check=True, capture_output=True, text=True, timeout=120
    ).stdout


# In a file as in memory


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"normalize": "clip"}, {"normalize": "train", "deltas": 1}, {"duration": None}, {"n_jobs": 2}],
    ids=str,
)
def test_a_file_changes_no_bit(parameters, output, X, tmp_path):
    plain = MFCCTransformer(**QUICK | parameters, output=output)
    mapped = clone(plain).set_params(memmap=tmp_path / "panels")
    expected = plain.fit_transform(X)
    for panel in (mapped.fit_transform(X), mapped.transform(X), clone(mapped).fit(X).transform(X)):
        assert isinstance(panel, FlatPanel if output == "flat" else np.memmap)
        assert panel.dtype == np.float32
        assert panel.flags.c_contiguous
        assert panel.flags.writeable
        assert has_shareable_memory(panel)
        np.testing.assert_array_equal(panel, expected)
    assert getattr(panel, "n_frames", None) == getattr(expected, "n_frames", None)


@pytest.mark.parametrize("parameters", [{}, {"normalize": "train", "output": "stats"}], ids=str)
def test_contract(parameters, X, tmp_path):
    check_clips_transformer(MFCCTransformer(**QUICK, memmap=str(tmp_path), **parameters), X)


@pytest.mark.parametrize("parameters", [{}, {"normalize": "train"}, {"output": "flat"}], ids=str)
@pytest.mark.parametrize("on_error", ["zeros", "nan"])
def test_bad_clips_have_rows_in_the_file(parameters, on_error, X, tmp_path):
    X = ["lost.wav", *X, "gone.wav"]
    transformer = MFCCTransformer(**QUICK | parameters, on_error=on_error)
    with pytest.warns(UserWarning, match="2 clips could not be read"):
        expected = transformer.fit_transform(X)
    with pytest.warns(UserWarning, match="2 clips could not be read"):
        panel = transformer.set_params(memmap=tmp_path).fit_transform(X)
    np.testing.assert_array_equal(panel, expected)


@pytest.mark.parametrize("folder", [None, "."])
def test_rows_are_set_from_any_thread_in_any_order(folder, tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 7, 3)).astype(np.float32)
    with new_panel(rows.shape, folder and tmp_path / folder) as panel:

        def put(i):
            panel[i] = 0
            panel[i] = rows[i]
            panel[i] = panel[i] + 1

        joblib.Parallel(n_jobs=4, require="sharedmem")(joblib.delayed(put)(i) for i in range(len(rows))[::-1])
        np.testing.assert_array_equal(panel.finish(), rows + 1)


# The file


def test_the_file_goes_with_the_last_array_on_it(X, tmp_path):
    transformer = MFCCTransformer(**QUICK, output="flat", memmap=tmp_path)
    first, second = transformer.fit_transform(X), transformer.transform(X)
    assert len(list(tmp_path.iterdir())) == 2
    part = np.asarray(first)[1:2]
    expected = part.copy()
    del first
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(part, expected)
    del part
    assert len(list(tmp_path.iterdir())) == 1
    del second
    assert list(tmp_path.iterdir()) == []


def test_the_file_goes_with_the_program_but_not_with_a_fork(tmp_path):
    script = """
import os, sys
import numpy as np
from skvoicefake import MFCCTransformer
panel = MFCCTransformer(duration=0.1, memmap=sys.argv[1]).transform([np.ones(1600)])
if (child := os.fork()) == 0:
    del panel
    os._exit(0)
os.waitpid(child, 0)
print(len(os.listdir(sys.argv[1])))
"""
    assert run(script, tmp_path).split() == ["1"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parameters", [{}, {"normalize": "train"}, {"on_error": "nan"}], ids=str)
def test_an_error_leaves_no_file(parameters, X, tmp_path):
    transformer = MFCCTransformer(**QUICK | parameters, memmap=tmp_path)
    # A warning that is an error, too, comes before there is an array.
    with pytest.raises((AudioError, UserWarning), match=r"lost\.wav"):
        transformer.fit_transform([*X, "lost.wav"])
    assert list(tmp_path.iterdir()) == []


def test_pickles_hold_the_numbers(X, tmp_path):
    for output in OUTPUTS:
        panel = MFCCTransformer(**QUICK, output=output, memmap=tmp_path / "panels").fit_transform(X)
        joblib.dump(panel, tmp_path / "panel.joblib")
        pickled, expected = pickle.dumps(panel), np.array(panel)
        del panel
        for again in (pickle.loads(pickled), joblib.load(tmp_path / "panel.joblib")):
            np.testing.assert_array_equal(again, expected)
            assert getattr(again, "n_frames", 11) == 11


def end_workers():
    # Until then a thread of the pool may hold the last task that it sent.
    get_reusable_executor().shutdown(wait=True)


def test_workers_map_the_same_file(X, tmp_path):
    panel = MFCCTransformer(**QUICK, memmap=tmp_path).fit_transform(X)
    flat = MFCCTransformer(**QUICK, output="flat", memmap=tmp_path).fit_transform(X)
    arrays = [panel, panel[2:], flat, flat[:3], np.asarray(flat)]
    with joblib.Parallel(n_jobs=2) as parallel:
        assert all(parallel(joblib.delayed(has_shareable_memory)(array) for array in arrays))
        sums = parallel(joblib.delayed(np.sum)(array) for array in arrays)
    np.testing.assert_array_equal(sums, [array.sum() for array in arrays])


def test_a_file_waits_for_the_worker_it_was_made_for(X, tmp_path):
    transformer = MFCCTransformer(**QUICK, memmap=tmp_path)
    expected = -transformer.transform(X)
    with joblib.Parallel(n_jobs=2) as parallel:
        results = parallel(joblib.delayed(np.negative)(transformer.transform(X)) for _ in range(10))
    end_workers()
    assert list(tmp_path.iterdir()) == []
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_a_search_in_processes_leaves_no_file(tmp_path):
    y = np.repeat(["fake", "real"], 8)
    X = [noise(900, i) + (np.roll(noise(900, i), 1) if i < 8 else 0) for i in range(16)]
    pipe = make_pipeline(MFCCTransformer(**QUICK, output="flat"), LogisticRegression(max_iter=1000))
    grid = {"mfcctransformer__normalize": [None, "train"], "logisticregression__C": [0.1, 1.0]}
    plain = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    mapped = clone(pipe).set_params(mfcctransformer__memmap=str(tmp_path))
    search = GridSearchCV(mapped, grid, cv=2, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(search.predict_proba(X), plain.predict_proba(X))
    end_workers()
    assert list(tmp_path.iterdir()) == []


# No room


def test_a_panel_larger_than_memory_says_what_to_do():
    with pytest.raises(MemoryError, match=r"10000 clips takes 2,211,840\.0 GB.*Set memmap to a folder"):
        MFCCTransformer(**ENDLESS).transform([noise(800)] * 10_000)


def test_a_panel_larger_than_the_disk_is_refused_before_any_work(tmp_path):
    with pytest.raises(OSError, match=r"memmap='.*' cannot hold the panel of 10000 clips.*Make room") as caught:
        MFCCTransformer(**ENDLESS, memmap=tmp_path).transform(["never read.wav"] * 10_000)
    assert "No space left" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_is_one_clear_error(tmp_path):
    # A limit on the size of files fails as a full disk does, in the middle of the work.
    script = """
import os, resource, sys
import numpy as np
from skvoicefake import MFCCTransformer
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    MFCCTransformer(memmap=sys.argv[1]).transform([np.ones(1600)] * 10)
except OSError as error:
    print(error, os.listdir(sys.argv[1]))
"""
    message = run(script, tmp_path)
    assert f"memmap={str(tmp_path)!r} cannot hold the panel of 10 clips (0.5 MB): File too large." in message
    assert message.strip().endswith("[]")


def test_what_is_no_folder_is_said_so(X, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match=r"memmap='.*file' cannot hold the panel of 5 clips.*choose another folder"):
        MFCCTransformer(**QUICK, memmap=file).transform(X)


# Memory


@pytest.mark.parametrize("memmap", [False, True])
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_panel_is_allocated_once_and_nothing_else_grows_with_it(output, memmap, tmp_path):
    X = [noise(48_000)] * 50
    transformer = MFCCTransformer(
        hop_length=80, n_fft=256, n_mels=40, deltas=2, normalize="train", output=output, on_error="nan"
    )
    transformer.set_params(memmap=tmp_path if memmap else None).fit_transform(X[:1])  # imports and tables
    tracemalloc.start()
    try:
        panel = transformer.fit_transform(X)
        above = tracemalloc.get_traced_memory()[1] - (0 if memmap else panel.nbytes)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        transformer.fit(X)
        learning = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    # The sequences of all clips are 14 MB; one of them, and what it takes to compute it, are 3 MB.
    assert above < 6e6
    assert learning < 6e6


def test_names_of_files_are_nobody_elses(X, tmp_path):
    panels = [MFCCTransformer(**QUICK, memmap=tmp_path).transform(X) for _ in range(3)]
    assert len({panel.filename for panel in panels}) == 3
    assert {path.name for path in tmp_path.iterdir()} == {Path(panel.filename).name for panel in panels}
