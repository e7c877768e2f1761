import numpy as np
import pandas as pd
import pytest
import soundfile

from benchmarks.splices import _recordings
from benchmarks.splices.__main__ import main
from benchmarks.splices._figures import FINDERS, Judged, localisation, occlusions, segments, verdicts
from benchmarks.splices._recordings import RATE, Recording, joined, recordings, sentence
from skvoicefake.inspection import timeline
from tests.inspection.conftest import sound


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Clips of two homes, of one of which a speaker has enough, and of one that has too few."""
    folder = tmp_path_factory.mktemp("clips")
    rows = []
    for home, n_clips, speaker in [("a", 5, "ann"), ("b", 5, "-"), ("c", 3, "-")]:
        for i in range(n_clips):
            for label in ("real", "fake"):
                path = folder / f"{home}{i}{label}.wav"
                soundfile.write(path, sound(label, i, 1.4), RATE)
                rows.append((str(path), home, label, speaker, "some"))
    return pd.DataFrame(rows, columns=["file", "home", "label", "speaker", "generator"])


def test_one_sentence_is_fake(table):
    built = recordings(table, n_each=2)
    assert [(one.home, one.kind) for one in built] == [
        (home, kind) for home in "ab" for _ in range(2) for kind in ("real", "fake", "partly")
    ]
    for one in built:
        seconds = len(one.waveform) / RATE
        assert 4 < seconds < 7
        # The sum of neighbours is small in real sound.
        roughness = np.abs(np.diff(one.waveform)) - np.abs(one.waveform[1:] + one.waveform[:-1]) / 2
        is_fake = np.zeros(len(one.waveform), dtype=bool)
        if one.fakes is not None:
            is_fake[round(one.fakes[0] * RATE) : round(one.fakes[1] * RATE)] = True
        assert {"real": 0, "fake": len(is_fake)}.get(one.kind, np.sum(is_fake)) == np.sum(is_fake)
        if one.kind == "partly":
            assert 0.6 <= one.fakes[1] - one.fakes[0] < 1.4
            assert roughness[is_fake[1:]].mean() < 0.5 * roughness[~is_fake[1:]].mean()
    again = recordings(table[table["home"] == "b"], n_each=2)
    for one, other in zip(built[6:], again, strict=True):
        np.testing.assert_array_equal(one.waveform, other.waveform)


def test_sentences_are_cut_at_their_quietest_and_faded(tmp_path):
    y = np.concatenate([sound("real", 0, 0.3), np.zeros(800), sound("real", 1, 1.0), np.zeros(1600)])
    soundfile.write(tmp_path / "a.wav", y, RATE)
    cut = sentence(tmp_path / "a.wav")
    assert 0.95 < len(cut) / RATE < 1.15
    assert np.abs(cut[[0, -1]]).max() == 0
    whole, starts = joined([np.ones(1000, np.float32), np.ones(2000, np.float32)])
    n_fade = round(_recordings.FADE * RATE)
    assert starts == [0, 1000 - n_fade // 2, len(whole)]
    assert len(whole) == 3000 - n_fade
    np.testing.assert_allclose(whole, 1, atol=1e-6)


@pytest.fixture(scope="module")
def judged(table, request):
    pipeline = request.getfixturevalue("half_second")
    return [Judged(one, timeline(pipeline, one.waveform, 0.5, 0.25)) for one in recordings(table, n_each=2)]


@pytest.fixture(scope="module")
def half_second():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skvoicefake import MFCCTransformer

    labels = ["real", "fake"] * 12
    pipe = make_pipeline(
        MFCCTransformer(duration=0.5, n_mfcc=8, output="stats"), StandardScaler(), LogisticRegression()
    )
    return pipe.fit([sound(label, 200 + seed) for seed, label in enumerate(labels)], labels)


def test_figures_of_a_detector_that_knows(judged, half_second):
    by_name = {row["score of the whole"]: row for row in verdicts(judged, 20)}
    assert by_name["mean"]["EER, fake"].startswith("0.0 [")
    assert by_name["mean"]["real called fake"] == "0 %"
    assert by_name["lowest"]["EER, partly fake"].startswith("0.0 [")
    (row,) = segments(judged, 20)
    assert row["of them fake"] < row["windows"] / 3
    assert float(row["segment EER"].split()[0]) < 15
    assert float(row["range EER"].split()[0]) < 25
    rows = {row["stretch"]: row for row in localisation(judged, 20)}
    assert set(rows) == set(FINDERS)
    assert rows["Timeline.stretch"]["meets the fake"].startswith("100 ")
    assert float(rows["Timeline.stretch"]["intersection over union"].split()[0]) > 0.7
    real = Recording("real", "a", judged[0].recording.waveform[:8000], None)
    found = occlusions(half_second, [real, knowns()], window=0.1)
    assert [row["in its place"] for row in found] == ["mean", "floor", "silence"]


def knowns():
    """Half a second, of which the end is fake."""
    return Recording("partly", "a", np.concatenate([sound("real", 1, 0.3), sound("fake", 2, 0.2)]), (0.3, 0.5))


def test_a_corpus_that_has_too_little(tmp_path, half_second):
    import joblib

    joblib.dump(half_second, tmp_path / "detector.joblib")
    columns = "path,split,label,generator,speaker,source,licence\n"
    (tmp_path / "manifest.csv").write_text(columns + "a.wav,dev,real,-,-,a,-\n")
    with pytest.raises(SystemExit, match="no source of the dev split has clips enough of both classes"):
        main([str(tmp_path), "--detector", str(tmp_path / "detector.joblib")])
