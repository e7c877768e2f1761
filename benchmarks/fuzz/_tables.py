"""Ways in for text: protocols of corpora, tables, score files, and rows to go on with."""

import contextlib
import io
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.fuzz._mutations import mutate
from benchmarks.fuzz._outcomes import READ, REFUSED, Finding, refusal


@cache
def corpora():
    """Return how to make every corpus, and its reader."""
    from skvoicefake import datasets
    from tests.checks import asvspoof, trees

    return {
        "asvspoof2017": (asvspoof.asvspoof2017, datasets.load_asvspoof2017),
        "asvspoof2019": (asvspoof.asvspoof2019, datasets.load_asvspoof2019),
        "in-the-wild": (trees.in_the_wild, datasets.load_in_the_wild),
        "mlaad": (trees.mlaad, datasets.load_mlaad),
        "add2022": (trees.add2022, datasets.load_add2022),
        "add2023": (trees.add2023, datasets.load_add2023),
        "codecfake": (trees.codecfake, datasets.load_codecfake),
        "spoofceleb": (trees.spoofceleb, datasets.load_spoofceleb),
    }


def protocol(folder, rng):
    """A corpus, one of whose protocols is mutated."""
    kind = list(corpora())[rng.integers(len(corpora()))]
    make, read = corpora()[kind]
    root = Path(folder, kind)
    if not root.exists():
        made = make(root)
        (root / "made").write_text(str(made))
    made = Path((root / "made").read_text())
    texts = sorted(path for path in made.rglob("*") if path.suffix in (".txt", ".csv", ".tsv") and path.is_file())
    path = texts[rng.integers(len(texts))]
    before = path.read_bytes()
    path.write_bytes(mutate(before, rng, [text.read_bytes() for text in texts]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            clips = read(made)
    except Exception as error:
        return refusal(error, "", ValueError, OSError)
    finally:
        path.write_bytes(before)
    return check_bunch(clips)


def check_bunch(clips):
    """Check that clips are there, and labelled."""
    n = len(clips.data)
    if not n or len(clips.target) != n or not set(clips.target) <= {"real", "fake"}:
        raise Finding(f"{n} clips with {len(clips.target)} labels {set(clips.target)}")
    if missing := [path for path in clips.data if not Path(path).is_file()]:
        raise Finding(f"a clip that is not there: {missing[0]!r}")
    return READ


def table(folder, rng):
    """A CSV of paths and labels."""
    from skvoicefake.datasets import load_table

    for name in ("a.wav", "b.wav", "c d.wav"):
        Path(folder, name).touch()
    path = Path(folder, "table.csv")
    seeds = [
        b"path,label,speaker\na.wav,real,anna\nb.wav,fake,ben\nc d.wav,fake,anna\n",
        b"file\tlabel\tattack\na.wav\tbonafide\t-\nb.wav\tspoof\tA01\n",
        '\ufeffpath;label\n"a.wav";"real"\n"b.wav";"fake"\n'.encode(),
    ]
    path.write_bytes(mutate(seeds[rng.integers(3)], rng, seeds))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            clips = load_table(path, on_missing=["raise", "skip"][rng.integers(2)])
    except Exception as error:
        return refusal(error, "", ValueError, OSError)
    return check_bunch(clips)


SCORES = (
    b"LA_E_1 2.5\nLA_E_2 -0.3\nLA_E_3 1e-3\n",
    b"LA_E_1 - bonafide 2.5\nLA_E_2 A07 spoof -0.3\n",
    b"filename\tcm-score\nE_1\t0.5\nE_2\t-1\n",
    b"path,label,probability,score,warnings,error,detector\na.wav,real,0.9,2.2,,,x@1\nb.wav,fake,0.9,-2.2,,,x@1\n",
)
KEYS = (
    b"LA_0009 LA_E_1 - - bonafide\nLA_0009 LA_E_2 - A07 spoof\n",
    b"path,label\na.wav,real\nb.wav,fake\n",
)


def score_file(folder, rng):
    """Anyone's score file, and a key."""
    from skvoicefake.datasets import load_key, load_scores

    path = Path(folder, "scores.txt")
    seeds, read = (SCORES, load_scores) if rng.random() < 0.6 else (KEYS, load_key)
    path.write_bytes(mutate(seeds[rng.integers(len(seeds))], rng, seeds))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = read(path)
    except Exception as error:
        return refusal(error, "scores.txt", ValueError, OSError)
    if not len(found) or ("score" in found and not np.isfinite(found["score"]).all()):
        raise Finding("no scores, or some that are not finite")
    return READ


def evaluated(folder, rng):
    """The command `evaluate --scores --key`, on both: an exit status and a line, never a traceback."""
    from skvoicefake.cli import main

    scores, key = Path(folder, "scores.csv"), Path(folder, "key.csv")
    rows = [(f"{i}.wav", "real" if i % 2 else "fake", round(float(rng.normal(i % 2)), 3)) for i in range(20)]
    texts = [
        ("path,score\n" + "".join(f"{name},{score}\n" for name, _, score in rows)).encode(),
        ("path,label\n" + "".join(f"{name},{label}\n" for name, label, _ in rows)).encode(),
    ]
    odd = rng.integers(2)
    texts[odd] = mutate(texts[odd], rng, texts)
    scores.write_bytes(texts[0])
    key.write_bytes(texts[1])
    command = ["evaluate", "--scores", str(scores), "--key", str(key), "--resamples", "0"]
    return status_of(main, command)


def status_of(main, command):
    """Run a command; check that it ends with a status and a line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(command)
    last = err.getvalue().strip().splitlines()[-1:] or [""]
    if last[0].startswith("skvoicefake: unexpected") or "Traceback" in err.getvalue():
        raise Finding(f"{last[0][:300]}")
    if status not in (0, 1):
        raise Finding(f"status {status}: {last[0][:300]}")
    return REFUSED if status else READ


def resumed(folder, rng):
    """The file that `predict --resume` goes on with: whole rows stay, or it is refused and stays as it was."""
    from skvoicefake.cli._rows import open_output, rows_in
    from skvoicefake.detectors._scoring import Row

    layout = ["csv", "jsonl"][rng.integers(2)]
    path = Path(folder, f"rows.{layout}")
    path.unlink(missing_ok=True)
    rows = [
        Row("a.wav", "real", 0.9, 2.2),
        Row('odd "name",\n.wav', "fake", 0.9, -2.2, ["quiet"]),
        Row("c", error="no"),
    ]
    with open_output(path, layout, "x@1") as writer:
        writer.rows(rows * 3)
    whole = path.read_bytes()
    content = mutate(whole, rng, [whole])
    path.write_bytes(content)
    try:
        done = rows_in(path, layout)
    except Exception as error:
        if path.read_bytes() != content:
            raise Finding("refused, and changed") from error
        return refusal(error, path.name, ValueError)
    if not content.startswith(path.read_bytes()):
        raise Finding("more than its end was changed")
    if rows_in(path, layout) != done:
        raise Finding("another answer the second time")
    return READ
