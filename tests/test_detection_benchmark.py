"""The benchmark of detection on a tiny corpus: noise is real, and fake is noise without its high frequencies."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import lfilter
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import detection
from benchmarks._conditions import CONDITIONS, written
from benchmarks._detectors import Scores, build, is_network, names
from benchmarks._harness import main
from benchmarks._protocols import COPYING, Part, is_relative, protocols, read_corpus
from skvoicefake import CNNLSTMClassifier, MFCCTransformer
from skvoicefake.metrics import equal_error_rate

RATE = 16_000
HOMES = [f"home{i}" for i in range(5)]
HERE = "tests.test_detection_benchmark"


def manifest():
    """Real speech of five homes, each with copies; two synthesisers, a page with both labels; and a dev split."""
    rows = []

    def add(n, split, label, generator, speakers, source, licence="CC0"):
        for i in range(n):
            path = f"{split}/{label}/{source}-{generator.strip('-')}-{i}-{len(rows)}.flac"
            rows.append((path, split, label, generator, speakers[i % len(speakers)], source, licence))

    for home in HOMES:
        add(4, "train", "real", "-", [f"{home}-a", f"{home}-b"], home)
        add(2, "train", "fake", "world", [f"{home}-a"], "copies", f"derived from {home}")
    add(12, "train", "fake", "tts-x", ["x1", "x2", "-"], "engines")
    add(11, "train", "fake", "tts-y", ["y1", "y2", "y3"], "others")
    add(3, "train", "real", "-", ["p1", "p2"], "page")
    add(3, "train", "fake", "tts-z", ["p1", "-"], "page")
    add(5, "dev", "real", "-", ["d1", "d2"], "dev-page")
    add(5, "dev", "fake", "tts-x", ["d1", "-"], "dev-page")
    add(6, "dev", "real", "-", ["e1", "e2"], "home0")
    add(3, "dev", "fake", "world", ["e1"], "copies", "derived from home0")
    columns = ["path", "split", "label", "generator", "speaker", "source", "licence"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    table = manifest()
    table.to_csv(folder / "manifest.csv", index=False)
    rng = np.random.default_rng(0)
    for path, label in zip(table["path"], table["label"], strict=True):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        sound = 0.1 * rng.normal(size=4800)
        if label == "fake":
            # A mild fall, so that some are missed.
            sound = lfilter([1, rng.uniform(-0.1, 0.5)], 1, sound)
        soundfile.write(folder / path, sound, RATE)
    return folder


@pytest.fixture(scope="module")
def table(corpus):
    return read_corpus(corpus)


def tiny(random_state, cache):
    return make_pipeline(
        MFCCTransformer(duration=0.3, cache=cache, output="stats"),
        StandardScaler(),
        LogisticRegression(random_state=random_state),
    )


def tiny_network(random_state):
    network = CNNLSTMClassifier(filters=4, lstm_units=4, dense_units=4, epochs=2, random_state=random_state)
    return make_pipeline(MFCCTransformer(duration=0.3, n_mfcc=8, normalize="train"), network)


def run(corpus, folder, *options):
    file = folder / "figures.json"
    main("detection", [str(corpus), *options, "--jobs", "1", "--resamples", "50", "--folder", str(folder / "kept"),
                       "--json", str(file)])  # fmt: skip
    tables = {entry["title"]: entry["rows"] for entry in json.loads(file.read_text())["tables"]}
    return tables, {
        (row["system"], row["protocol"], row["part"], row["condition"]): row for row in tables["all figures"]
    }


# Protocols


def test_a_copy_is_at_home_where_its_original_is(table):
    copies = table[table["generator"].isin(COPYING)]
    assert copies["home"].tolist() == [licence.removeprefix("derived from ") for licence in copies["licence"]]
    others = table.drop(copies.index)
    assert others["home"].equals(others["source"])


def test_no_protocol_tests_what_it_trains_on(table):
    for parts in protocols(table).values():
        for part in parts:
            for train, test in part.splits:
                assert not set(train) & set(test)
                for rows in (train, test):
                    assert set(table["label"].iloc[rows]) == {"real", "fake"}
                assert set(table["split"].iloc[train]) == {"train"}


@pytest.mark.parametrize(
    ("protocol", "column"),
    [("speakers", "voice"), ("speakers", "speaker"), ("sources", "home"), ("sources", "speaker")],
)
def test_folds_part_no_group_and_test_every_clip(table, protocol, column):
    (part,) = protocols(table)[protocol]
    for train, test in part.splits:
        assert not (set(table[column].iloc[train]) & set(table[column].iloc[test])) - {"-"}
    assert sorted(part.tested) == np.flatnonzero(table["split"] == "train").tolist()


def test_generators_are_not_heard_in_training(table):
    parts = protocols(table)["generators"]
    assert [part.name for part in parts] == ["tts-x", "tts-y", "world"]  # tts-z has too few fakes
    for part in parts:
        ((train, test),) = part.splits
        assert part.name not in set(table["generator"].iloc[train])
        assert set(table["generator"].iloc[test]) <= {part.name, "-"}
        # Real speech is of homes that were held out, copies of it included.
        tested_homes = set(table["home"].iloc[test][table["label"].iloc[test] == "real"])
        assert tested_homes
        assert not tested_homes & set(table["home"].iloc[train])


def test_pages_and_copies(table):
    found = protocols(table)
    assert [part.name for part in found["pages"]] == ["dev-page", "page"]
    for part in found["pages"]:
        ((train, test),) = part.splits
        assert set(table["source"].iloc[test]) == {part.name}
        assert part.name not in set(table["source"].iloc[train])
    inside, dev = found["copies"]
    # All copies and the real clips of their speakers, who are half of each home's.
    assert table.iloc[inside.tested]["label"].value_counts().to_dict() == {"real": 10, "fake": 10}
    assert table.iloc[dev.tested]["speaker"].unique().tolist() == ["e1"]


def test_clips_of_unknown_speakers_stay_together(table):
    unknown = table[(table["split"] == "train") & (table["speaker"] == "-")]
    assert unknown["source"].value_counts().to_dict() == {"engines": 4, "page": 1}
    assert unknown.groupby("source")["voice"].nunique().tolist() == [1, 1]
    assert not set(unknown["voice"]) & set(table["speaker"])


def test_copies_are_of_known_speakers(corpus, tmp_path):
    changed = manifest()
    of_nobody = (changed["source"] == "home1") | (changed["licence"] == "derived from home1")
    changed.loc[of_nobody, "speaker"] = "-"
    changed.to_csv(tmp_path / "manifest.csv", index=False)
    (part,) = [part for part in protocols(read_corpus(tmp_path), ["copies"])["copies"] if part.name == "train"]
    tested = changed.iloc[part.tested]
    assert "-" not in set(tested["speaker"])
    assert tested["label"].value_counts().to_dict() == {"real": 8, "fake": 8}


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("flite", "flite", True),
        ("opentts-flite", "flite", True),
        ("larynx-glowtts+hifigan", "opentts-glow-speak", True),
        ("world-vc-any", "world", True),
        ("hibari-kokoro", "kokoro", True),
        ("fastspeech2+hifigan", "transformer-tts+hifigan", False),
        ("opentts-flite", "opentts-festival", False),
        ("ppg-vc", "world-vc", False),
        ("tts-x", "tts-y", False),
        ("hifigan", "fastspeech2+hifigan", True),
        ("e1tts", "e1tts-token-recon", True),
    ],
)
def test_relatives_of_generators(name, other, expected):
    assert is_relative([name], {other}).tolist() == [expected]
    assert is_relative([other], {name}).tolist() == [expected]


def test_relatives_of_a_generator_are_not_heard(tmp_path):
    renamed = manifest().replace({"generator": {"tts-y": "opentts-x", "tts-z": "tts-other"}})
    renamed.to_csv(tmp_path / "manifest.csv", index=False)
    parts = {part.name: part for part in protocols(read_corpus(tmp_path), ["generators"])["generators"]}
    for name in ("tts-x", "opentts-x"):
        ((train, test),) = parts[name].splits
        assert set(renamed["generator"].iloc[train]) == {"-", "world", "tts-other"}
        assert set(renamed["generator"].iloc[test]) == {"-", name}


def test_extra_clips_join_training_where_they_may(corpus, table, tmp_path):
    real = table[(table["split"] == "train") & (table["label"] == "real")]
    made = real.assign(source_path=real["path"], path="made/" + real["path"], label="fake", generator="world-any")
    made.drop(columns=["file", "home", "unit"]).to_csv(tmp_path / "manifest.csv", index=False)
    more = read_corpus(corpus, [tmp_path])
    assert more["file"].iloc[-1].startswith(str(tmp_path))
    for protocol, parts in protocols(more).items():
        for part, before in zip(parts, protocols(table)[protocol], strict=True):
            for (train, test), (train_before, test_before) in zip(part.splits, before.splits, strict=True):
                assert np.array_equal(test, test_before)
                assert np.array_equal(train[: len(train_before)], train_before)
                added, tested = more.iloc[train[len(train_before) :]], more.iloc[test]
                assert not set(added["source_path"]) & set(tested["path"])
                # dev has copies by WORLD, as have the copies that its model is tested on.
                assert (len(added) == 0) == (part.name in ("world", "dev"))
                if protocol in ("sources", "generators", "pages"):
                    assert not set(added["home"]) & set(tested["home"])
                if protocol == "speakers":
                    assert not set(added["speaker"]) & set(tested["speaker"])


def test_a_manifest_without_a_column(tmp_path):
    manifest().drop(columns="speaker").to_csv(tmp_path / "manifest.csv")
    with pytest.raises(SystemExit, match="has no column 'speaker'"):
        read_corpus(tmp_path)


# Conditions


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_are_written_once(condition, table, tmp_path):
    files = table["file"].iloc[:2].tolist()
    names = table["path"].iloc[:2].tolist()
    heard = written(files, names, condition, tmp_path, n_jobs=1)
    before = [soundfile.read(file)[0] for file in heard]
    for sound, file in zip(before, files, strict=True):
        clean = soundfile.read(file)[0]
        assert 0 < np.max(np.abs(sound)) <= 1
        assert len(sound) <= len(clean)
        if condition != "trimmed":  # There is nothing to trim.
            assert len(sound) == len(clean)
            assert not np.array_equal(sound, clean)
    made = [file.stat().st_mtime_ns for file in sorted(tmp_path.rglob("*.flac"))]
    assert written(files, names, condition, tmp_path, n_jobs=1) == heard
    assert [file.stat().st_mtime_ns for file in sorted(tmp_path.rglob("*.flac"))] == made


def test_a_condition_depends_on_the_clip_and_not_on_where_it_lies(table, tmp_path, monkeypatch):
    sound, other = (soundfile.read(file)[0] for file in table["file"].iloc[:2])
    (tmp_path / "a").mkdir()
    soundfile.write(tmp_path / "a" / "clip.flac", sound, RATE)

    def heard(file, folder, name="clip.flac"):
        (made,) = written([str(file)], [name], "noise 10 dB", tmp_path / folder, n_jobs=1)
        return soundfile.read(made)[0]

    first = heard(tmp_path / "a" / "clip.flac", "kept")
    monkeypatch.chdir(tmp_path)
    assert np.array_equal(heard("a/clip.flac", "elsewhere"), first)
    assert not np.array_equal(heard("a/clip.flac", "kept", "other.flac"), first)
    soundfile.write("a/clip.flac", other, RATE)
    assert not np.array_equal(heard("a/clip.flac", "kept"), first)
    assert np.array_equal(heard("a/clip.flac", "kept"), heard("a/clip.flac", "new"))


# Scores and figures


def test_detectors_by_name(tmp_path):
    for name in names():
        detector = build(name, seed=3, cache=tmp_path, n_jobs=2)
        assert is_network(detector) == ("CNN" in name)
    assert build(f"{HERE}:tiny", seed=3, cache=tmp_path, n_jobs=2)[-1].random_state == 3
    with pytest.raises(SystemExit, match="No detector 'nothing'"):
        build("nothing", seed=0, cache=None, n_jobs=None)


def test_figures_are_those_of_held_out_scores(corpus, table, tmp_path, capsys):
    name = f"{HERE}:tiny"
    tables, figures = run(corpus, tmp_path, "--systems", name, "--conditions", "noise 10 dB")
    train, dev = (table[table["split"] == split] for split in ("train", "dev"))
    detector = tiny(0, None).fit(train["file"].tolist(), train["label"])
    for condition in ("clean", "noise 10 dB"):
        files = dev["file"].tolist()
        if condition != "clean":
            files = written(files, dev["path"].tolist(), condition, tmp_path / "mine", n_jobs=1)
        row = figures[name, "dev", "dev", condition]
        assert row["EER"] == pytest.approx(equal_error_rate(dev["label"], detector.decision_function(files)))
        assert row["EER low"] <= row["EER"] <= row["EER high"]
        assert (row["n_real"], row["n_fake"]) == (11, 8)
    assert row["accuracy"] == pytest.approx(detector.score(files, dev["label"]))
    # A page is tested by the same model.
    page = dev[dev["source"] == "dev-page"]
    expected = equal_error_rate(page["label"], detector.decision_function(page["file"].tolist()))
    assert figures[name, "pages", "dev-page", "clean"]["EER"] == pytest.approx(expected)
    assert {protocol for _, protocol, _, _ in figures} == set(detection.PROTOCOLS)
    printed = capsys.readouterr().out
    assert all(title in printed for title in tables if title != "all figures")
    assert "dev under conditions: EER in %" in tables


def test_folds_without_a_clip_of_a_protocol_are_not_trained(table, tmp_path):
    train, dev = (np.flatnonzero(table["split"] == split) for split in ("train", "dev"))
    part = Part("part", ((train, dev), (train[1:], np.array([], dtype=int))))
    store = Scores(table, tmp_path, n_jobs=1)
    scored, seconds = detection._scored(store, f"{HERE}:tiny", 0, {"copies": [part]}, [part], [])
    assert scored["clean"]["part"].shape == dev.shape
    assert len(seconds) == len(list((tmp_path / "scores").iterdir())) == 1


def test_what_was_scored_is_not_scored_again(corpus, table, tmp_path):
    options = ["--systems", f"{HERE}:tiny", "--protocols", "sources", "dev", "--conditions"]
    _, first = run(corpus, tmp_path, *options)
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "kept" / "scores").iterdir()}
    assert len(files) == 6
    _, again = run(corpus, tmp_path, *options)
    assert again == first
    assert {file: file.stat().st_mtime_ns for file in files} == files
    # Pages that the training set of dev is for are scored already, those of train need one more.
    run(corpus, tmp_path, "--systems", f"{HERE}:tiny", "--protocols", "pages", "--conditions")
    assert len(list((tmp_path / "kept" / "scores").iterdir())) == 7
    assert {file: file.stat().st_mtime_ns for file in files} == files
    # Nor does it depend on the number of threads. Another detector, or another seed, is not taken for this one.
    train = np.flatnonzero(table["split"] == "train")
    store = Scores(table, tmp_path / "kept", n_jobs=2)
    dev = np.flatnonzero(table["split"] == "dev")
    store.get(f"{HERE}:tiny", 0, train, {"clean": dev})
    assert len(list((tmp_path / "kept" / "scores").iterdir())) == 7
    store.get("trivial features", 0, train, {"clean": train[:3]})
    assert len(list((tmp_path / "kept" / "scores").iterdir())) == 8
    store.get("trivial features", 1, train, {"clean": train[:3]})
    assert len(list((tmp_path / "kept" / "scores").iterdir())) == 9


@pytest.fixture
def own(tmp_path):
    """Return a folder with a corpus of its own, whose clips and labels may be changed, and its manifest."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "own"
    folder.mkdir()
    clips = pd.DataFrame({"path": [f"{i}.flac" for i in range(16)], "split": ["train"] * 12 + ["dev"] * 4})
    clips["label"] = ["real", "fake"] * 8
    clips["generator"] = ["-", "tts"] * 8
    clips["speaker"] = clips["source"] = clips["licence"] = "-"
    for path, label in zip(clips["path"], clips["label"], strict=True):
        sound = 0.1 * rng.normal(size=4800)
        soundfile.write(folder / path, lfilter([1, 0.8], 1, sound) if label == "fake" else sound, RATE)
    clips.to_csv(folder / "manifest.csv", index=False)
    return folder, clips


def test_scores_are_made_anew_when_clips_labels_or_code_change(own, tmp_path, monkeypatch):
    folder, clips = own
    rng = np.random.default_rng(2)

    def scores(kept="kept"):
        store = Scores(read_corpus(folder), tmp_path / kept, n_jobs=1)
        return store.get(f"{HERE}:tiny", 0, np.arange(12), {"clean": np.arange(12, 16)})[0]["clean"]

    first = scores()
    # A clip that is tested, one that is trained on, then labels.
    for path in ("13.flac", "3.flac"):
        soundfile.write(folder / path, 0.1 * rng.normal(size=4800), RATE)
        changed = scores()
        assert (changed != first).tolist() == ([False, True, False, False] if path == "13.flac" else [True] * 4)
        assert np.array_equal(changed, scores("new for " + path))
        first = changed
    clips["label"] = clips["label"].map({"real": "fake", "fake": "real"})
    clips.to_csv(folder / "manifest.csv", index=False)
    assert np.allclose(scores(), -first)
    n_files = len(list((tmp_path / "kept" / "scores").iterdir()))
    monkeypatch.setattr("benchmarks._detectors.code_digest", lambda: "another")
    scores()
    assert len(list((tmp_path / "kept" / "scores").iterdir())) == n_files + 1


def test_extra_clips_are_not_taken_for_those_of_the_same_name(own, tmp_path):
    folder, clips = own
    more = tmp_path / "more"
    more.mkdir()
    for path in clips["path"]:
        soundfile.write(more / path, np.zeros(4800) + 0.1, RATE)
    clips.to_csv(more / "manifest.csv", index=False)
    found = []
    for extra in ([], [more]):
        store = Scores(read_corpus(folder, extra), tmp_path / f"kept {len(extra)}", n_jobs=1)
        conditions = {"clean": np.arange(12, 16), "noise 10 dB": np.arange(12, 16)}
        found.append(store.get(f"{HERE}:tiny", 0, np.arange(12), conditions)[0])
    assert all(np.array_equal(found[0][condition], found[1][condition]) for condition in conditions)


def test_the_time_of_a_training_is_of_the_first(own, tmp_path):
    store = Scores(read_corpus(own[0]), tmp_path, n_jobs=1)
    took = [store.get(f"{HERE}:tiny", 0, np.arange(12), {"clean": np.array([row])})[1] for row in (12, 13)]
    assert took[0] == took[1]


def test_protocols_that_a_corpus_has_too_little_for(own, tmp_path, capsys):
    _, figures = run(own[0], tmp_path, "--systems", f"{HERE}:tiny", "--conditions")
    # Whose speaker and source are not known ties a clip to no other.
    assert {protocol for _, protocol, _, _ in figures} == {"random", "speakers", "sources", "dev"}
    printed = capsys.readouterr().out
    for protocol in ("generators", "pages", "copies"):
        assert printed.count(f"{protocol} does not apply: ") == 1
    # What is not asked for is not looked at.
    run(own[0], tmp_path, "--systems", f"{HERE}:tiny", "--conditions", "--protocols", "dev")
    assert "does not apply" not in capsys.readouterr().out
    with pytest.raises(SystemExit, match="None of these protocols"):
        run(own[0], tmp_path, "--protocols", "copies")


@pytest.mark.slow
def test_networks_are_trained_with_several_seeds(corpus, tmp_path):
    name = f"{HERE}:tiny_network"
    tables, figures = run(corpus, tmp_path, "--systems", name, "--protocols", "dev", "--conditions", "--seeds", "2")
    row = figures[name, "dev", "dev", "clean"]
    assert len(row["AUC seeds"]) == 2
    assert row["AUC"] == pytest.approx(np.mean(row["AUC seeds"]))
    assert len(set(row["Cllr seeds"])) == 2
    assert "-" in tables["dev: dev, 11 real, 8 fake"][0]["EER of seeds"]
