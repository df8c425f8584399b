"""Where the steps come from that a learner learns from: segments, the sources that draw them, what is kept of them."""

from leo_lab.experience.online import OnlineConfig, OnlineSource
from leo_lab.experience.segment import Choice, Segment, Source

__all__ = ["Choice", "OnlineConfig", "OnlineSource", "Segment", "Source"]
