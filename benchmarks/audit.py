"""Does the audit find what it should, does it keep quiet where nothing is, and how long does it take?

Run it as ``python -m benchmarks.audit CLIPS.csv``: a table of real and fake speech, as `load_table` reads
it, with a column "speaker". Real clips of speakers with two or more are labelled at random, a half of each speaker's as
fake: a corpus without shortcuts. Into copies of it, flaws are planted. Everything is written to a temporary folder.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr

from benchmarks._harness import main
from skvoicefake.audio import load_audio
from skvoicefake.datasets import load_table
from skvoicefake.model_selection import audit

RATE = 16_000
SPEEDS = (0.75, 0.85, 1.0, 1.2, 1.35)  # of clips, where more are needed than there are: other sound, so no copies


def add_arguments(parser):
    parser.add_argument("clips", type=Path)
    parser.add_argument("--controls", type=int, default=20, help="clean corpora, each labelled anew")
    parser.add_argument("--sources", nargs="*", help="values of the column source to take real clips from")
    parser.add_argument("--n-clips", type=int, default=10_000, help="for the timing")
    parser.add_argument("--jobs", type=int, default=2)


def measure(results, args):
    clips = load_table(args.clips)
    print(f"\n{args.clips.name}: {len(clips.data)} clips\n")
    report, seconds = timed(clips, args.jobs)
    show(report, seconds)
    with tempfile.TemporaryDirectory() as folder:
        real = real_clips(clips.frame, args.sources)
        print(f"\nClean corpora of {len(real)} real clips of {real['speaker'].nunique()} speakers")
        controls(results, real, Path(folder), args)
        print(f"\nTime for {args.n_clips} clips")
        scale(results, clips.frame, Path(folder, "many"), args)


def timed(clips, jobs, **options):
    start = time.perf_counter()
    report = audit(clips, n_jobs=jobs, **options)
    return report, time.perf_counter() - start


def show(report, seconds):
    found = report.table[report.table["verdict"] != "fine"]
    for _, row in found.iterrows():
        print(f"  {row['verdict']:8}{row['check']}: {row['found'][:150]}")
    together = report.shortcuts[report.shortcuts["family"] == "together"]
    for _, row in together.iterrows():
        print(f"  together on {row['judged_on']}: AUC {row['auc']:.3f} [{row['low']:.3f}, {row['high']:.3f}]")
    print(f"  {seconds:.1f} s")


def real_clips(frame, sources):
    real = frame[frame["target"] == "real"]
    if sources:
        real = real[real["source"].isin(sources)]
    counts = real.groupby("speaker")["path"].transform("count")
    return real[(counts > 1) & (real["speaker"] != "-")].reset_index(drop=True)


def written(real, folder, seed, *, change_fake=None):
    """Write the clips as wav files under neutral names, half of every speaker's labelled fake; return their table."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rank = real.assign(key=rng.random(len(real))).groupby("speaker")["key"].rank().astype(int)
    rows = []
    for path, speaker, n in zip(real["path"], real["speaker"], rank, strict=True):
        label = "fake" if n % 2 else "real"
        sound = load_audio(path, RATE)
        if label == "fake" and change_fake is not None:
            sound = change_fake(sound)
        target = folder / f"{rng.integers(2**40):010x}.wav"
        soundfile.write(target, sound, RATE, subtype="PCM_16")
        rows.append((target.name, label, speaker))
    return pd.DataFrame(rows, columns=["path", "label", "speaker"])


def controls(results, real, folder, args):
    n_alarms = n_minded = 0
    for seed in range(args.controls):
        table = written(real, folder / "control", seed)
        report, _ = audited(table, folder / "control", args.jobs)
        alarms = report.table[report.table["verdict"] == "problem"]
        minded = report.table["check"].str.startswith("shortcut:") & (report.table["verdict"] == "mind")
        n_alarms += bool(len(alarms))
        n_minded += bool(minded.any())
        for _, row in alarms.iterrows():
            print(f"  control {seed}: {row['check']}: {row['found'][:150]}")
    print(f"  {args.controls} clean corpora: {n_alarms} with a problem, {n_minded} with a shortcut to mind")
    narrow = written(real, folder / "narrow", 0, change_fake=band_limited)
    results.figure("clean corpora with a problem", n_alarms, unit=f"of {args.controls}", at_most=0.05 * args.controls)
    print("Fakes band-limited to 4 kHz")
    show(*audited(narrow, folder / "narrow", args.jobs))
    table = written(real, folder / "copies", 0)
    rng = np.random.default_rng(1)
    copied = rng.choice(len(table), round(0.05 * len(table)), replace=False)
    rows = []
    for i in copied:
        sound = soundfile.read(folder / "copies" / table["path"][i], dtype="float32")[0]
        name = f"{rng.integers(2**40):010x}.mp3"
        soundfile.write(folder / "copies" / name, sound, RATE)
        rows.append((name, table["label"][i], f"another{i}"))
    table = pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
    print(f"{len(copied)} clips (5 %) once more as mp3")
    report, seconds = audited(table, folder / "copies", args.jobs)
    planted = {(int(i), len(table) - len(copied) + n) for n, i in enumerate(copied)}
    found = set(zip(report.copies["first"].tolist(), report.copies["second"].tolist(), strict=True))
    print(f"  planted {len(planted)}, found {len(found & planted)}, other pairs {len(found - planted)}")
    results.figure("planted copies found", len(found & planted) / len(planted), unit="", at_least=0.95)
    results.figure("other pairs", len(found - planted), unit="", at_most=0)
    show(report, seconds)


def band_limited(sound):
    return soxr.resample(soxr.resample(sound, RATE, 8000), 8000, RATE)[: len(sound)]


def audited(table, folder, jobs):
    table.to_csv(folder / "clips.csv", index=False)
    return timed(load_table(folder / "clips.csv"), jobs)


def scale(results, frame, folder, args):
    folder.mkdir()
    rows = []
    frame = frame.sample(frac=1, random_state=0)
    for speed in SPEEDS:
        for path, target in zip(frame["path"], frame["target"], strict=True):
            if len(rows) == args.n_clips:
                break
            sound = soxr.resample(load_audio(path, RATE), RATE * speed, RATE)
            name = f"{len(rows)}.wav"
            soundfile.write(folder / name, sound, RATE, subtype="PCM_16")
            rows.append((name, target))
    table = pd.DataFrame(rows, columns=["path", "label"])
    report, seconds = audited(table, folder, args.jobs)
    length = report.clips["duration_s"].mean()
    print(
        f"  {len(rows)} clips of {length:.2f} s on average: {seconds:.0f} s, {1000 * seconds / len(rows):.1f} ms a clip"
    )
    print(f"  {len(report.copies)} pairs that share sound")
    results.figure("a clip", 1000 * seconds / len(rows), unit="ms")


if __name__ == "__main__":
    main(__name__)
