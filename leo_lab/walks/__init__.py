"""Walks of an agent, recorded to be looked at, in every kind of world; and its values at places of a plane.

`record` and `plane_values`; what they return lies in leo_lab.artefacts.
"""

from leo_lab.walks.plane import plane_values
from leo_lab.walks.recorder import record

__all__ = ["plane_values", "record"]
