"""Widgets that show what an agent believes about every goal at once.

Every widget reads objects by their attributes, the same as leo_lab's artefacts have (`leo_widgets.arrays`), holds its
data in the browser, and works in a notebook, in an exported page, and with the kernel busy or gone.
"""

from leo_widgets.page.export import page
from leo_widgets.views.base import LeoWidget
from leo_widgets.views.compare_ab import CompareAB
from leo_widgets.views.craftax_trace import CraftaxTrace
from leo_widgets.views.goal_map import GoalMap
from leo_widgets.views.goal_mosaic import GoalMosaic
from leo_widgets.views.goal_table import GoalTable
from leo_widgets.views.plane_map import PlaneMap
from leo_widgets.views.rollout_player import RolloutPlayer
from leo_widgets.views.success_matrix import SuccessMatrix
from leo_widgets.views.train_scope import TrainScope
from leo_widgets.views.update_microscope import UpdateMicroscope

__all__ = [
    "CompareAB",
    "CraftaxTrace",
    "GoalMap",
    "GoalMosaic",
    "GoalTable",
    "LeoWidget",
    "PlaneMap",
    "RolloutPlayer",
    "SuccessMatrix",
    "TrainScope",
    "UpdateMicroscope",
    "page",
]
