"""In-the-Wild: celebrities and politicians, real and faked, from the web."""

from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Corpus, Names, assemble, audio_below, read_rows
from skvoicefake.datasets._paths import Folder, find_files

IN_THE_WILD = Corpus(
    name="In-the-Wild",
    licence="CC BY-SA 4.0 (Hugging Face); Apache 2.0 (deepfake-total.com)",
    citation='Müller, Czempin, Dieckmann, Froghyar and Böttinger, "Does audio deepfake detection generalize?",'
    " Interspeech, 2022.",
    url="https://huggingface.co/datasets/mueller91/In-The-Wild",
    groups=("speaker",),
)
COLUMNS = ("file", "speaker", "label")


@without_collector
def load_in_the_wild(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load In-the-Wild: clips of 58 public figures, real and faked.

    Expects ``meta.csv`` (``file,speaker,label``) with the audio beside or
    below it, as ``release_in_the_wild.zip`` unpacks.

    Parameters
    ----------
    root : path
        The folder ``release_in_the_wild``, or one around it.
    split : None
        The corpus has none.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker".
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split` (None). Columns of `frame`:
        path, target, label, group, speaker, language.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, table or audio.
    ValueError
        If the table has other columns, or `split` is given.

    Examples
    --------
    >>> from skvoicefake.datasets import load_in_the_wild
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "meta.csv").write_text("file,speaker,label\n0.wav,Alec Guinness,spoof\n1.wav,Ann,bona-fide\n")
    >>> for name in ("0.wav", "1.wav"):
    ...     (folder / name).touch()
    >>> clips = load_in_the_wild(folder)
    >>> clips.target.tolist(), clips.groups.tolist()
    (['fake', 'real'], ['Alec Guinness', 'Ann'])
    """
    _, (meta, *_) = find_files(root, r"meta\.csv", layout="meta.csv with the audio beside it")
    table, unparsed = read_rows(meta, COLUMNS, divider=",", header=True)
    table = table.rename(columns={"file": "clip"}).assign(language="en")
    audio = audio_below(meta.parent)
    return assemble(
        IN_THE_WILD, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed
    )
