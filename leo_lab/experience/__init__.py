"""Where the steps come from that a learner learns from: environments under way, and what is kept of them."""
