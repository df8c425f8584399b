"""Exact values, to hold every learner against.

Tables for worlds whose states can be listed, rasters for planes, and exploring with a table.
"""
