"""How well do detectors tell real from fake speech of voices, sources, generators and channels they have not met?

Run it as ``python -m benchmarks.detection CORPUS``: a folder with a table manifest.csv with the columns path, split
(train or dev), label (real or fake), generator, speaker, source and licence, "-" for what is not known. Protocols:

random      a fifth of the train split at random, as in most notebooks
speakers    folds of the train split by speaker; clips of a source whose speakers are not known stay together
sources     folds of the train split by source; a copy counts to the source of the clip it was made from
generators  every generator of the train split beside real speech of sources that were held out with it; nothing is
            trained on that shares a word of its name, but for those that name no generator (_protocols.NO_GENERATORS)
dev         trained on the train split, tested on the dev split
pages       every source with both labels by itself, trained on the train split without it
copies      copy-synthesis of known speakers beside their real clips, by the models of sources and dev

Networks are trained with several seeds; their figures are means. The sources and dev protocols are repeated under the
robustness conditions. Clips of extra folders, such as fakes made from the train split (benchmarks.farm), join training
where they share with the test nothing that the protocol parts: no source, speaker, generator, nor the clip that they
were made of (column source_path). dev and pages have no extra clips of generators that they test, either.

Everything that was scored is kept in a folder, and not done again: a run that was stopped goes on where it was, and one
with more detectors does these alone. If a clip, a label or the code of the package changes, what depends on it is done
anew. A protocol that a corpus has too little for is left out, with a line that says so.
"""

import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks import _detectors
from benchmarks._conditions import CONDITIONS
from benchmarks._detectors import CLEAN, Scores
from benchmarks._harness import main
from benchmarks._protocols import PROTOCOLS, groups_of, protocols, read_corpus
from skvoicefake.metrics import UpsideDownWarning, cllr, equal_error_rate, min_detection_cost
from skvoicefake.metrics._bootstrap import intervals

UNDER_CONDITIONS = ("sources", "dev")
FIGURES = {"EER": equal_error_rate, "AUC": roc_auc_score, "minDCF": min_detection_cost, "Cllr": cllr}
PERCENT = ("EER", "accuracy")


def add_arguments(parser):
    parser.add_argument("corpus", type=Path, help="a folder with manifest.csv")
    parser.add_argument("--systems", nargs="+", metavar="NAME", help="detectors, or module:function (default: all)")
    parser.add_argument("--protocols", nargs="+", metavar="NAME", choices=PROTOCOLS, default=PROTOCOLS)
    parser.add_argument("--conditions", nargs="*", metavar="NAME", choices=list(CONDITIONS), default=list(CONDITIONS))
    parser.add_argument(
        "--extra",
        nargs="+",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="more clips to train on, each with a manifest",
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings of a network (default: 5)")
    parser.add_argument("--resamples", type=int, default=1000, help="of an interval (default: 1000)")
    parser.add_argument("--folder", type=Path, default=Path("detection"), help="where scores and features are kept")
    parser.add_argument("--jobs", type=int, default=2)


def measure(results, args):
    table = read_corpus(args.corpus, args.extra)
    plan = protocols(table, [name for name in PROTOCOLS if name in args.protocols])
    if not plan:
        raise SystemExit("None of these protocols applies to this corpus.")
    store = Scores(table, args.folder, n_jobs=args.jobs)
    rows, seconds = [], defaultdict(list)
    for system in args.systems or _detectors.names():
        network = _detectors.is_network(_detectors.build(system, seed=0, cache=None, n_jobs=None))
        for protocol, parts in plan.items():
            conditions = [CLEAN, *(args.conditions if protocol in UNDER_CONDITIONS else [])]
            found = {condition: [] for condition in conditions}
            for seed in range(args.seeds if network else 1):
                scored, took = _scored(store, system, seed, plan, parts, args.conditions)
                seconds[system] += took
                for condition in conditions:
                    found[condition].append(scored[condition])
            for condition in conditions:
                for part in parts:
                    figures = _figures(table, part, [some[part.name] for some in found[condition]], args)
                    rows.append({"system": system, "protocol": protocol, "part": part.name, "condition": condition})
                    rows[-1] |= figures
            print(f"  {system}: {protocol}", flush=True)
    _report(results, rows, seconds, plan)


def _scored(store, system, seed, plan, parts, conditions):
    """Return the scores of the clips of every part, {condition: {part: scores}}, and the seconds of each training.

    A training set is fitted once, and all that any protocol wants of it scored.
    """
    scored, seconds = {CLEAN: {}} | {condition: {} for condition in conditions}, []
    for part in parts:
        pieces = {condition: [] for condition in scored}
        for train, test in part.splits:
            wanted = {CLEAN: [test]}
            for protocol, others in plan.items():
                tests = [there for other in others for same, there in other.splits if np.array_equal(same, train)]
                for condition in (CLEAN, *(conditions if protocol in UNDER_CONDITIONS else ())):
                    wanted.setdefault(condition, []).extend(tests)
            wanted = {condition: np.unique(np.concatenate(tests)) for condition, tests in wanted.items() if tests}
            found, took = store.get(system, seed, train, wanted)
            if took is not None:  # None is of a training that nothing was wanted of
                seconds.append(took)
            for condition, scores in found.items():
                place = np.searchsorted(wanted[condition], test)
                if set(test) <= set(wanted[condition]):
                    pieces[condition].append(scores[place])
        for condition, some in pieces.items():
            if some:
                scored[condition][part.name] = np.concatenate(some)
    return scored, seconds


def _figures(table, part, trainings, args):
    """Return the figures of a part with their intervals: means over trainings."""
    tested = part.tested
    labels, groups = table["label"].to_numpy()[tested], groups_of(table, tested)
    # A detector may be worse than chance on a page: that is a result.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UpsideDownWarning)
        return _means(labels, groups, trainings, args)


def _means(labels, groups, trainings, args):
    values = {name: [] for name in (*FIGURES, "accuracy")}
    ends = {name: [] for name in FIGURES}
    for scores in trainings:
        for name, figure in FIGURES.items():
            values[name].append(figure(labels == "real", scores) if name == "AUC" else figure(labels, scores))
        values["accuracy"].append(np.mean((scores > 0) == (labels == "real")))
        try:
            drawn = intervals(
                FIGURES, labels, scores, groups=groups, n_resamples=args.resamples, random_state=0, pos_label="real"
            )
        except ValueError:  # Too few groups hold a class.
            drawn = dict.fromkeys(FIGURES, (np.nan, np.nan))
        for name, pair in drawn.items():
            ends[name].append(pair)
    row = {"n_real": int(np.sum(labels == "real")), "n_fake": int(np.sum(labels == "fake"))}
    for name, some in values.items():
        row[name] = float(np.mean(some))
        if name in ends:
            row[f"{name} low"], row[f"{name} high"] = np.mean(ends[name], axis=0).tolist()
        row[f"{name} seeds"] = [float(value) for value in some]
    return row


def _report(results, rows, seconds, plan):
    for protocol, parts in plan.items():
        for part in parts:
            here = [
                row for row in rows if (row["protocol"], row["part"], row["condition"]) == (protocol, part.name, CLEAN)
            ]
            if len(parts) <= 2:
                title = f"{protocol}: {part.name}, {here[0]['n_real']} real, {here[0]['n_fake']} fake"
                results.table(title, [_line(row) for row in here])
        if len(parts) > 2:
            results.table(f"{protocol}: EER in %", _by_part(rows, protocol))
    for protocol in plan:
        there = [row for row in rows if row["protocol"] == protocol]
        if len({row["condition"] for row in there}) > 1:
            results.table(f"{protocol} under conditions: EER in %", _by_condition(there))
    title = "A training, in seconds: features are part of it but where an earlier one, of any system, made them"
    lines = [
        {"system": system, "longest": f"{max(took):.1f}", "median": f"{np.median(took):.1f}"}
        for system, took in seconds.items()
    ]
    results.table(title, lines)
    # As they are, beside the tables as printed.
    results.tables.append({"title": "all figures", "rows": rows})


def _line(row):
    cells = {"system": row["system"]}
    for name in (*FIGURES, "accuracy"):
        scale, digits = (100, 1) if name in PERCENT else (1, 3)
        text = f"{scale * row[name]:.{digits}f}"
        if f"{name} low" in row:
            text += f" [{scale * row[f'{name} low']:.{digits}f}, {scale * row[f'{name} high']:.{digits}f}]"
        cells[f"{name} %" if name in PERCENT else name] = text
    values = [100 * value for value in row["EER seeds"]]
    cells["EER of seeds"] = f"{min(values):.1f}-{max(values):.1f}" if len(values) > 1 else ""
    return cells


def _by_part(rows, protocol):
    """Return a line a part, a column a system, and their means and worst."""
    there = [row for row in rows if row["protocol"] == protocol and row["condition"] == CLEAN]
    systems = list(dict.fromkeys(row["system"] for row in there))
    found = {(row["part"], row["system"]): 100 * row["EER"] for row in there}
    counts = {row["part"]: f"{row['n_real']} / {row['n_fake']}" for row in there}
    lines = [
        {"": part, "real / fake": n} | {system: f"{found[part, system]:.1f}" for system in systems}
        for part, n in counts.items()
    ]
    for name, summary in (("mean", np.mean), ("worst", np.max)):
        values = {system: f"{summary([found[part, system] for part in counts]):.1f}" for system in systems}
        lines.append({"": name, "real / fake": ""} | values)
    return lines


def _by_condition(there):
    systems = list(dict.fromkeys(row["system"] for row in there))
    found = {(row["condition"], row["system"]): 100 * row["EER"] for row in there}
    conditions = list(dict.fromkeys(row["condition"] for row in there))
    lines = [{"": c} | {system: f"{found[c, system]:.1f}" for system in systems} for c in conditions]
    worst = {s: max(found[c, s] for c in conditions) / max(found[CLEAN, s], 1e-9) for s in systems}
    return [*lines, {"": "worst / clean"} | {system: f"{ratio:.2f}" for system, ratio in worst.items()}]


if __name__ == "__main__":
    main(__name__)
