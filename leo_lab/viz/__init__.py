"""Viewers that draw: plotly figures, pictures and videos of all-goals values. They only read."""

from __future__ import annotations

from leo_lab.viz.figures.calibration import calibration
from leo_lab.viz.figures.charts import learning_curves, success_by_distance, success_matrix
from leo_lab.viz.figures.maps import value_map
from leo_lab.viz.figures.mosaic import goal_mosaic
from leo_lab.viz.figures.similarity import goal_similarity, similarity_map
from leo_lab.viz.pictures.bodies import body_frames, plane_frames
from leo_lab.viz.pictures.frames import draw_map, map_sheet, save_png
from leo_lab.viz.pictures.video import rollout_frames, save_video
from leo_lab.viz.tables import table
from leo_lab.walks.gridworld import Trace, greedy_trace

__all__ = [
    "Trace",
    "body_frames",
    "calibration",
    "draw_map",
    "goal_mosaic",
    "goal_similarity",
    "greedy_trace",
    "learning_curves",
    "map_sheet",
    "plane_frames",
    "rollout_frames",
    "save_png",
    "save_video",
    "similarity_map",
    "success_by_distance",
    "success_matrix",
    "table",
    "value_map",
]
