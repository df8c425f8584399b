"""Your own world: the Towers of Hanoi, in which every arrangement of the discs is a state and a goal.

    python examples/02_own_world.py

A world is five pure functions. Since the states of this one can be listed (`states`), it has exact values, too.
"""

import itertools
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

import leo_lab
from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment, States

MOVES = tuple(itertools.permutations("abc", 2))  # from one peg to another


class Hanoi(Environment):
    """Three discs on three pegs. A state is the index of an arrangement, such as "aab": the largest disc is on b."""

    name = "hanoi"
    title = "Towers of Hanoi"
    action_names = tuple(f"{start} to {end}" for start, end in MOVES)
    obs_size = 27
    max_steps, clock_spread = 60, 20
    deterministic = True

    @cached_property
    def states(self):
        names = tuple("".join(pegs) for pegs in itertools.product("abc", repeat=3))
        chance = np.zeros((27, len(MOVES), 27))
        for state, name in enumerate(names):
            for action, move in enumerate(MOVES):
                chance[state, action, names.index(moved(name, *move))] = 1.0
        return States(names, chance, np.eye(27, dtype=np.float32), start=names.index("aaa"))

    @cached_property
    def goals(self):
        names = tuple(f"pegs/{name}" for name in self.states.names)
        return GoalSet(names, np.eye(27, dtype=np.float32), observations=self.states.observations)

    def reset(self, key):
        return jnp.int32(self.states.start)

    def step(self, state, action, key):
        after = jnp.asarray(self.states.transitions.argmax(axis=-1))[state, action]
        return after.astype(jnp.int32), jnp.zeros((), bool)  # it never ends by itself

    def observe(self, state):
        return jax.nn.one_hot(state, 27)

    def achieved(self, obs):
        return obs > 0.5


def moved(pegs, start, end):
    """The arrangement after a move; the same one where it is against the rules."""
    discs = [disc for disc in range(3) if pegs[disc] == start]
    if not discs or any(pegs[disc] == end for disc in range(discs[0])):
        return pegs
    return pegs[: discs[0]] + end + pegs[discs[0] + 1 :]


def main(steps=400_000):
    env = Hanoi()
    run = leo_lab.train(env, "leo", steps=steps, progress=True)
    exact = leo_lab.exact_values(env)
    print(f"moves from aaa to ccc: {exact.steps()[env.states.start, env.goals.index('ccc')]:.1f}")
    print(leo_lab.evaluate(run).summary())
    return run


if __name__ == "__main__":
    main()
