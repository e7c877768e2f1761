import pytest

from skvoicefake.persistence import fingerprint


def test_fingerprint_knows_names_sizes_and_labels(tmp_path):
    paths = []
    for folder, name, size in (("x", "a.wav", 3), ("x", "b.wav", 4), ("y", "b.wav", 4)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"0" * size)
        paths.append(str(tmp_path / folder / name))
    labels = ["real", "fake"]
    first = fingerprint(paths[:2], labels)
    assert first.startswith("sha256:")
    assert fingerprint(paths[:2][::-1], labels[::-1]) == first  # whatever the order
    assert fingerprint([paths[0], paths[2]], labels) == first  # and the folder
    assert fingerprint(paths[:2], ["fake", "real"]) != first
    (tmp_path / "x" / "a.wav").write_bytes(b"0000")
    assert fingerprint(paths[:2], labels) != first


def test_fingerprint_needs_a_label_a_file(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match="shorter"):
        fingerprint([tmp_path / "a.wav"], [])
    with pytest.raises(FileNotFoundError):
        fingerprint([tmp_path / "b.wav"], ["real"])
