import pytest

from skvoicefake.datasets import load_key


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("E_1 spoof", {}),
        ("LA_0039 E_1 - A11 spoof", {"attack": "A11", "speaker": "LA_0039"}),
        ("PA_0095 E_1 aaa AA spoof", {"attack": "AA", "speaker": "PA_0095"}),
        ("E_1 spoof M0001 S01 E05 P10 R08", {"speaker": "M0001"}),
        (
            "LA_0009 E_1 alaw ita_tx A07 spoof notrim eval",
            {"attack": "A07", "codec": "alaw", "speaker": "LA_0009", "subset": "eval"},
        ),
        ("D_4461 E_1 F - - - AC1 A14 spoof -", {"attack": "A14", "codec": "-", "speaker": "D_4461"}),
        ("PA_0010 E_1 R3 M3 d4 r1 m1 s4 c4 spoof notrim eval", {"speaker": "PA_0010", "subset": "eval"}),
        (
            "LA_0023 E_1 nocodec asvspoof A14 spoof notrim progress traditional_vocoder - - - -",
            {"attack": "A14", "codec": "nocodec", "speaker": "LA_0023", "subset": "progress"},
        ),
        ("filename\tcm-label\nE_1\tspoof", {}),
        ("file,speaker,label\nE_1,Alec Guinness,spoof", {"speaker": "Alec Guinness"}),
        ("path\tlabel\tattack\nE_1\tfake\t", {"attack": "-"}),
        ("path, label, attack\nE_1, spoof, A1", {"attack": "A1"}),
    ],
    ids=["pairs", "LA19", "PA19", "2017", "LA21", "5", "PA21", "DF21", "5-header", "csv", "empty cell", "blanks"],
)
def test_key_layouts(write, line, expected):
    row = load_key(write(line + "\n")).iloc[0].to_dict()
    assert row == {"clip": "E_1", "label": "fake", **expected}


def test_a_key_of_both_labels_and_subsets(write):
    path = write(
        "S E_1 a t A07 spoof notrim eval\nS E_2 a t - bonafide notrim eval\nS P_1 a t A07 spoof notrim progress\n"
    )
    assert load_key(path)["label"].tolist() == ["fake", "real", "fake"]
    assert load_key(path, subset="eval")["clip"].tolist() == ["E_1", "E_2"]
    with pytest.raises(ValueError, match=r"no clip of subset 'hidden'; the key has \['eval', 'progress'\]"):
        load_key(path, subset="hidden")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c\n", "expected a key of ASVspoof .* found 3 columns"),
        ("filename,score\na,1\n", "names a clip and a label"),
        ("a spoof\nb 1\n", "1 labels are no words for real or fake speech, such as '1' of clip 'b'"),
        ("a spoof\na spoof\n", "more than once"),
    ],
    ids=["columns", "header", "labels", "twice"],
)
def test_keys_that_are_refused(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_key(write(text))


def test_a_subset_of_a_key_without_any(write):
    with pytest.raises(ValueError, match="the key has no subsets"):
        load_key(write("a spoof\nb bonafide\n"), subset="eval")
