"""Walks of an agent, recorded to be looked at."""
