"""Measurements on the machine at hand: learners compared, what all goals cost, where the time goes."""
