"""What widgets that play a walk share: the frame, its pace, and the goal that follows the commands."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.views.base import LeoWidget, check_index

SPEEDS = [1, 2, 4, 8, 16, 32]  # steps per second


class PlayerWidget(LeoWidget):
    """A widget that plays a walk of T steps, and may read the commanded goal, whichever it is at the time.

    A subclass sets `_commanded` before it calls the constructor. While `follow` is true, `goal` is the commanded goal
    of `frame`; choosing another goal ends that.
    """

    frame = traitlets.Int(0).tag(sync=True)
    follow = traitlets.Bool(True).tag(sync=True)
    speed = traitlets.Enum(SPEEDS, 4).tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    _commanded: ClassVar[np.ndarray | None] = None  # goals [T + 1]; None where there is no walk

    def counts(self) -> dict[str, int]:
        return {**super().counts(), "frame": 1 if self._commanded is None else len(self._commanded)}

    @traitlets.validate("frame")
    def _check_frame(self, proposal):
        return check_index(proposal.value, range(self.counts()["frame"]), "frame")

    @traitlets.validate("follow")
    def _check_follow(self, proposal):
        if proposal.value and self._commanded is None:
            raise traitlets.TraitError("follow needs a trace: without one no goal is commanded")
        return proposal.value

    @traitlets.observe("frame", "follow")
    def _take_commanded(self, change):
        if self.follow:
            self.goal = int(self._commanded[self.frame])

    @traitlets.observe("goal")
    def _leave_commanded(self, change):
        if self.follow and self.goal != self._commanded[self.frame]:
            self.follow = False

    def _commanded_at(self, frame) -> int:
        """The goal commanded at a frame; 0 where there is no such frame, which another check tells of."""
        return int(self._commanded[frame]) if frame in range(self.counts()["frame"]) else 0
