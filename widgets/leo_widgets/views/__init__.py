"""The widgets, one file each, and what they share: `base`, `pairs` (maps), `players` (walks), `plane_widget`."""
