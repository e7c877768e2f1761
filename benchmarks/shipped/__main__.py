"""Train the detector that is in the package: ``python -m benchmarks.shipped CORPUS FARM``.

CORPUS is a folder as `benchmarks.detection` takes it; FARM is what ``python -m benchmarks.farm CORPUS FARM`` made of
it, or several such. `recommended_detector()` is fitted twice, with seed 0: to the train split and the fakes made from
it, and judged on the dev split, clean, under the robustness conditions, and by what its guard says; then to all clips,
which is what is written. What the dev split shares a generator with, of the fakes, is left out of the first. With the
same versions of NumPy, SciPy and scikit-learn, the same clips give the same detector, but for the last digits.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._conditions import CONDITIONS, written
from benchmarks._protocols import groups_of, is_relative, protocols, read_corpus
from benchmarks.shipped._card import card_of
from benchmarks.shipped._leaning import changes, followed
from skvoicefake.detectors import ModelCard, _shipped, recommended_detector
from skvoicefake.detectors._freezing import freeze
from skvoicefake.metrics import UpsideDownWarning, cllr, equal_error_rate
from skvoicefake.metrics._bootstrap import intervals

# Fakes that are closest to what is met elsewhere: neural vocoders and parametric ones. Others of the farm were tried,
# and made the figures on sources not met worse or no better.
GENERATORS = ("fargan", "dred-fargan", "fargan-vc", "psola-fargan", "world-any", "lpc-vocoder")
FALSE_ALARMS = 0.01
PERCENT = {"EER": 100}
NOTE = (
    "Intervals of 95 %, over sources. Error rates count all clips, also those that get no verdict. Nothing met in"
    " training: no clip of the speaker, the source or a relative of the generator."
)
FIGURES = {"EER": equal_error_rate, "AUC": roc_auc_score, "Cllr": cllr}


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shipped", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder with manifest.csv")
    parser.add_argument("farm", nargs="+", type=Path, help="folders of fakes made from its train split")
    parser.add_argument("--out", type=Path, default=Path(str(_shipped.FOLDER)), help="default: in the package")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the card there too (docs/model_card.md)")
    parser.add_argument("--conditions", nargs="*", metavar="NAME", choices=list(CONDITIONS), default=list(CONDITIONS))
    parser.add_argument("--folder", type=Path, default=Path("detection"), help="where features and conditions are kept")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args(argv)

    table = read_corpus(args.corpus, args.farm)
    table = table[(table["split"] != "extra") | table["generator"].isin(GENERATORS)].reset_index(drop=True)
    ((train, dev),) = protocols(table, ["dev"])["dev"][0].splits
    detector, _ = fitted(table, train, args)
    tables, points = judged(detector, table, train, dev, args)
    detector, seconds = fitted(table, np.arange(len(table)), args)
    card = card_of(table, tables, points, seconds, args)
    freeze(detector, args.out, card=card, clips=table["file"].tolist()[:: max(1, len(table) // 400)])
    if args.page:
        ModelCard(card).to_markdown(args.page)
    for found in tables:
        print(f"\n{found['title']}")
        for row in [found["columns"], *found["rows"]]:
            print("  ".join(map(_text, row)))
    size = sum(file.stat().st_size for file in args.out.iterdir() if file.name.startswith("detector."))
    print(f"\n{args.out}: {size / 1e6:.2f} MB, trained in {seconds:.0f} s on {len(table)} clips")


def fitted(table, rows, args):
    """Return a detector of these clips, and the seconds that it took.

    The farm's fakes are no part of the calibration: their generators are heard in every fold, so scores of theirs are
    surer than those of fakes that are met elsewhere.
    """
    start = time.perf_counter()
    clips = table.iloc[rows]
    detector = recommended_detector(n_jobs=args.jobs, random_state=0)
    weights = (clips["split"] != "extra").to_numpy(float)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "TreesAndKernel.fit takes no sample_weight")  # as it should be
        detector.fit(
            clips["file"].tolist(),
            clips["label"].to_numpy(),
            clf__groups=clips["home"].to_numpy(),
            clf__sample_weight=weights,
        )
    print(f"fitted to {len(rows)} clips in {time.perf_counter() - start:.0f} s", flush=True)
    return detector, time.perf_counter() - start


def judged(detector, table, train, rows, args):
    """Return what the detector scores on clips it was not trained on, as tables of a card, and operating points."""
    clips = table.iloc[rows]
    labels, groups = clips["label"].to_numpy(), groups_of(table, rows)
    n_real, n_fake = np.sum(labels == "real"), np.sum(labels == "fake")
    is_new = unmet(table.iloc[train], clips)
    lines, clean = [], None
    for condition in ["clean", *args.conditions]:
        heard = clips["file"].tolist()
        if condition != "clean":
            heard = written(heard, clips["path"].tolist(), condition, args.folder / "conditions", n_jobs=args.jobs)
        scores = detector.estimator_.decision_function(heard)
        clean = scores if clean is None else clean
        has_remark = detector.remarks(heard) != ""
        lines.append([condition, *figures_of(labels, scores, groups, has_remark)])
        if condition == "clean" and len(np.unique(labels[is_new])) == 2:
            some = (labels[is_new], scores[is_new], groups[is_new], has_remark[is_new])
            lines.append([f"clean, {is_new.sum()} clips of nothing met in training", *figures_of(*some)])
    columns = ["condition", "EER %", "AUC", "Cllr", "real called fake, %", "fakes called real, %"]
    columns += ["no verdict, % of real", "no verdict, % of fakes"]
    tables = [
        {
            "title": f"Trained on the train split, tested on the dev split: {n_real} real, {n_fake} fake clips",
            "columns": columns,
            "rows": lines,
            "note": NOTE,
        }
    ]
    tables.append(by_generator(clean, clips))
    files = clips["file"].tolist()
    tables += [changes(detector.estimator_, files, labels), followed(clean, files, labels, n_jobs=args.jobs)]
    real, fake = clean[labels == "real"], clean[labels == "fake"]
    points = []
    for name, threshold in (
        ("equal error rate", equal_error_rate(labels, clean, return_threshold=True)[1]),
        ("1 % of real speech called fake", float(np.quantile(real, FALSE_ALARMS))),
        ("as likely real as fake (0)", 0.0),
    ):
        points.append(
            {
                "name": name,
                "threshold": threshold,
                "real_called_fake": float(np.mean(real < threshold)),
                "fake_called_real": float(np.mean(fake >= threshold)),
                "measured_on": "dev split, clean, by the detector of the train split",
            }
        )
    return tables, points


def figures_of(labels, scores, groups, has_remark):
    """Return the cells of a line: figures with intervals, and the shares of both classes that get no verdict."""
    try:
        drawn = intervals(FIGURES, labels, scores, groups=groups, n_resamples=1000, random_state=0, pos_label="real")
    except ValueError:  # Too few groups hold a class.
        drawn = dict.fromkeys(FIGURES, (np.nan, np.nan))
    cells = []
    for name, figure in FIGURES.items():
        value = figure(labels == "real", scores) if name == "AUC" else figure(labels, scores)
        found = [float(PERCENT.get(name, 1) * part) for part in (value, *drawn[name])]
        cells.append(found if np.isfinite(found).all() else found[0])
    wrong = [100 * float(np.mean((scores[labels == label] > 0) != (label == "real"))) for label in ("real", "fake")]
    return [*cells, *wrong, *(100 * float(np.mean(has_remark[labels == label])) for label in ("real", "fake"))]


def unmet(trained, tested):
    """Say of every tested clip whether its speaker, source and generator are all none of those of training."""
    is_met = np.zeros(len(tested), dtype=bool)
    for key in ("speaker", "source", "home"):
        is_met |= tested[key].isin(set(trained[key]) - {"-"}).to_numpy()
    known = set(trained["generator"]) - {"-"}
    return ~(is_met | (is_relative(tested["generator"], known) & (tested["generator"] != "-").to_numpy()))


def by_generator(scores, clips):
    """Return a table of a card: error rates of every generator beside the real clips of its own source, or else all."""
    labels, rows = clips["label"].to_numpy(), []
    for (source, name), fakes in clips[labels == "fake"].groupby(["source", "generator"]):
        real = (labels == "real") & (clips["source"] == source).to_numpy()
        beside = "of its source" if real.any() else "all"
        real = real if real.any() else labels == "real"
        use = real | clips.index.isin(fakes.index)
        with warnings.catch_warnings():  # Worse than chance is a result.
            warnings.simplefilter("ignore", UpsideDownWarning)
            eer = 100 * float(equal_error_rate(labels[use], scores[use]))
        rows.append([name, source, len(fakes), f"{np.sum(real)}, {beside}", eer])
    columns = ["generator", "source", "fakes", "real clips", "EER %"]
    note = (
        "With so few clips, 10 points to either side mean little. Above 50: its fakes pass for more real than people."
    )
    return {
        "title": "The same, by generator",
        "columns": columns,
        "rows": sorted(rows, key=lambda row: row[-1]),
        "note": note,
    }


def _text(value):
    if isinstance(value, list):
        return "{:.3g} [{:.3g}, {:.3g}]".format(*value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
