"""How well are partly fake recordings found, and the fake in them? ``python -m benchmarks.splices CORPUS``.

CORPUS is a folder as `benchmarks.detection` takes it. Recordings are built of clips of its dev split (_recordings):
real ones, fake ones, and real ones but for one sentence. A detector that was fitted to the train split judges windows
of them. Intervals are of 95 %, over the sources of the clips; there are few.

segment EER    of windows, fake where at least half is [1, 2]
range EER      of moments, each scoring the mean of its windows, by their seconds [3]
localisation   of the stretch that `inspection.timeline` calls least real, beside what else was tried

[1] Zhang, Wang, Cooper, Yamagishi, Patino, Evans, "An initial investigation for detecting partially spoofed audio",
    Interspeech 2021.
[2] Zhang, Wang, Cooper, Evans, Yamagishi, "The PartialSpoof database and countermeasures for the detection of short
    fake speech segments embedded in an utterance", IEEE/ACM TASLP 31, 2023.
[3] Zhang, Wang, Cooper, Evans, Yamagishi, "Range-based equal error rate for spoof localization", Interspeech 2023.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks._harness import Results
from benchmarks._protocols import read_corpus
from benchmarks.splices._figures import ROUNDS, Judged, localisation, occlusions, segments, verdicts
from benchmarks.splices._recordings import recordings
from skvoicefake.inspection import timeline

WINDOWS = [(3.0, 1.0), (2.0, 0.5), (1.0, 0.5)]  # seconds, and from one to the next


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.splices", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder with manifest.csv")
    parser.add_argument(
        "--detector", metavar="FILE", help="a fitted one, by joblib; default: fit one to the train split"
    )
    parser.add_argument("--farm", type=Path, nargs="*", default=[], help="more clips to fit it to")
    parser.add_argument("--recordings", type=int, default=20, metavar="N", help="of every kind and source (20)")
    parser.add_argument("--explained", type=int, default=6, metavar="N", help="of every source, for occlusion (6)")
    parser.add_argument("--resamples", type=int, default=ROUNDS, metavar="N", help=f"of an interval ({ROUNDS})")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args(argv)

    table = read_corpus(args.corpus, args.farm)
    detector = fitted(table[table["split"] != "dev"], args)
    dev = table[table["split"] == "dev"]
    built = recordings(dev, n_each=args.recordings)
    if not built:
        raise SystemExit(f"{args.corpus}: no source of the dev split has clips enough of both classes.")
    seconds = [len(recording.waveform) / 16_000 for recording in built]
    print(f"{len(built)} recordings of {np.mean(seconds):.1f} s on average", flush=True)
    results = Results("splices")
    for window, hop in WINDOWS:
        judged = [Judged(recording, timeline(detector, recording.waveform, window, hop)) for recording in built]
        title = f"windows of {window:g} s every {hop:g} s"
        results.table(f"Verdicts, {title}", verdicts(judged, args.resamples))
        results.table(f"Windows of partly fake recordings, {title}", segments(judged, args.resamples))
        results.table(f"Where the fake is, {title}", localisation(judged, args.resamples))
    if args.explained:
        short = [found for found in recordings(dev, n_each=args.explained, n_sentences=4) if found.kind != "fake"]
        results.table("Occlusion, by what takes the place of a part", occlusions(detector, short))


def fitted(clips, args):
    """Return a detector that was stored, or the recipe fitted to clips; extra ones are no part of the calibration."""
    import joblib

    if args.detector:
        return joblib.load(args.detector)
    from skvoicefake.detectors import recommended_detector

    weights = (clips["split"] != "extra").to_numpy(float)
    return recommended_detector(n_jobs=args.jobs).fit(
        clips["file"].tolist(), clips["label"], clf__groups=clips["home"].to_numpy(), clf__sample_weight=weights
    )


if __name__ == "__main__":
    main()
