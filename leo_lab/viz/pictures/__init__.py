"""Pictures and videos: maps, walks, bodies."""
