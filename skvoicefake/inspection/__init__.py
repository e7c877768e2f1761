"""What in a recording made a detector decide, and when."""

from skvoicefake.inspection._live import LiveTimeline, Row
from skvoicefake.inspection._occlusion import Effect, Occlusion, occlusion
from skvoicefake.inspection._timeline import Timeline, timeline
from skvoicefake.inspection._verdict import Stretch

__all__ = ["Effect", "LiveTimeline", "Occlusion", "Row", "Stretch", "Timeline", "occlusion", "timeline"]
