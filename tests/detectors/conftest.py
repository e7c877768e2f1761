from tests.cli.conftest import clips, corpus, quick_detector, quick_pipeline, shipped, shipped_folder  # noqa: F401
