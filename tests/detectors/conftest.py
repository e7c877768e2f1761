from tests.cli.conftest import clips, corpus, quick_pipeline, shipped, shipped_folder  # noqa: F401
