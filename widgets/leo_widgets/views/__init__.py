"""The widgets, one file each, and what they share."""
