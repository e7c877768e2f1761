"""The list of pages beside every page. It stands here, so that the pages themselves stay plain Markdown."""

from pathlib import Path

DOCS = Path(__file__).parent.parent
CONTENTS = {
    "Begin": ["tutorial", "notebooks/*", "gallery", "command_line"],
    "How-tos": [
        "howto/index",
        "howto/asvspoof_baseline",
        "howto/voice_notes",
        "howto/telephone",
        "howto/long_recordings",
        "howto/without_tensorflow",
        "howto/clusters",
        "howto/safe_files",
    ],
    "Clips": ["audio", "labels", "datasets", "corpora", "bad_input"],
    "Before training": ["audit", "model_selection"],
    "Detectors": ["feature_extraction", "neural_network", "augmentation", "detectors", "model_card"],
    "Judging": ["evaluation", "metrics", "displays", "calibration", "inspection"],
    "In use": ["persistence", "deployment", "scale", "performance"],
    "Reference": ["api/index", "glossary", "comparison", "messages", "licences"],
}


def pages() -> dict[str, list[str]]:
    """Return the pages that are there, under their captions."""
    found = {}
    for caption, patterns in CONTENTS.items():
        found[caption] = [
            path.relative_to(DOCS).with_suffix("").as_posix()
            for pattern in patterns
            for path in sorted(path for suffix in ("md", "rst", "ipynb") for path in DOCS.glob(f"{pattern}.{suffix}"))
        ]
    return found


def add_contents(app: object, name: str, source: list[str]) -> None:
    """Add the lists of pages to the first page."""
    if name == "index":
        for caption, names in pages().items():
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""])


def setup(app):
    app.connect("source-read", add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
