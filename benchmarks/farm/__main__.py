"""Make fakes from a corpus's real clips: ``python -m benchmarks.farm CORPUS OUT``."""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.farm import TEXTS
from benchmarks.farm._corpus import RATE, UNKNOWN, Row, balanced, finished, real_clips, seed, write, write_manifest
from benchmarks.farm._generators import GENERATORS


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.farm", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder with manifest.csv")
    parser.add_argument("out", type=Path, help="a folder for the fakes and their manifest.csv")
    parser.add_argument("--generators", nargs="*", metavar="NAME", help="which (default: all)")
    parser.add_argument("--opus", default="libopusneural.so", help="the built Opus library")
    parser.add_argument("--n-clips", type=int, help="at most so many clips a generator")
    args = parser.parse_args(argv)
    names = [generator.name for generator in GENERATORS]
    if unknown := set(args.generators or []) - set(names):
        parser.error(f"no generator {sorted(unknown)[0]!r}; there are {', '.join(names)}")
    clips = real_clips(args.corpus)
    for generator in GENERATORS:
        if args.generators and generator.name not in args.generators:
            continue
        start = time.perf_counter()
        try:
            make = generator.start(args)
        except ModuleNotFoundError as error:
            print(f"{generator.name}: skipped, {error.name} is not installed", flush=True)
            continue
        rows = list(made(generator, make, clips, args))
        write_manifest(args.out / "manifest.csv", rows)
        print(f"{generator.name}: {len(rows)} clips in {time.perf_counter() - start:.0f} s", flush=True)


def made(generator, make, clips, args):
    """Write the clips of one generator, and yield their rows."""
    n = generator.n_clips if args.n_clips is None else min(args.n_clips, generator.n_clips or args.n_clips)
    if generator.kind == "tts":
        jobs = [(f"{i:04d}", text, None) for i, text in enumerate(TEXTS * (n // len(TEXTS) + 1))][:n]
    else:
        jobs = [(Path(clip.path).stem, clip.sound, clip) for clip in balanced(clips, n, generator.name)]
    for stem, given, clip in jobs:
        rng = np.random.default_rng(seed(generator.name, stem))
        result = make(given, rng)
        sound, voice = result if isinstance(result, tuple) else (result, None)
        path = Path(generator.name, f"{stem}.flac")
        sound = finished(sound, len(clip.sound) if generator.kind == "copy" else None)
        write(args.out / path, sound)
        yield Row(
            path=str(path),
            split="train",
            label="fake",
            generator=generator.name,
            speaker=clip.speaker if clip else f"{generator.name}-{voice}",
            source=clip.source if clip else f"farm-{generator.name}",
            duration_s=round(len(sound) / RATE, 3),
            licence=f"{generator.licence}; real clip: {clip.licence}" if clip else generator.licence,
            kind=generator.kind,
            source_path=clip.path if clip else UNKNOWN,
            text=UNKNOWN if clip else given,
        )


if __name__ == "__main__":
    main()
