"""Which library draws mujoco's pictures where there is no screen. mujoco asks once, as it is imported."""

from __future__ import annotations

import ctypes.util
import os
import platform


def prefer_headless() -> None:
    """Sets MUJOCO_GL to egl or osmesa, whichever is there, unless it is set; other systems than Linux need neither."""
    if "MUJOCO_GL" in os.environ or platform.system() != "Linux":
        return
    for name, library in (("egl", "EGL"), ("osmesa", "OSMesa")):
        if ctypes.util.find_library(library):
            os.environ["MUJOCO_GL"] = name
            return
