"""Training: the compiled loop and its drivers, runs on disk, devices, presets."""
