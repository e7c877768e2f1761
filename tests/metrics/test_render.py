import html.parser
import re
import sys

import numpy as np
import pytest

from skvoicefake.metrics import evaluate_scores


@pytest.fixture
def report():
    rng = np.random.default_rng(0)
    y = np.tile(["fake", "real"], 60)
    scores = rng.normal(size=120) + 2 * (y == "real")
    attack = np.where(y == "real", "-", np.repeat(["A|1", "<b>A2</b>"], 60))
    return evaluate_scores(y, scores, threshold=1, attack=attack, n_resamples=20, title="A & B <script>")


class Page(html.parser.HTMLParser):
    """Check that tags are closed in order, and collect text and pictures."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells, self.pictures = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.pictures.append(dict(attributes))
        elif tag not in ("meta", "p"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "p":
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "h1"):
            self.cells.append(data)


def test_html_is_one_whole_page(report, tmp_path):
    text = report.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
    page = Page(text)
    assert page.open == []
    assert page.cells[0] == "A & B <script>"
    fake, real = report.confusion_matrix.to_numpy().astype(str).tolist()
    assert "|".join(["is fake", *fake, "is real", *real]) in "|".join(page.cells)
    assert "<b>A2</b>" in page.cells
    assert f"{report.table.loc['accuracy', 'value']:.4f}" in page.cells
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in page.pictures)
    names = [picture["alt"] for picture in page.pictures]
    assert names == [
        "confusion matrix",
        "detection error tradeoff",
        "receiver operating characteristic",
        "scores",
        "attack",
    ]
    assert not re.search(r"<(script|link|iframe)|src=\"(?!data:)|url\(", text)


def test_html_without_matplotlib_says_so(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = report.to_html()
    assert Page(page).pictures == []
    assert "pictures are left out" in page
    assert "skvoicefake[plot]" in page


def test_markdown_tables_have_even_rows(report, tmp_path):
    text = report.to_markdown(tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text == str(report)
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 4
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table}
        assert len(widths) == 1
    assert "A\\|1" in text
    assert "95% interval" in text
    assert "- **Mind:** Only 60 clips are 'fake'" in text


def test_no_interval_no_column():
    report = evaluate_scores(["fake", "real"] * 5, np.arange(10), codec=["a"] * 10, n_resamples=0)
    text = report.to_markdown()
    assert "interval" not in text.split("## All figures")[1].split("##")[0]
    assert "| codec | n fake | n real | EER | AUC |" in text
    assert "## Confusion matrix" not in text
    assert "<h2>Verdicts</h2>" not in report.to_html()


def test_long_breakdowns_are_cut_short():
    y = np.tile(["fake", "real"], 100)
    report = evaluate_scores(y, np.arange(200.0), codec=np.repeat(np.arange(50), 4), n_resamples=0)
    text = report.to_markdown()
    assert "10 more are in the JSON." in text
    assert len(report.breakdowns["codec"]) == 50
    assert len(re.findall(r"^\| \d+ \|", text, flags=re.M)) == 40
