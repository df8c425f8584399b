"""Following a run while it trains."""
