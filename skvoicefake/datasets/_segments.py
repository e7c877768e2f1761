"""Long recordings -> windows of one length, that remember their recording."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.utils import Bunch

from skvoicefake._groups import connected_groups, is_unknown
from skvoicefake._warn import warn
from skvoicefake.audio import MAX_DURATION, MAX_RATE, MIN_RATE, AudioError
from skvoicefake.audio._decoding import as_is
from skvoicefake.datasets._bunch import as_bunch, listed
from skvoicefake.datasets._files import real_files
from skvoicefake.datasets._stream import stream_audio

Waveform = NDArray[np.float32]


def cut_segments(
    clips: Bunch | Iterable[str | os.PathLike[str]],
    output_dir: str | os.PathLike[str],
    *,
    duration: float = 3.0,
    hop: float | None = None,
    sample_rate: int = 16_000,
    min_duration: float | None = None,
    skip_silence: float | None = -60.0,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Bunch:
    """Cut long recordings into windows, and keep together what is of one recording.

    Windows of one recording share its voice, room and microphone. On both
    sides of a split they make a test worth nothing, so `groups` of the result
    ties them together.

    Recordings are read a block at a time, so they may be of any length. All
    windows of a recording are written or none, and recordings that are cut
    already are not cut again: a run that was stopped goes on where it was. Two
    runs at once must not write the same windows.

    Parameters
    ----------
    clips : Bunch or iterable of paths
        What a reader of this module returns, or recordings of which nothing
        is known.
    output_dir : path
        Folder for the windows, with a folder for every recording; made if it
        does not exist. They are mono 16-bit wav files; samples beyond full
        scale are clipped.
    duration : float, default=3.0
        Length of a window in seconds.
    hop : float, default=None
        Seconds from the start of a window to that of the next. None is
        `duration`, so that windows do not overlap.
    sample_rate : int, default=16000
        Rate of the windows in Hz.
    min_duration : float, default=None
        Keep the end of a recording if it is at least this long in seconds.
        None keeps whole windows alone: length must not tell the classes apart.
    skip_silence : float, default=-60.0
        Leave out windows whose level (root mean square) is below so many dB of
        full scale. None keeps all.
    n_jobs : int, default=None
        Processes to work with, as in scikit-learn.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    windows : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, a row a window. `frame` has the columns of
        the recordings, and

        recording : str
            Path of the recording, in place of a column of that name.
        start, end : float
            Where the window is in it, in seconds.
        group : str
            That of the recording; its path if it had none.

        Of paths alone, `target` is None. `report` lists the recordings that
        are left out. A recording that is there twice, maybe by another path,
        is cut once, and the groups of its rows become one.

    Raises
    ------
    ValueError
        If `clips` are no paths, a parameter makes no sense, a recording is
        both real and fake, or no window is left, of any class.

    Warns
    -----
    UserWarning
        One warning that lists recordings which cannot be read, have no window,
        or came before; they are left out whole.

    See Also
    --------
    skvoicefake.model_selection.SpoofGroupKFold : Splits by `groups`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, soundfile
    >>> from skvoicefake.datasets import cut_segments
    >>> folder = tempfile.mkdtemp()
    >>> speech = 0.1 * np.random.default_rng(0).normal(size=8 * 16000)
    >>> soundfile.write(f"{folder}/speech.wav", speech, 16000)
    >>> windows = cut_segments([f"{folder}/speech.wav"], f"{folder}/windows", duration=3)
    >>> windows.frame[["start", "end"]].to_numpy().tolist()
    [[0.0, 3.0], [3.0, 6.0]]
    >>> len(set(windows.groups))
    1
    """
    from tqdm.auto import tqdm

    if not _is_number(sample_rate) or not MIN_RATE <= sample_rate <= MAX_RATE or sample_rate != int(sample_rate):
        raise ValueError(f"sample_rate must be a whole number from {MIN_RATE} to {MAX_RATE} Hz, got {sample_rate!r}.")
    sample_rate = int(sample_rate)  # libsndfile takes no 16000.0
    if skip_silence is not None and not _is_number(skip_silence):
        raise ValueError(
            f"skip_silence must be a number of dB, such as -60, or None to keep all, got {skip_silence!r}."
        )
    table, repeated = _one_row_a_file(_recordings(clips))
    n_window = _n_samples(duration, "duration", sample_rate)
    n_hop = n_window if hop is None else _n_samples(hop, "hop", sample_rate)
    n_least = n_window if min_duration is None else _n_samples(min_duration, "min_duration", sample_rate)
    if n_least > n_window:
        raise ValueError(f"min_duration={min_duration} must be at most duration={duration}.")
    output_dir, lengths = Path(output_dir), (n_window, n_hop, n_least)
    output_dir.mkdir(parents=True, exist_ok=True)
    folders = [output_dir / _folder_name(path, sample_rate, lengths, skip_silence) for path in table["recording"]]
    jobs = dict(zip(folders, table["recording"], strict=True))
    bar = tqdm(jobs.items(), desc="Cutting", unit="recording", disable=not verbose)
    outcomes = Parallel(n_jobs=n_jobs)(
        delayed(_cut_one)(path, folder, sample_rate, lengths, skip_silence) for folder, path in bar
    )
    cut = dict(zip(jobs, outcomes, strict=True))
    bad = sorted({str(found) for found in cut.values() if isinstance(found, AudioError)})
    empty = sorted({path for folder, path in jobs.items() if cut[folder] == []})
    rows = [
        (i, str(folder / name), start / sample_rate, end / sample_rate)
        for i, folder in enumerate(folders)
        if not isinstance(cut[folder], AudioError)
        for name, start, end in cut[folder]
    ]
    lost = [listed(bad, "recording", "that cannot be read")] if bad else []
    lost += [listed(empty, "recording", f"without a window of {duration:g} s that is not silent")] if empty else []
    lost += [listed(repeated, "recording", "that came before")] if repeated else []
    if not rows:
        raise ValueError(f"cut_segments: no window is left of {len(table)} recordings: {'; '.join(lost)}.")
    places, paths, starts, ends = zip(*rows, strict=True)
    frame = table.iloc[list(places)].reset_index(drop=True)
    # Names of files need not be UTF-8, as pandas' strings are.
    frame["path"], frame["start"], frame["end"] = pd.Series(paths, dtype=object), starts, ends
    if "target" in table and (gone := set(table["target"]) - set(frame["target"])):
        raise ValueError(f"cut_segments: no window of {min(gone)} recordings is left: {'; '.join(lost)}.")
    if lost:
        warn(f"{'; '.join(lost)}; left out.")
    left_out = {"bad_recordings": bad, "recordings_without_windows": empty, "repeated_recordings": repeated}
    return _as_windows(frame, clips, str(output_dir), left_out)


def _recordings(clips: Bunch | Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Return a row a recording: its path, its group, and what else is known of it."""
    if isinstance(clips, Bunch):
        frame = clips.get("frame")
        if not isinstance(frame, pd.DataFrame) or "path" not in frame:
            raise ValueError(
                f"clips: expected a Bunch of a reader, whose 'frame' is a table with a column 'path', got one of"
                f" {', '.join(map(repr, clips)) or 'nothing'}. Pass the paths alone if nothing is known of them."
            )
        table = frame.reset_index(drop=True)
        table["recording"] = table["path"]
    else:
        if isinstance(clips, str | os.PathLike):
            raise ValueError(
                f"clips must be a sequence of paths, got the one path {os.fspath(clips)!r}. Wrap it: [path]."
            )
        paths = list(clips)
        for i, clip in enumerate(paths):
            if not isinstance(clip, str | os.PathLike):
                raise ValueError(f"clips[{i}]: expected a path, got {type(clip).__name__}. Write it to a file first.")
        table = pd.DataFrame({"path": [os.fspath(path) for path in paths]}, dtype=object)
        table["recording"] = table["path"]
    if table.empty:
        raise ValueError("clips is empty: expected recordings to cut.")
    if "group" not in table:
        table["group"] = table["recording"]
    table["group"] = table["group"].mask(table["group"].map(is_unknown).astype(bool), table["recording"])
    return table


def _one_row_a_file(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Keep a recording that has several paths, or several rows, once, and its groups together."""
    paths = table["recording"].tolist()
    files = pd.Series([real or path for real, path in zip(real_files(paths), paths, strict=True)], dtype=object)
    is_repeat = files.duplicated()
    if not is_repeat.any():
        return table, []
    if "target" in table and (n_targets := table.groupby(files.to_numpy())["target"].nunique()).max() > 1:
        raise ValueError(f"{n_targets.idxmax()}: both real and fake by its rows. Keep the row that is right.")
    codes = connected_groups(np.column_stack([files, table["group"]]))
    _, first = np.unique(codes, return_index=True)
    table["group"] = table["group"].to_numpy()[first][codes]
    return table[~is_repeat].reset_index(drop=True), table["recording"][is_repeat].tolist()


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and np.isfinite(float(value))


def _n_samples(seconds: float, name: str, sample_rate: int) -> int:
    if not _is_number(seconds) or not 0 < seconds <= MAX_DURATION or not (n_samples := round(seconds * sample_rate)):
        raise ValueError(f"{name} must be a positive number of seconds, a sample at least, got {seconds!r}.")
    return n_samples


def _folder_name(path: str, sample_rate: int, lengths: tuple[int, int, int], skip_silence: float | None) -> str:
    """Return the name of the folder for the windows of a recording: other settings or contents, another name."""
    source = Path(path)
    # os.path, as a Path of Python 3.11 raises on names that are too long.
    stamp = (source.stat().st_size, source.stat().st_mtime_ns) if os.path.exists(path) else None  # noqa: PTH110
    settings = f"{source.absolute()}|{stamp}|{sample_rate}|{lengths}|{skip_silence}"
    digest = hashlib.sha256(settings.encode(errors="surrogateescape")).hexdigest()[:10]
    # Short enough for any file system, whatever the letters.
    return f"{source.stem[:50]}-{digest}"


def _cut_one(
    path: str, folder: Path, sample_rate: int, lengths: tuple[int, int, int], skip_silence: float | None
) -> list[tuple[str, int, int]] | AudioError:
    """Write the windows of a recording, unless they are there; return their names, starts and ends in samples."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was stopped
        unfinished.mkdir()
        try:
            for i, window in _windows(stream_audio(path, sample_rate), *lengths):
                level = np.sqrt(np.mean(np.square(window, dtype=np.float64)))
                if skip_silence is None or level >= 10 ** (skip_silence / 20):
                    file = as_is(unfinished / f"{folder.name}-{i:05d}.wav")
                    soundfile.write(file, window, sample_rate, subtype="PCM_16", format="WAV")
            unfinished.rename(folder)
        except AudioError as error:
            return error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    n_window, n_hop, _ = lengths
    numbers = {int(file.stem.rpartition("-")[2]): file.name for file in folder.glob("*.wav")}
    spans = [(numbers[i], i * n_hop, i * n_hop + n_window) for i in sorted(numbers)]
    if spans:  # Only the last one can be shorter.
        name, start, _ = spans[-1]
        spans[-1] = (name, start, start + soundfile.info(as_is(folder / name)).frames)
    return spans


def _windows(blocks: Iterable[Waveform], n_window: int, n_hop: int, n_least: int) -> Iterator[tuple[int, Waveform]]:
    """Yield windows with their numbers, the last one maybe shorter."""
    buffer, start, i = np.zeros(0, dtype=np.float32), 0, 0
    for block in blocks:
        buffer = np.concatenate([buffer, block])
        while start + n_window <= len(buffer):
            yield i, buffer[start : start + n_window]
            start, i = start + n_hop, i + 1
        n_done = min(start, len(buffer))
        buffer, start = buffer[n_done:], start - n_done
    rest = buffer[start:]
    # Where windows overlap, an end that was in the last one is nothing new.
    if len(rest) >= n_least and (i == 0 or len(rest) > n_window - n_hop):
        yield i, rest


def _as_windows(frame: pd.DataFrame, clips: Any, source: str, lost: dict[str, list[str]]) -> Bunch:
    is_bunch = isinstance(clips, Bunch)
    groups = "recordings"
    if is_bunch and "group" in clips["frame"]:
        groups = clips.get("report", {}).get("groups", "those of the recordings")
    report = {"source": source, "groups": groups, **lost}
    about = f"Windows of {frame['recording'].nunique()} recordings."
    if "target" in frame:
        return as_bunch(frame, report, [about, clips.get("DESCR", "")])
    return Bunch(
        data=frame["path"].tolist(),
        target=None,
        groups=frame["group"].to_numpy(dtype=str),
        **dict.fromkeys(("attack", "codec", "split")),
        frame=frame,
        report=report,
        DESCR=about,
    )
