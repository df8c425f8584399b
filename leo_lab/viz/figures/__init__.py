"""Plotly figures of values, scores and measurements."""
