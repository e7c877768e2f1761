import pytest

from skvoicefake.datasets._rows import read_rows


def cells(table):
    return table.to_numpy().tolist()


def test_blanks_ends_of_lines_and_a_mark(tmp_path):
    path = tmp_path / "key.txt"
    path.write_bytes(b"\xef\xbb\xbfa spoof\r\n\r\n  b\tbonafide  \t\r\n   \nc spoof d\nd spoof")
    table, unparsed = read_rows(path, ("clip", "label"))
    assert cells(table) == [["a", "spoof"], ["b", "bonafide"], ["d", "spoof"]]
    assert table.index.tolist() == ["key.txt:1", "key.txt:3", "key.txt:6"]
    assert unparsed == ["key.txt:5: c spoof d"]


@pytest.mark.parametrize("divider", [",", ";", "|", "\t"])
def test_a_header_names_columns_in_any_order(tmp_path, divider):
    path = tmp_path / "meta.csv"
    lines = [["Label", "note", "FILE"], ["spoof", "", "a.wav"], ["real", " two words ", "b.wav "], ["short"], [""] * 3]
    path.write_text("\n".join(divider.join(line) for line in lines) + "\n")
    table, unparsed = read_rows(path, ("file", "label"), divider=divider, header=True)
    assert table.columns.tolist() == ["label", "note", "file"]
    assert cells(table)[:2] == [["spoof", "", "a.wav"], ["real", "two words", "b.wav"]]
    assert unparsed == ["meta.csv:4: short"]


def test_quotation_marks(tmp_path):
    path = tmp_path / "meta.csv"
    path.write_text('file,text\na,"x, y"\nb,"never ends\nc,"he said ""no"""\n')
    table, unparsed = read_rows(path, ("file", "text"), divider=",", header=True)
    assert cells(table) == [["a", "x, y"], ["b", "never ends"], ["c", 'he said "no"']]
    assert unparsed == []
    path.write_text('a|"Oh, sagte er\nb|x\n')
    assert cells(read_rows(path, ("file", "text"), divider="|")[0]) == [["a", '"Oh, sagte er'], ["b", "x"]]


def test_lines_that_no_parser_takes(tmp_path):
    path = tmp_path / "meta.csv"
    path.write_bytes(b'a,x\ry"z"\nb,\xe9\nc,\x00\nd,"' + b"x" * 200_000 + b'"\n')
    table, unparsed = read_rows(path, ("file", "text"), divider=",")
    assert table["file"].tolist() == ["b", "c"]
    assert [line[:12] for line in unparsed] == ["meta.csv:1: ", "meta.csv:4: "]
    assert all(len(line) < 120 for line in unparsed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("name,label\na,b\n", r"expected a header that names file, label once each, found \['name', 'label'\]"),
        ("file,label,label\n", "once each"),
    ],
)
def test_headers_that_will_not_do(tmp_path, text, message):
    path = tmp_path / "meta.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_rows(path, ("file", "label"), divider=",", header=True)


def test_files_without_a_line(tmp_path):
    (tmp_path / "key.txt").write_text("")
    table, unparsed = read_rows(tmp_path / "key.txt", ("clip", "label"))
    assert table.columns.tolist() == ["clip", "label"]
    assert len(table) == len(unparsed) == 0
    with pytest.raises(FileNotFoundError, match="nowhere: no such file"):
        read_rows(tmp_path / "nowhere", ("clip",))
