"""What is true of every clip, in the keys of published corpora."""

import pandas as pd

from skvoicefake.datasets._lines import PathLike, found, read_lines, unique
from skvoicefake.labels import label_kind

# Columns of the keys and protocols that come without a header, by their number: for `load_key` and the readers.
KEY_LAYOUTS: dict[int, tuple[str, ...]] = {
    2: ("clip", "label"),
    # ASVspoof 2019 LA and PA
    5: ("speaker", "clip", "environment", "attack", "label"),
    # ASVspoof 2017
    7: ("clip", "label", "speaker", "sentence", "environment", "playback_device", "recording_device"),
    # ASVspoof 2021 LA
    8: ("speaker", "clip", "codec", "transmission", "attack", "label", "trim", "subset"),
    # ASVspoof 5
    10: ("speaker", "clip", "gender", "codec", "codec_q", "codec_seed", "attack_tag", "attack", "label", "-"),
    # ASVspoof 2021 PA
    12: (*("speaker", "clip", "asv_room", "asv_microphone", "asv_distance", "attacker_room", "attacker_microphone"),
         *("replay_device", "attacker_distance", "label", "trim", "subset")),
    # ASVspoof 2021 DF
    13: (*("speaker", "clip", "codec", "source", "attack", "label", "trim", "subset", "vocoder"),
         *("task", "team", "gender_pair", "language")),
}  # fmt: skip
KEY_COLUMNS = ("clip", "label", "attack", "codec", "speaker", "subset")


def load_key(path: PathLike, *, subset: str | None = None) -> pd.DataFrame:
    r"""Read what is true of every clip.

    Parameters
    ----------
    path : path
        A key or protocol of ASVspoof 2017, 2019, 2021 or 5, known by its
        number of columns; lines of ``clip label``; or a table with a header
        that names a clip or path, a label, and perhaps attack, codec,
        speaker and subset.
    subset : str, default=None
        Keep the clips of this subset alone, such as "eval" for ASVspoof 2021.

    Returns
    -------
    key : DataFrame
        Columns "clip", "label" ("real" or "fake"), and those of "attack",
        "codec", "speaker" and "subset" that the key has.

    Raises
    ------
    ValueError
        If the layout is unknown, a label is no word for real or fake speech,
        a clip is there twice, or no clip is of the subset.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> from skvoicefake.datasets import load_key
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "key.txt").write_text("LA_0039 LA_E_2834763 - A11 spoof\nLA_0014 LA_E_8877452 - - bonafide\n")
    >>> load_key(folder / "key.txt")[["clip", "label", "attack"]].values.tolist()
    [['LA_E_2834763', 'fake', 'A11'], ['LA_E_8877452', 'real', '-']]
    """
    table, has_header = read_lines(path)
    if "label" not in table or "clip" not in table:
        if has_header or len(table.columns) not in KEY_LAYOUTS:
            raise ValueError(
                f"{path}: expected a key of ASVspoof ({', '.join(map(str, KEY_LAYOUTS))} columns) or a header that"
                f" names a clip and a label; found {found(table)}."
            )
        table.columns = pd.Index(KEY_LAYOUTS[len(table.columns)])
    key = table[[name for name in KEY_COLUMNS if name in table]].copy()
    kinds = key["label"].map({word: label_kind(word) for word in key["label"].unique()})
    if kinds.isna().any():
        words = key["label"][kinds.isna()]
        raise ValueError(
            f"{path}: {len(words)} labels are no words for real or fake speech, such as {words.iloc[0]!r} of clip"
            f" {key['clip'][words.index[0]]!r}. Expected bonafide or spoof, real or fake."
        )
    key["label"] = kinds
    for name in ("attack", "codec", "speaker"):
        if name in key:
            key[name] = key[name].mask(key[name] == "", "-")
    if subset is not None:
        if "subset" not in key:
            raise ValueError(f"{path}: the key has no subsets, so {subset!r} cannot be picked.")
        subsets = sorted(key["subset"].unique())
        key = key[key["subset"] == subset].reset_index(drop=True)
        if key.empty:
            raise ValueError(f"{path}: no clip of subset {subset!r}; the key has {subsets}.")
    return unique(key, path)
