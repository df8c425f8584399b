"""Networks for continuous actions: what to do for a goal, and how good an action is for it.

Every critic answers in two parts, `encode(obs)` and `evaluate(code, action)`: the first is dear and does not
know the action, so that an all-goals critic encodes each state once and evaluates an action of each goal's own for
little.

Goals are the last axis of everything in here, [B, A, G] and [B, K, G], as a CPU works along it: with the K units of a
goal last, the same sums take three times as long.
"""

from __future__ import annotations

import math

import chex
import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.networks.torsos import SMALL, Code, Torso

LOG_STD = (-4.0, 1.0)  # the smallest and the largest


def _logit(value: float) -> float:
    return math.log(value / (1 - value))


class Actor(nnx.Module):
    """Means and deviations of the actions of G goals; of one where the torso is told which.

    The actions are tanh of normal numbers (Haarnoja et al. 2018, Appendix C).
    """

    def __init__(self, torso: Torso | Code, goals: int, actions: int, *, rngs: nnx.Rngs):
        self.torso, self.actions, self.goals = torso, actions, goals
        self.head = nnx.Linear(torso.width, 2 * actions * goals, kernel_init=SMALL, rngs=rngs)

    def __call__(self, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float32 [..., F] -> means and logarithms of deviations, both [..., A, G]."""
        out = self.head(self.torso(inputs)).reshape(*inputs.shape[:-1], 2 * self.actions, self.goals)
        low, high = LOG_STD
        return out[..., : self.actions, :], low + (high - low) * jax.nn.sigmoid(out[..., self.actions :, :] + 1.0)


class AllGoalsCritic(nnx.Module):
    """The logits of one action of each goal's own, for all goals, from one pass of the torso.

    Goal g has K units, relu(W_g h(s) + U a_g), whose weighted sum is its logit, beside a linear function of h(s), the
    code of the state.
    """

    def __init__(self, torso: Code, goals: int, actions: int, *, units: int, initial_value: float, rngs: nnx.Rngs):
        self.torso, self.goals, self.units = torso, goals, units
        self.units_of = nnx.Linear(torso.width, units * goals, rngs=rngs)
        self.base_of = nnx.Linear(torso.width, goals, kernel_init=SMALL, rngs=rngs)
        self.push = nnx.Param(nnx.initializers.normal(1.0)(rngs.params(), (actions, units)))
        self.weight = nnx.Param(nnx.initializers.normal(0.1 / units**0.5)(rngs.params(), (units, goals)))
        self.start = _logit(initial_value)

    def encode(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float32 [B, F] -> what all goals know of the states: [B, K, G] and [B, G]."""
        code = self.torso(obs)
        return self.units_of(code).reshape(len(obs), self.units, self.goals), self.base_of(code)

    def evaluate(self, code: tuple[jax.Array, jax.Array], action: jax.Array) -> jax.Array:
        """Of one action for all goals, [B, A, 1], or of one each, [B, A, G] -> logits [B, G]."""
        units, base = code
        chex.assert_rank([units, base, action], [3, 2, 3])
        return unit_sum(units, action, self.push[...], self.weight[...]) + base + self.start


@jax.custom_vjp
def unit_sum(units: jax.Array, action: jax.Array, push: jax.Array, weight: jax.Array) -> jax.Array:
    """sum_k weight_kg relu(units_kg + push_k a_g): [B, K, G], [B, A, G or 1], [A, K] and [K, G] -> [B, G].

    Its gradient is written out because only so does every sum over units or actions stay one loop along the goals,
    which makes it up to three times as fast on a CPU.
    """
    return _unit_sum_forward(units, action, push, weight)[0]


def _unit(units: jax.Array, action: jax.Array, push: jax.Array, k: int) -> jax.Array:
    """Unit k of every goal before its relu, [B, G]."""
    pushed = sum(action[:, i] * push[i, k] for i in range(action.shape[1]))
    return units[:, k] + pushed


def _unit_sum_forward(units, action, push, weight):
    each = (jax.nn.relu(_unit(units, action, push, k)) * weight[k][None] for k in range(len(weight)))
    return sum(each), (units, action, push, weight)


def _unit_sum_backward(kept, slope):
    units, action, push, weight = kept
    count = range(action.shape[1])
    pushed = sum(action[:, i, None] * push[i][None, :, None] for i in count)
    before = units + pushed
    to_units = jnp.where(before > 0, slope[:, None] * weight[None], 0.0)
    to_weight = (jax.nn.relu(before) * slope[:, None]).sum(axis=0)
    to_push = jnp.stack([(to_units * action[:, i, None]).sum(axis=(0, 2)) for i in count])
    steps = [jnp.where(_unit(units, action, push, k) > 0, slope * weight[k][None], 0.0) for k in range(len(weight))]
    to_action = jnp.stack([sum(step * push[i, k] for k, step in enumerate(steps)) for i in count], axis=1)
    if action.shape[2] == 1:
        to_action = to_action.sum(axis=2, keepdims=True)
    return to_units, to_action, to_push, to_weight


unit_sum.defvjp(_unit_sum_forward, _unit_sum_backward)


class GoalInputCritic(nnx.Module):
    """The logits of K pairs of goal and action, each of which is a pass of the torso."""

    def __init__(self, torso: Torso, *, initial_value: float, rngs: nnx.Rngs):
        self.torso = torso
        self.head = nnx.Linear(torso.width, 1, kernel_init=SMALL, rngs=rngs)
        self.start = _logit(initial_value)

    def encode(self, inputs: jax.Array) -> jax.Array:
        """Nothing can be computed before the action is known: float32 [B, K, F] as they are."""
        return inputs

    def evaluate(self, code: jax.Array, action: jax.Array) -> jax.Array:
        """[B, K, F] and actions [B, A, 1] or [B, A, K] -> logits [B, K]."""
        chex.assert_rank([code, action], 3)
        action = action.swapaxes(1, 2)
        action = jnp.broadcast_to(action, (*code.shape[:-1], action.shape[-1]))
        return self.head(self.torso(jnp.concatenate([code, action], axis=-1)))[..., 0] + self.start


class Twins(nnx.Module):
    """Two critics of one kind; `twin_min` takes the smaller of their answers (Fujimoto et al. 2018)."""

    def __init__(self, first: nnx.Module, second: nnx.Module):
        self.first, self.second = first, second

    def encode(self, inputs: jax.Array) -> tuple:
        """See the critics."""
        return self.first.encode(inputs), self.second.encode(inputs)

    def evaluate(self, codes: tuple, action: jax.Array) -> jax.Array:
        """-> logits of both, [2, B, G]."""
        return jnp.stack([self.first.evaluate(codes[0], action), self.second.evaluate(codes[1], action)])


def sample(key: jax.Array, mean: jax.Array, log_std: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Actions [B, A, K] of a policy and the logarithms of their densities [B, K].

    The K goals of a row share one draw of the noise: each goal's expectation is right all the same, for a Kth of the
    random numbers.
    """
    chex.assert_rank([mean, log_std], 3)
    chex.assert_equal_shape([mean, log_std])
    noise = jax.random.normal(key, (*mean.shape[:2], 1))
    drawn = mean + jnp.exp(log_std) * noise
    # log(1 - tanh^2) without its rounding error far out
    squash = 2 * (math.log(2.0) - drawn - jax.nn.softplus(-2 * drawn))
    log_prob = -0.5 * jnp.square(noise) - log_std - 0.5 * math.log(2 * math.pi) - squash
    return jnp.tanh(drawn), log_prob.sum(axis=1)


def twin_min(twins: jax.Array) -> jax.Array:
    """The smaller of two critics' answers, [2, ...] -> [...].

    Not `min` over the axis: its gradient looks for ties, which takes as long as all the rest of the policy's.
    """
    return jnp.minimum(twins[0], twins[1])
