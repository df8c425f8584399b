"""A point maze that compiles and learns in seconds, and a run in it that several tests share."""

MAP = "S.#..\n..#..\n.....\n"
SIZES = {
    **{"num_envs": 16, "unroll": 16, "width": 16, "depth": 1, "units": 2, "code": 8},
    **{"updates": 2, "minibatch": 32, "replay": 2000, "random_steps": 500},
}
STEPS = 20 * 256
WORDS = [
    *[word for name, value in SIZES.items() for word in (f"--{name.replace('_', '-')}", str(value))],
    *["--steps", str(STEPS), "--max-steps", "60"],
]
LEARNER = ":".join(["sac_leo", *(f"{name}={value}" for name, value in SIZES.items())])
