"""Clips -> rows, by an exported detector: without scikit-learn, TensorFlow or librosa, which need not be there."""

from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor

from skvoicefake._row import NO_VERDICT, Row, load_clip, reason
from skvoicefake.persistence import OnnxDetector


class ExportedScorer:
    """Scores clips, a batch at a time, as `Scorer` does."""

    def __init__(self, detector: OnnxDetector, real: Hashable, n_jobs: int) -> None:
        self.detector, self.n_jobs = detector, n_jobs
        self.sign = 1 if detector.classes_.tolist().index(real) == 1 else -1
        self.names = [str(label) for label in detector.classes_.tolist()]

    def rows(self, paths: Sequence[str]) -> list[Row]:
        """Return a row a path."""
        if len(paths) == 1:
            return [self._row(paths[0])]
        with ThreadPoolExecutor(self.n_jobs) as pool:
            return list(pool.map(self._row, paths))

    def _row(self, path: str) -> Row:
        row, about = Row(path), self.detector.about
        is_panel = not about["takes_silence"]
        seconds = about["seconds"] if is_panel else None
        rate, duration = self.detector.sample_rate, self.detector.duration
        heard = about["front_end_duration"]
        y = load_clip(row, rate, duration, is_panel=is_panel, panel_seconds=seconds, heard=heard)
        if y is None:
            return row
        try:
            probability, score, label, remark = self.detector.answer(y, path)
        except ValueError as error:
            row.error = reason(error, path)
            return row
        row.label, row.score = label, self.sign * float(score[0]) + 0.0  # no "-0"
        row.probability = float(probability[self.names.index(label)])
        if remark:
            row.warnings = [f"{NO_VERDICT}{remark}", *row.warnings]
            row.label, row.score, row.probability = None, 0.0, 0.5
        return row
