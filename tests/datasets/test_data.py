import inspect

import pytest

from skvoicefake import datasets
from skvoicefake.datasets import CORPORA, load_asvspoof2019, load_data
from tests.checks import asvspoof
from tests.checks.trees import put, write


@pytest.fixture
def table(tmp_path):
    put(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")
    lines = ["path,label,split", "a.wav,1,train", "b.wav,0,train", "c.wav,1,test", "d.wav,0,test"]
    write(tmp_path / "clips.csv", *lines)
    return tmp_path / "clips.csv"


def test_a_folder_or_a_table(table, tmp_path):
    assert load_data(table, real_label=1).target.tolist() == ["real", "fake", "real", "fake"]
    assert len(load_data(table, real_label=1, split="test").data) == 2
    put(tmp_path / "corpus", "real/a.wav", "fake/b.wav")
    assert load_data(tmp_path / "corpus").target.tolist() == ["fake", "real"]
    with pytest.raises(ValueError, match=r"is a folder\. Only CSV and TSV files take real_label"):
        load_data(tmp_path / "corpus", real_label=1)
    with pytest.raises(ValueError, match=r"corpus: no split 'train'; there are none"):
        load_data(tmp_path / "corpus", split="train")
    put(tmp_path / "parts", "train/real/a.wav", "train/fake/b.wav", "test/real/a.wav", "test/fake/b.wav")
    assert load_data(tmp_path / "parts", split="train").split.tolist() == ["train", "train"]
    with pytest.raises(FileNotFoundError, match="no such folder or file"):
        load_data(tmp_path / "nowhere")


def test_a_corpus_by_its_name(tmp_path):
    root = asvspoof.asvspoof2019(tmp_path, "PA")
    clips = load_data(root, corpus="asvspoof2019-pa", split=["dev"], groups="environment")
    assert clips.data == load_asvspoof2019(root, "PA", split="dev").data
    assert set(clips.groups) == {"aab"}
    with pytest.raises(ValueError, match=r"corpus 'asvspoof' is not known\. Known: .*asvspoof2019-la, .*in-the-wild"):
        load_data(root, corpus="asvspoof")
    with pytest.raises(ValueError, match="The reader of corpus 'asvspoof5' does not take real_label"):
        load_data(root, corpus="asvspoof5", real_label=1)
    with pytest.raises(ValueError, match="The reader of corpus 'asvspoof2019-la' does not take root"):
        load_data(root, corpus="asvspoof2019-la", root=root)


def test_every_reader_has_a_name_and_takes_the_same():
    readers = {getattr(reader, "func", reader) for reader in CORPORA.values()}
    public = {getattr(datasets, name) for name in datasets.__all__ if name.startswith("load_")}
    others = ("data", "folder", "table", "key", "scores", "deepvoice_features")
    assert readers == public - {getattr(datasets, f"load_{name}") for name in others}
    for name, reader in CORPORA.items():
        parameters = inspect.signature(reader).parameters
        assert {"root", "split", "groups", "on_missing"} <= parameters.keys(), name
        assert parameters["on_missing"].default == "skip"
