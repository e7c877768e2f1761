"""Shows, below the code that saves a picture, that picture.

Pages that draw are run once when the site is built, and again only when they change. So pictures are those of the code
above them, and none is kept in the repository.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

from _site.gallery import DOCS, SAVES, folder_of, pages_that_draw

PICTURES = DOCS / "_pictures"
DRAW = DOCS / "_site" / "draw.py"
SUFFIXES = {"light": ".png", "dark": ".dark.png"}


def draw(page: Path) -> None:
    """Run the code of a page in a folder of its own, where it leaves its pictures."""
    folder = PICTURES / folder_of(page)
    digest = hashlib.sha256(page.read_bytes() + DRAW.read_bytes()).hexdigest()
    done = folder / "digest"
    if done.exists() and done.read_text() == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(DRAW), str(page)]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{page.name} does not run:\n{run.stderr[-2000:]}")
    done.write_text(digest)


def draw_all(app: object) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(draw, pages_that_draw()))


class ShowPictures(SphinxTransform):
    """Put the light and the dark picture below the code that saves them; the theme shows one."""

    default_priority = 10  # before pictures are copied

    def apply(self, **options: object) -> None:
        page = Path(self.env.doc2path(self.env.docname))
        for picture in list(self.document.findall(nodes.image)):  # of the gallery
            if picture["uri"].startswith("/_pictures/"):
                uri = picture["uri"].removesuffix(SUFFIXES["light"]) + SUFFIXES["dark"]
                dark = nodes.image(uri=uri, alt=picture["alt"], classes=["only-dark"])
                picture["classes"].append("only-light")
                picture.parent.append(dark)
        for code in list(self.document.findall(nodes.literal_block)):
            for name in SAVES.findall(code.astext()):
                place = code.parent.index(code) + 1
                for theme, suffix in SUFFIXES.items():
                    uri = f"/_pictures/{folder_of(page)}/{name}{suffix}"
                    alternative = f"The picture that this code draws: {name}"
                    picture = nodes.image(uri=uri, alt=alternative, classes=[f"only-{theme}", "drawn"])
                    code.parent.insert(place, picture)


def setup(app):
    app.connect("builder-inited", draw_all)
    app.add_transform(ShowPictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
