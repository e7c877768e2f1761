"""What kind of file a clip came in."""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from skvoicefake.audio._decoding import THIS_FILE_ALONE, as_is


def facts_of_file(clip: Any) -> dict[str, float | str]:
    """Return container, codec and size of a file that could be decoded."""
    import soundfile

    is_path = isinstance(clip, str | os.PathLike)
    if is_path:
        source, start, n_bytes = as_is(clip), b"", Path(clip).stat().st_size
    else:
        if hasattr(clip, "read"):
            clip.seek(0)
            clip = clip.read()
        source, start, n_bytes = io.BytesIO(clip), bytes(clip[:16]), len(clip)
    try:
        with soundfile.SoundFile(source) as file:
            return {"container": file.format, "codec": file.subtype, "n_bytes": n_bytes}
    except (soundfile.LibsndfileError, OSError, TypeError):
        pass
    if is_path:
        if (told := _ask_ffprobe(Path(clip))) is not None:
            return {"container": told[0], "codec": told[1], "n_bytes": n_bytes}
        with Path(clip).open("rb") as file:
            start = file.read(16)
    container = _container_by_start(start)
    return {"container": container, "codec": container, "n_bytes": n_bytes}


def _ask_ffprobe(path: Path) -> tuple[str, str] | None:
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        return None
    command = [ffprobe, *THIS_FILE_ALONE, "-select_streams", "a:0", "-of", "json"]
    command += ["-show_entries", "format=format_name:stream=codec_name", f"file:{path}"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    try:
        told = json.loads(result.stdout)
        container, codec = told["format"]["format_name"], told["streams"][0]["codec_name"]
    except (ValueError, LookupError, TypeError):
        return None
    # One name for the family that ffprobe calls "mov,mp4,m4a,3gp,3g2,mj2".
    return ("mp4" if "mp4" in container else container.split(",")[0]), codec


def _container_by_start(start: bytes) -> str:
    if start[4:8] == b"ftyp":
        return "mp4"
    known = {b"\x1aE\xdf\xa3": "matroska", b"#!AMR": "amr", b"0&\xb2u": "asf", b"FLV": "flv", b"\xff\xf1": "aac"}
    known |= {b"\xff\xf9": "aac", b"RIFF": "avi", b"OggS": "ogg"}
    return next((container for magic, container in known.items() if start.startswith(magic)), "other")
