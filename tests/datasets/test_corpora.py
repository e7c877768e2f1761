"""What holds for the readers of all corpora but ASVspoof's, whose own files test what they know."""

import os
import shutil
import unicodedata
import warnings
from pathlib import Path

import pytest

from skvoicefake import datasets
from tests.checks import trees
from tests.checks.trees import put, spoil

READERS = {
    "in-the-wild": (trees.in_the_wild, datasets.load_in_the_wild),
    "wavefake": (trees.wavefake, datasets.load_wavefake),
    "fake-or-real": (trees.fake_or_real, datasets.load_for),
    "deepvoice": (trees.deepvoice, datasets.load_deepvoice),
    "mlaad": (trees.mlaad, datasets.load_mlaad),
    "add2022": (trees.add2022, datasets.load_add2022),
    "add2023": (trees.add2023, datasets.load_add2023),
    "cfad": (trees.cfad, datasets.load_cfad),
    "codecfake": (trees.codecfake, datasets.load_codecfake),
    "spoofceleb": (trees.spoofceleb, datasets.load_spoofceleb),
}
# A protocol, a line for a clip that is called "{}", one that says otherwise, and where the clip lies.
MLAAD_LINE = "./fake/de/griffin_lim/{}.wav|de_DE/by_book/female/eva/wavs/{}.wav|de|True|2.5|data|gl|griffin_lim|Ja"
PROTOCOLS = {
    "in-the-wild": ("meta.csv", "{}.wav,Zoë,bona-fide", "{}.wav,Zoë,spoof", "{}.wav"),
    "mlaad": (
        "fake/de/griffin_lim/meta.csv",
        MLAAD_LINE,
        MLAAD_LINE.replace("eva/wavs/{}", "eva/wavs/other"),
        "fake/de/griffin_lim/{}.wav",
    ),
    "add2022": ("ADD_train_dev/label/train_label.txt", "{}.wav genuine", "{}.wav fake", "ADD_train_dev/train/{}.wav"),
    "add2023": ("Track1.2/train/label.txt", "{}.wav genuine", "{}.wav fake", "Track1.2/train/wav/{}.wav"),
    "codecfake": ("label/train.txt", "{}.wav real 0", "{}.wav fake 1", "train/{}.wav"),
    "spoofceleb": (
        "metadata/train.csv",
        "a00/id10001/{}.flac,id10001,a00",
        "a00/id10001/{}.flac,id10001,a06",
        "flac/train/a00/id10001/{}.flac",
    ),
}
# Where the folders alone tell, a place for one more clip.
FOLDERS = {
    "wavefake": "ljspeech_melgan/{}.wav",
    "fake-or-real": "training/real/{}.wav",
    "deepvoice": "KAGGLE/AUDIO/FAKE/{}-to-biden.wav",
    "cfad": "clean_version/train_clean/real_clean/aishell3/{}.wav",
}
FIRST = ["path", "target", "label"]


@pytest.fixture(params=READERS)
def corpus(request, tmp_path):
    """Return the name of a corpus, its folder, and its reader."""
    make, load = READERS[request.param]
    return request.param, make(tmp_path / "data"), load


@pytest.fixture(params=PROTOCOLS)
def protocol(request, tmp_path):
    """Return the folder of a corpus, its reader, and a protocol with lines and a place for one more clip."""
    make, load = READERS[request.param]
    root = make(tmp_path / "data")
    name, *lines = PROTOCOLS[request.param]
    return root, load, (root / name, *(line.replace("{}", "{0}") for line in lines))


def columns(clips):
    """Return the table without the paths, for trees whose names have changed."""
    return clips.frame.drop(columns=["path", *(["group"] if "group" in clips.frame else [])])


def test_published_layout(corpus):
    name, root, load = corpus
    clips = load(root)
    assert list(clips.frame.columns[:3]) == FIRST
    assert len(clips.data) == len(set(clips.data)) > 4
    assert all(Path(path).is_file() for path in clips.data)
    assert set(clips.target) == ({"fake"} if name in ("wavefake", "mlaad") else {"real", "fake"})
    assert not clips.frame.isna().to_numpy().any()
    assert "clip" not in clips.frame
    for words in ("Licence: ", "Reference: ", "From http"):
        assert words in clips.DESCR
    assert not any(value for value in clips.report.values() if isinstance(value, list))


def test_the_same_from_the_folder_around_it(corpus):
    _, root, load = corpus
    frame = load(root).frame
    assert load(root.parent).frame.equals(frame)
    assert load(str(root)).frame.equals(frame)


def test_by_name(corpus):
    name, root, load = corpus
    assert datasets.load_data(root, corpus=name).frame.equals(load(root).frame)


def test_real_clips_have_no_attack_and_fakes_have_one(corpus):
    _, root, load = corpus
    clips = load(root)
    if clips.attack is not None:
        assert ((clips.attack == "-") == (clips.target == "real")).all()


def test_splits(corpus):
    _, root, load = corpus
    clips = load(root)
    if clips.split is None:
        with pytest.raises(ValueError, match="no split 'train'; there are none"):
            load(root, split="train")
        return
    assert "train" in clips.split
    train = load(root, split="train")
    assert train.data == [path for path, split in zip(clips.data, clips.split, strict=True) if split == "train"]
    assert load(root, split=sorted(set(clips.split))).data == clips.data
    with pytest.raises(ValueError, match=r"no split 'exam'; there are .*'train'"):
        load(root, split=["train", "exam"])


def test_groups_by_choice(corpus):
    _, root, load = corpus
    assert load(root, groups="target").groups.tolist() == load(root).target.tolist()
    with pytest.raises(ValueError, match=r"no column 'accent' to group by; there are \[.*'target'"):
        load(root, groups=["target", "accent"])


def test_groups_hold_recordings_together(corpus):
    name, root, load = corpus
    clips = load(root)
    if name in ("add2022", "add2023"):
        assert clips.groups is None
        return
    key = "recording" if "recording" in clips.frame and name != "spoofceleb" else "speaker"
    assert (clips.frame.groupby(key)["group"].nunique() == 1).all()


def test_suffixes_in_capitals(corpus):
    _, root, load = corpus
    expected = load(root)
    for path in map(Path, expected.data):
        path.rename(path.with_suffix(path.suffix.upper()))
    found = load(root)
    assert columns(found).equals(columns(expected))
    assert [path.lower() for path in found.data] == [path.lower() for path in expected.data]


def test_what_archives_of_macos_and_windows_leave(corpus):
    _, root, load = corpus
    expected = load(root)
    for path in map(Path, expected.data):
        put(path.parent, f"._{path.name}", "Thumbs.db", ".DS_Store")
        put(root, Path("__MACOSX", path.relative_to(root)))
    assert load(root).frame.equals(expected.frame)


def test_audio_that_is_none_of_the_clips(corpus):
    _, root, load = corpus
    n_clips = len(load(root).data)
    # Beside a clip where lines name the clips, and elsewhere where folders do.
    beside = Path(load(root).data[0]).parent / "stray.wav"
    stray = beside if corpus[0] in PROTOCOLS else root / "elsewhere" / "stray.wav"
    put(stray.parent, stray.name)
    with pytest.warns(UserWarning, match="1 file of audio that no line names: .*stray"):
        clips = load(root)
    assert len(clips.data) == n_clips
    assert clips.report["unnamed_audio"] == [str(stray)]


def test_nothing_there(corpus, tmp_path):
    _, root, load = corpus
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load(tmp_path / "nowhere")
    shutil.rmtree(root)
    root.mkdir()
    with pytest.raises(FileNotFoundError, match=r"expected .*, found (0 files|no audio at all)"):
        load(root)
    put(root, "notes/readme.txt", "notes/a.wav")
    with pytest.raises(FileNotFoundError, match=r"expected .*, found (2 files, such as|1 audio files in)"):
        load(root)


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_in_folders(tmp_path, name, form):
    make, load = READERS[name]
    root = make(tmp_path)
    n_clips = len(load(root).data)
    put(root, FOLDERS[name].format(unicodedata.normalize(form, "José Ünlü")))
    clips = load(root)
    assert len(clips.data) == n_clips + 1
    assert all(Path(path).is_file() for path in clips.data)
    assert any("é" in str(value) for value in clips.frame["recording"].str.normalize("NFC")) or name == "fake-or-real"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_in_lines(protocol, form):
    root, load, (path, line, _, place) = protocol
    n_clips = len(load(root).data)
    put(root, unicodedata.normalize(form, place.format("Zoë 1" if "," in line else "Zoë1")))
    spoil(path, line.format("Zoë 1" if "," in line else "Zoë1"))
    clips = load(root)
    assert len(clips.data) == n_clips + 1
    assert any("Zo" in path for path in clips.data)


def test_what_careless_hands_do_to_lines(protocol):
    root, load, (path, *_) = protocol
    expected = load(root).frame
    spoil(path)
    assert load(root).frame.equals(expected)
    # Some do it twice.
    spoil(path)
    assert load(root).frame.equals(expected)


def test_lines_that_cannot_be_used(protocol):
    root, load, (path, line, other, place) = protocol
    expected = load(root).frame
    put(root, *(place.format(name) for name in ("twice", "doubt", "strange")))
    bad = line.format("strange").rsplit(next(mark for mark in "|, " if mark in line), 1)[0]
    spoil(path, *[line.format("twice")] * 2, line.format("doubt"), other.format("doubt"), bad, line.format("gone"))
    with pytest.warns(UserWarning, match="left out") as caught:
        clips = load(root)
    assert len(caught) == 1
    message = str(caught[0].message)
    for words in (
        "1 line not in the layout",
        "2 lines about a clip of which another line says otherwise",
        "1 line without its audio",
        "1 line that came before",
    ):
        assert words in message
    assert len(clips.data) == len(expected) + 1
    names = [Path(path).stem for path in clips.data]
    assert "twice" in names
    assert not {"doubt", "strange", "gone"} & set(names)
    for key, n in {"unparsed_lines": 1, "contradictory_lines": 2, "missing_audio": 1, "repeated_lines": 1}.items():
        assert len(clips.report[key]) == n
        assert all(path.name in item for item in clips.report[key])
    with pytest.raises(ValueError, match=r"1 line not in the layout.*on_missing='skip'"):
        load(root, on_missing="raise")


def test_missing_audio_can_be_an_error(protocol):
    root, load, (path, line, *_) = protocol
    load(root, on_missing="raise")
    spoil(path, line.format("gone"))
    with pytest.raises(FileNotFoundError, match=f"1 line without its audio: '.*{path.name}:.*gone"):
        load(root, on_missing="raise")
    with pytest.raises(ValueError, match="on_missing must be"):
        load(root, on_missing="ignore")


@pytest.mark.parametrize("name", ["in-the-wild", "add2022", "add2023", "codecfake", "spoofceleb"])
def test_labels_that_are_no_words(tmp_path, name):
    make, load = READERS[name]
    root = make(tmp_path)
    relative, line, _, place = PROTOCOLS[name]
    put(root, place.format("strange"))
    words = {"in-the-wild": ("bona-fide", "maybe"), "codecfake": ("real 0", "maybe 0"), "spoofceleb": (",a00", ",b00")}
    spoil(root / relative, line.format("strange").replace(*words.get(name, ("genuine", "maybe"))))
    with pytest.warns(UserWarning, match="1 line with a label that is no word for real or fake speech: '.*strange"):
        clips = load(root)
    assert not any("strange" in path for path in clips.data)


@pytest.mark.parametrize("name", ["in-the-wild", "spoofceleb", "mlaad"])
def test_tables_with_other_columns(tmp_path, name):
    make, load = READERS[name]
    root = make(tmp_path)
    path = root / PROTOCOLS[name][0]
    text = path.read_text()
    path.write_text(text.replace("file", "clip", 1).replace("path", "clip", 1))
    with pytest.raises(ValueError, match=rf"{path.name}: expected a header that names (file|path)"):
        load(root)
    path.write_text("")
    with pytest.raises(ValueError, match="the file is empty"):
        load(root)


def test_columns_in_another_order_and_some_more(tmp_path):
    root = trees.in_the_wild(tmp_path)
    expected = datasets.load_in_the_wild(root).frame
    lines = (root / "meta.csv").read_text().splitlines()
    cells = [line.split(",") for line in lines]
    rows = [f'{label},"{speaker}",{i},{name}' for i, (name, speaker, label) in enumerate(cells)]
    (root / "meta.csv").write_text("\n".join(["Label,speaker,quality,FILE", *rows[1:]]))
    found = datasets.load_in_the_wild(root).frame
    assert found.drop(columns="quality").equals(expected)


def test_one_class_alone(tmp_path):
    for name in ("in-the-wild", "codecfake", "add2022"):
        make, load = READERS[name]
        root = make(tmp_path / name)
        for path in root.rglob("*.txt" if name != "in-the-wild" else "*.csv"):
            lines = path.read_text().splitlines()
            path.write_text("\n".join(line for line in lines if "real" not in line and "genuine" not in line))
        if name == "in-the-wild":
            text = (root / "meta.csv").read_text()
            (root / "meta.csv").write_text(text.replace("bona-fide", "spoof"))
        with pytest.raises(ValueError, match=r"expected real and fake clips, found \d+ that are all fake"):
            load(root)


def test_parts_that_were_not_downloaded(tmp_path):
    root = trees.spoofceleb(tmp_path)
    shutil.rmtree(root / "flac" / "evaluation")
    with pytest.warns(UserWarning, match="1 split without any audio: 'eval'"):
        clips = datasets.load_spoofceleb(root)
    assert set(clips.split) == {"train", "dev"}
    # What is asked for is all there.
    clips = datasets.load_spoofceleb(root, split=["train", "dev"])
    assert clips.report["absent_splits"] == []


def read(load, root):
    """Return what a reader says of a folder, whatever it is called: where files really are, and what they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            frame = load(root).frame
        except (FileNotFoundError, ValueError) as error:
            return type(error)
    frame = frame.assign(path=[os.path.realpath(path) for path in frame["path"]])
    # A clip that is tied to nothing is called by its path.
    group = frame.get("group", frame["path"])
    frame = frame.assign(group=[os.path.realpath(name) if Path(name).is_file() else name for name in group])
    return frame.sort_values("path").to_dict("records")


def test_dots_for_a_folder_are_read_as_its_name(corpus, monkeypatch):
    _, root, load = corpus
    folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
    n_read = 0
    for folder in folders:
        expected = read(load, folder)
        n_read += isinstance(expected, list)
        monkeypatch.chdir(folder)
        assert read(load, ".") == expected, folder
        for inside in [path for path in folders if path.parent == folder][:1]:
            monkeypatch.chdir(inside)
            assert read(load, "..") == expected, folder
    assert n_read
    monkeypatch.chdir(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert not any(Path(path).is_absolute() for path in load(".").data)
