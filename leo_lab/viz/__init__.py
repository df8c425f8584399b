"""Viewers that draw: plotly figures, Pillow pictures and videos of values, walks and scores. They only read artefacts.

figures/ holds what plotly draws, pictures/ what Pillow draws; reading says what a map shows, for both.
"""

from __future__ import annotations

from leo_lab.viz.figures.calibration import calibration
from leo_lab.viz.figures.charts import learning_curves, success_by_distance, success_matrix
from leo_lab.viz.figures.maps import value_map
from leo_lab.viz.figures.mosaic import goal_mosaic
from leo_lab.viz.figures.similarity import goal_similarity, similarity_map
from leo_lab.viz.pictures.bodies import body_frames
from leo_lab.viz.pictures.maps import draw_map, map_sheet
from leo_lab.viz.pictures.video import save_png, save_video
from leo_lab.viz.pictures.walks import plane_frames, rollout_frames, world_frames
from leo_lab.viz.tables import table

__all__ = [
    "body_frames", "calibration", "draw_map", "goal_mosaic", "goal_similarity", "learning_curves", "map_sheet",
    "plane_frames", "rollout_frames", "save_png", "save_video", "similarity_map", "success_by_distance",
    "success_matrix", "table", "value_map", "world_frames",
]  # fmt: skip
