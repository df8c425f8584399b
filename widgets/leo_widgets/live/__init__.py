"""Following a run while it trains: a thread that takes snapshots, and the history that is kept of them."""
