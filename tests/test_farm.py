import csv

import numpy as np
import pytest
import soundfile

from benchmarks.farm.__main__ import main
from benchmarks.farm._corpus import RATE, balanced, finished, real_clips
from benchmarks.farm._neural import _at_speed, _smoothed


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Five real clips of two sources, a fake one, and a real one that is not for training."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = []
    kinds = [("train", "real", "a")] * 4 + [("train", "real", "b"), ("train", "fake", "b"), ("dev", "real", "c")]
    for i, (split, label, source) in enumerate(kinds):
        n = 6000 + 1000 * i
        tone = np.sin(2 * np.pi * (400 + 100 * i) * np.arange(n) / RATE) * np.hanning(n)
        soundfile.write(folder / f"{i}.flac", 0.4 * tone + 0.02 * rng.standard_normal(n), RATE)
        rows.append([f"{i}.flac", split, label, "-", f"speaker{i}", source, n / RATE, "CC0-1.0"])
    with (folder / "manifest.csv").open("w", newline="") as file:
        header = ["path", "split", "label", "generator", "speaker", "source", "duration_s", "licence"]
        csv.writer(file).writerows([header, *rows])
    return folder


def rows_of(folder):
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def pitch_of(sound):
    return np.fft.rfftfreq(len(sound), 1 / RATE)[np.abs(np.fft.rfft(sound)).argmax()]


def test_fakes_are_made_of_real_training_clips_alone(corpus, tmp_path):
    main([str(corpus), str(tmp_path), "--generators", "griffinlim-any"])
    rows = rows_of(tmp_path)
    assert sorted(row["source_path"] for row in rows) == [f"{i}.flac" for i in range(5)]
    for row in rows:
        assert (row["split"], row["label"], row["kind"]) == ("train", "fake", "copy")
        # The copy stays with the clip's speaker and source, and is as long.
        assert row["speaker"] == f"speaker{row['source_path'][0]}"
        assert row["source"] == ("b" if row["source_path"] == "4.flac" else "a")
        assert "CC0-1.0" in row["licence"]
        real, _ = soundfile.read(corpus / row["source_path"])
        fake, rate = soundfile.read(tmp_path / row["path"])
        assert rate == RATE
        assert len(fake) == len(real)
        assert np.abs(fake).max() == pytest.approx(0.7, abs=1e-3)
        assert pitch_of(fake) == pytest.approx(pitch_of(real), abs=50)
        assert not np.allclose(fake, finished(real), atol=1e-3)


def test_a_run_can_be_repeated_and_done_in_parts(corpus, tmp_path):
    names = ["griffinlim-any", "phase-vocoder-vc"]
    main([str(corpus), str(tmp_path / "whole"), "--generators", *names, "--n-clips", "2"])
    for name in (*names, names[0]):
        main([str(corpus), str(tmp_path / "parts"), "--generators", name, "--n-clips", "2"])
    whole, parts = (sorted(rows_of(tmp_path / kind), key=lambda row: row["path"]) for kind in ("whole", "parts"))
    assert len(whole) == 4
    assert whole == parts
    for row in whole:
        assert (tmp_path / "whole" / row["path"]).read_bytes() == (tmp_path / "parts" / row["path"]).read_bytes()


def test_a_generator_whose_package_is_missing_is_skipped_by_name(corpus, tmp_path, capsys):
    main([str(corpus), str(tmp_path), "--generators", "fargan", "--opus", str(tmp_path / "none.so")])
    assert "fargan: skipped, opus" in capsys.readouterr().out
    assert not (tmp_path / "manifest.csv").exists()


def test_unknown_generator(corpus, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(corpus), str(tmp_path), "--generators", "no-such"])
    assert "no generator 'no-such'" in capsys.readouterr().err


def test_clips_are_taken_evenly_from_the_sources(corpus):
    clips = real_clips(corpus)
    assert balanced(clips, None, "any") == clips
    for name in ("one", "other"):
        assert sorted(clip.source for clip in balanced(clips, 2, name)) == ["a", "b"]
    assert len({balanced(clips, 1, str(i))[0].path for i in range(20)}) > 1


def test_sounds_are_finished_as_the_corpus_has_them():
    assert len(finished(np.ones(3 * RATE))) == int(2.7 * RATE)
    np.testing.assert_array_equal(finished(np.full(4, -0.1), 6), [-0.7] * 4 + [0] * 2)
    assert not finished(np.zeros(10)).any()
    assert np.isfinite(finished([np.nan, 1])).all()


def test_features_of_the_vocoder_change_speed_and_are_smoothed():
    features = np.random.default_rng(0).standard_normal((100, 20)).astype(np.float32)
    np.testing.assert_allclose(_at_speed(features, 1), features[:-1], rtol=1e-6)
    assert len(_at_speed(features, 2)) == 50
    smooth = _smoothed(features, 1)
    np.testing.assert_array_equal(smooth[:, 18:], features[:, 18:])
    assert smooth[:, :18].std() < 0.8 * features[:, :18].std()
    assert _smoothed(features, 0) is features
