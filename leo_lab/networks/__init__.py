"""Networks in flax.nnx: torsos that read an observation, heads that answer for goals and actions.

Nothing in here knows an environment or a learner.
"""
