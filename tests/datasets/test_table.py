from pathlib import Path

import pytest

from skvoicefake.datasets import load_table


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table, beside some empty files."""
    for name in ("a.wav", "b.wav", "sub/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def write(text, name="clips.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clips.csv", "path,label\na.wav,real\nb.wav,fake\nsub/c.wav,fake\n"),
        ("clips.tsv", "File\tKey\na.wav\tbonafide\nb.wav\tspoof\nsub/c.wav\tSPOOF\n"),
        ("clips.csv", "\ufeffaudio;Class\r\n a.wav ; Bona-Fide \r\nb.wav;synthetic\r\n\r\nsub/c.wav;fake\r\n"),
        ("clips.txt", 'wav,note,target\n"a.wav","x, y",human\nb.wav,,cloned\nsub/c.wav,,spoof\n'),
    ],
)
def test_finds_the_usual_columns(table, tmp_path, name, text):
    clips = load_table(table(text, name))
    assert clips.data == [str(tmp_path / clip) for clip in ("a.wav", "b.wav", "sub/c.wav")]
    assert clips.target.tolist() == ["real", "fake", "fake"]
    assert clips.groups is clips.attack is clips.codec is None
    assert (clips.report["n_real"], clips.report["n_fake"]) == (1, 2)


def test_optional_columns_and_absolute_paths(table, tmp_path):
    clips = load_table(
        table(
            "path,label,speaker,system,codec,duration\n"
            f"{tmp_path / 'a.wav'},real,anna,,,1\nb.wav,fake,ben,A01,mp3,2\nsub/c.wav,fake,,,aac,3\n"
        )
    )
    assert clips.data[0] == str(tmp_path / "a.wav")
    # A clip of nobody knows whom is a group of its own.
    assert clips.groups.tolist() == ["anna", "ben", str(tmp_path / "sub/c.wav")]
    assert clips.attack.tolist() == ["-", "A01", "unknown"]
    assert clips.codec.tolist() == ["-", "mp3", "aac"]
    assert list(clips.frame.columns) == ["path", "target", "label", "group", "speaker", "attack", "codec"]
    assert clips.report["columns"]["group"] == "speaker"


def test_paths_from_the_folder_of_the_table(table, tmp_path, monkeypatch):
    path = table("path,label\n./a.wav,real\nsub/../b.wav,fake\n" + f"{tmp_path}/sub/c.wav,fake\n")
    found = ["a.wav", "sub/../b.wav", "sub/c.wav"]
    assert load_table(path).data == [str(tmp_path / name) for name in found]
    monkeypatch.chdir(tmp_path)
    assert load_table("clips.csv").data == [*found[:2], str(tmp_path / "sub/c.wav")]
    monkeypatch.chdir(tmp_path / "sub")
    assert load_table("../clips.csv").data[:2] == ["../a.wav", "../sub/../b.wav"]


def test_columns_by_name(table):
    path = table("where,is,who,file,class,speaker\na.wav,real,x,no.wav,7,s\nb.wav,fake,y,no.wav,7,s\n")
    clips = load_table(path, path_column="where", label_column="is", group_column="who")
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav"]
    assert clips.groups.tolist() == ["x", "y"]
    with pytest.raises(ValueError, match=r"no column 'spk', found \['where', 'is'"):
        load_table(path, group_column="spk")


@pytest.mark.parametrize("real_label", [1, "1", 1.0])
def test_numbers_need_the_real_one_named(table, real_label):
    path = table("path,label\na.wav,0\nb.wav,1\n")
    assert load_table(path, real_label=real_label).target.tolist() == ["fake", "real"]
    assert load_table(path, real_label=0).target.tolist() == ["real", "fake"]
    with pytest.raises(ValueError, match=r"labels \['0', '1'\] is the real voice \(numbers mean opposite"):
        load_table(path)
    with pytest.raises(ValueError, match=r"expected the label 2 for real clips, .* found \['0', '1'\]"):
        load_table(path, real_label=2)


def test_other_words_need_the_real_one_named(table):
    path = table("path,label\na.wav,target\nb.wav,imposter\n")
    with pytest.raises(ValueError, match=r"\(no word of the field\)\. Name it: real_label"):
        load_table(path)
    assert load_table(path, real_label="target").target.tolist() == ["real", "fake"]
    with pytest.raises(ValueError, match="and one other for fakes"):
        load_table(table("path,label\na.wav,1\nb.wav,0\nsub/c.wav,?\n"), real_label=1)


def test_rows_that_cannot_be_used(table, tmp_path):
    path = table("path,label\na.wav,real\nno.wav,real\n,fake\nb.wav,fake\nsub/c.wav,maybe\n")
    with pytest.raises(FileNotFoundError, match=r"2 rows: 'line 3: .*no\.wav', 'line 4: ', whose file is missing"):
        load_table(path)
    with pytest.warns(UserWarning, match="left out") as caught:
        clips = load_table(path, on_missing="skip")
    assert [str(warning.message).partition(": ")[2] for warning in caught] == [
        f"2 rows: 'line 3: {tmp_path / 'no.wav'}', 'line 4: ', whose file is missing; left out.",
        "1 row: 'line 6: maybe', whose label is no word for real or fake speech; left out.",
    ]
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav"]
    assert len(clips.report["missing_files"]) == 2
    assert clips.report["unknown_labels"] == ["line 6: maybe"]
    with pytest.raises(ValueError, match=r"1 row: 'line 3: maybe', whose label is no word"):
        load_table(table("path,label\na.wav,real\nb.wav,maybe\n"))
    with pytest.raises(ValueError, match="on_missing must be 'raise' or 'skip'"):
        load_table(path, on_missing="ignore")


def test_repeated_files(table):
    with pytest.warns(UserWarning, match=r"1 row: .*a\.wav' of a file that came before; left out"):
        clips = load_table(table("path,label\na.wav,real\nsub/../a.wav,real\nb.wav,fake\n"))
    assert clips.target.tolist() == ["real", "fake"]
    assert len(clips.report["repeated"]) == 1
    with pytest.raises(ValueError, match=r"1 file: .*a\.wav' labelled real in one row and fake in another"):
        load_table(table("path,label\na.wav,real\na.wav,fake\nb.wav,fake\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a header and a row a clip, found 0 lines"),
        ("path,label\n", "found 1 lines"),
        ("name,label\na.wav,real\n", r"no path column, found \['name', 'label'\]\. Call it 'path', or .* path_column"),
        ("path,verdict\na.wav,real\n", r"no label column, found \['path', 'verdict'\]"),
        ("path,label\na.wav,real\nb.wav\n", "expected 2 cells a row, as in the header, found 1 in line 3"),
        ("path,path,label\na.wav,a.wav,real\n", r"every name once in the header, found \['path'\]"),
        ("path,label\na.wav,real\nb.wav,bonafide\n", r"expected real and fake clips, found \{'real': 2\}"),
    ],
)
def test_tables_that_will_not_do(table, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_table(table(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mark", ['"Hello, he said', 'Hello", he said', '"Hello" he said'])
@pytest.mark.parametrize("rows", [[0], [0, 2], [1]])
def test_quotation_marks_of_a_text_end_with_their_line(table, mark, rows):
    texts = [mark if i in rows else "Hello" for i in range(3)]
    kinds = zip(("a.wav", "b.wav", "sub/c.wav"), ("real", "fake", "fake"), texts, strict=True)
    lines = [f"{path}\t{kind}\t{text}" for path, kind, text in kinds]
    clips = load_table(table("\n".join(["path\tlabel\tsentence", *lines, ""]), "clips.tsv"))
    assert clips.target.tolist() == ["real", "fake", "fake"]
    # In front of other cells it swallows none of them.
    lines = [f"{text}\t{line}" for text, line in zip(texts, lines, strict=True)]
    clips = load_table(table("\n".join(["note\tpath\tlabel\tsentence", *lines, ""]), "clips.tsv"))
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav", "c.wav"]
    # Between commas a cell may hold them, so that what is meant cannot be told.
    with pytest.raises(ValueError, match="a quotation mark in line 3 begins a cell that does not end there"):
        load_table(table('path,sentence,label\na.wav,"Oh, he said",real\nb.wav,"Oh, he said,fake\nsub/c.wav,Oh,fake\n'))


def test_a_cell_of_several_lines_invents_no_row(table):
    with pytest.raises(ValueError, match="a quotation mark in line 2 begins a cell that does not end there"):
        load_table(table('path,label,text\na.wav,real,"one\nsub/c.wav,fake,two"\nb.wav,fake,z\n'))


def test_an_empty_split_is_no_other_split(table):
    text = "path,label,split\na.wav,real,train\n./a.wav,real,\nb.wav,fake,train\n"
    with pytest.warns(UserWarning, match="came before"):
        clips = load_table(table(text))
    assert len(clips.data) == 2


def test_files_that_are_no_table(table, tmp_path):
    with pytest.raises(ValueError, match="expected a CSV or TSV file in UTF-8"):
        load_table(table("path,label\né.wav,real\n", encoding="latin-1"))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv: no such file"):
        load_table(tmp_path / "nowhere.csv")


def test_splits(table):
    path = table("path,label,Subset\na.wav,real,train\nb.wav,fake,train\nsub/c.wav,fake,test\nno.wav,real,dev\n")
    clips = load_table(path, split="train")
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav"]
    assert clips.split.tolist() == clips.frame["split"].tolist() == ["train", "train"]
    assert "Splits: train 2." in clips.DESCR
    clips = load_table(path, split=["train", "test"])
    assert clips.split.tolist() == ["train", "train", "test"]
    assert clips.report["columns"]["split"] == "Subset"
    with pytest.raises(ValueError, match=r"no split 'eval'; there are 'train', 'test', 'dev'\."):
        load_table(path, split="eval")
    # What is missing in a split that nobody asked for is no error.
    with pytest.raises(FileNotFoundError, match=r"no\.wav"):
        load_table(path)
    path = table("path,label,part\na.wav,real,1\nb.wav,fake,1\nsub/c.wav,fake,2\n")
    assert load_table(path, split_column="part", split="1").split.tolist() == ["1", "1"]
    with pytest.raises(ValueError, match=r"no split column, found \['path', 'label', 'part'\]\. Name it: split_column"):
        load_table(path, split="1")


def test_a_file_in_two_splits_is_in_none(table, tmp_path):
    path = table("path,label,set\na.wav,real,train\nb.wav,fake,train\nsub/c.wav,real,test\nsub/c.wav,real,train\n")
    with pytest.warns(UserWarning, match=r"1 file: .*c\.wav' in several splits; left out of all") as caught:
        clips = load_table(path, split="train")
    assert caught[0].filename == __file__
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav"]
    assert clips.report["in_several_splits"] == [str(tmp_path / "sub/c.wav")]
    assert "in several splits: 1 file" in clips.DESCR


def test_a_file_in_two_splits_is_found_however_it_is_called(table, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "sub", target_is_directory=True)
    rows = ["a.wav,real,train", "b.wav,fake,train", "sub/c.wav,real,test", "link/c.wav,real,train"]
    path = table("path,label,set\n" + "\n".join([*rows, f"{tmp_path / 'b.wav'},fake,train"]) + "\n")
    with pytest.warns(UserWarning, match="2 files: .* in several splits; left out of all|1 row: .* came before"):
        clips = load_table(path)
    assert [Path(clip).name for clip in clips.data] == ["a.wav", "b.wav"]
    assert clips.report["in_several_splits"] == [str(tmp_path / "link/c.wav"), str(tmp_path / "sub/c.wav")]
    # What is missing is told apart by how it is called, and what has no name is not in splits.
    rows = ["a.wav,real,train", "b.wav,fake,test", "no.wav,real,train", "no.wav,real,test", ",real,train", ",real,test"]
    with pytest.warns(UserWarning, match=r"1 file: .*no\.wav' in several splits|2 rows: .* whose file is missing"):
        clips = load_table(table("path,label,set\n" + "\n".join(rows) + "\n"), on_missing="skip")
    assert (len(clips.data), len(clips.report["missing_files"])) == (2, 2)


def test_several_keys_tie_clips_together(table, tmp_path):
    rows = ["a.wav,real,anna,x,s1", "b.wav,fake,ben,x,", "sub/c.wav,fake,,-,s3"]
    path = table("path,label,speaker,source,sentence\n" + "\n".join(rows) + "\n")
    assert load_table(path).groups.tolist() == ["anna", "ben", str(tmp_path / "sub/c.wav")]
    clips = load_table(path, group_column=["speaker", "source"])
    assert clips.groups.tolist() == ["speaker=anna", "speaker=anna", str(tmp_path / "sub/c.wav")]
    assert clips.report["groups"] == "column 'speaker', 'source'"
    assert clips.report["columns"]["group"] == ["speaker", "source"]
    with pytest.raises(ValueError, match="no column 'recording'"):
        load_table(path, group_column=["speaker", "recording"])


def test_rows_of_one_file_tie_their_groups(table, tmp_path):
    for name in ("d.wav", "e.wav"):
        (tmp_path / name).touch()
    rows = ["a.wav,real,anna", "b.wav,fake,ben", "a.wav,real,ben", "sub/c.wav,fake,carl", "d.wav,fake,", "e.wav,real,"]
    path = table("path,label,speaker\n" + "\n".join([*rows, "sub/../d.wav,fake,carl"]) + "\n")
    with pytest.warns(UserWarning, match="2 rows: .* of a file that came before"):
        clips = load_table(path)
    assert clips.groups.tolist() == ["anna", "anna", "carl", "carl", str(tmp_path / "e.wav")]
    assert clips.frame["group"].tolist() == clips.groups.tolist()


def test_usual_columns_stay_in_the_frame(table):
    header = "path,label,Speaker_ID,source,lang,recording,sentence,note"
    path = table(f"{header}\na.wav,real,anna,radio,en,r1,1,x\nb.wav,fake,,phone,,-,2,y\n")
    frame = load_table(path).frame
    usual = ["speaker", "source", "language", "recording", "sentence"]
    assert list(frame.columns) == ["path", "target", "label", "group", *usual]
    assert frame[usual].to_numpy().tolist() == [["anna", "radio", "en", "r1", "1"], ["-", "phone", "-", "-", "2"]]
