"""Heads: from a feature vector to values."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.networks.buckets import taken_logits
from leo_lab.networks.torsos import SMALL, Code, Torso

OWN_RATE = 3.0  # logits that a unit of a state's own numbers is worth: Adam moves those of a head by some hundred


class AllGoalsHead(nnx.Module):
    """One linear layer to the logits of all A actions and G goals; a sigmoid makes them values in (0, 1).

    Outputs without the sigmoid diverge (paper, Section 4). They start low, at `initial_value`: a goal that cannot be
    reached is never hit, its target is only ever gamma times its own value, and from 1/2 that takes forever to fade.
    Actions come before goals because only the action taken is ever trained: its row of G is then one piece of memory.

    With `by_action` the kernel is [A, H, G], one piece of memory for each action, which the buckets of
    leo_lab.networks.buckets need; else [H, A, G], which makes the full product faster. Seeds fix the same numbers
    either way.
    """

    def __init__(
        self, width: int, goals: int, actions: int, *, initial_value: float, rngs: nnx.Rngs, by_action: bool = False
    ):
        logit = jnp.log(initial_value) - jnp.log1p(-initial_value)
        self.width, self.actions, self.goals, self.by_action = width, actions, goals, by_action
        kernel = SMALL(rngs.params(), (width, actions * goals)).reshape(width, actions, goals)
        self.kernel = nnx.Param(kernel.swapaxes(0, 1) if by_action else kernel)
        self.bias = nnx.Param(jnp.full((actions, goals), logit))

    def __call__(self, hidden: jax.Array) -> jax.Array:
        """float32 [..., width] -> logits [..., A, G]."""
        chex.assert_axis_dimension(hidden, -1, self.width)
        kernel = self.kernel[...].swapaxes(0, 1) if self.by_action else self.kernel[...]
        kernel = kernel.reshape(hidden.shape[-1], -1)  # one wide product, not A narrow ones
        logits = (hidden @ kernel).reshape(*hidden.shape[:-1], self.actions, self.goals)
        return logits + jnp.broadcast_to(self.bias[...], logits.shape)

    def taken(self, hidden: jax.Array, action: jax.Array) -> jax.Array:
        """float32 [B, width], int32 [B] -> logits [B, G] of the actions taken, in buckets only with `by_action`."""
        chex.assert_shape(hidden, (*action.shape, self.width))
        if self.by_action:
            return taken_logits(hidden, self.kernel[...], self.bias[...], action)
        return self(hidden)[jnp.arange(len(action)), action]


class AllGoalsNetwork(nnx.Module):
    """LEO's network: a torso that never sees the goal, and every goal's values in one pass.

    What a head of H inputs says of S states is a product [S, H] x [H, A G], whose rank is at most H: of more states it
    cannot tell each one's best action for each goal. With `states` = S the network is also wide: each state has logits
    of its own that are added to the head's, for the price of reading them (Wide & Deep, Cheng et al. 2016).
    """

    def __init__(self, torso: Torso | Code, head: AllGoalsHead, states: int = 0):
        self.torso, self.head = torso, head
        if states:
            self.own = nnx.Param(jnp.zeros((states, head.actions, head.goals)))

    def __call__(self, obs: jax.Array, row: jax.Array | None = None) -> jax.Array:
        """float32 [..., F] -> logits [..., A, G]; where the network is wide, `row` int32 [...] says of which state."""
        logits = self.head(self.torso(obs))
        return logits if row is None else logits + OWN_RATE * self.own[...][row]

    def taken(self, obs: jax.Array, action: jax.Array, row: jax.Array | None = None) -> jax.Array:
        """float32 [B, F], int32 [B] -> logits [B, G] of the actions taken, for what a gradient step trains."""
        logits = self.head.taken(self.torso(obs), action)
        return logits if row is None else logits + OWN_RATE * self.own[...][row, action]


class GoalInputNetwork(nnx.Module):
    """A network that is told the goal: values of the A actions for one goal per pass (UVFA, Schaul et al. 2015)."""

    def __init__(self, torso: Torso, actions: int, *, initial_value: float, rngs: nnx.Rngs):
        self.torso = torso
        self.head = AllGoalsHead(torso.width, 1, actions, initial_value=initial_value, rngs=rngs)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """Observation and goal features, float32 [..., F] -> logits [..., A]."""
        return self.head(self.torso(obs))[..., 0]


class ActorCriticNetwork(nnx.Module):
    """A network that is told the goal: what to do, and the value of doing so."""

    def __init__(self, torso: Torso, actions: int, *, initial_value: float, rngs: nnx.Rngs):
        self.torso = torso
        self.actor = nnx.Linear(torso.width, actions, kernel_init=SMALL, rngs=rngs)
        self.critic = AllGoalsHead(torso.width, 1, 1, initial_value=initial_value, rngs=rngs)

    def __call__(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Observation and goal features, float32 [..., F] -> the policy's logits [..., A] and the value's [...]."""
        hidden = self.torso(obs)
        return self.actor(hidden), self.critic(hidden)[..., 0, 0]


class GoalQueryNetwork(nnx.Module):
    """The torso writes a few tokens, and each goal reads from them what it needs: one layer of cross-attention (CLEO).

    State and goal meet before the last layer, unlike in AllGoalsNetwork, and still in one pass of the torso.
    """

    def __init__(
        self,
        torso: Torso,
        goals: int,
        actions: int,
        tokens: tuple[int, int, int],
        *,
        initial_value: float,
        rngs: nnx.Rngs,
    ):
        """With `tokens` of so many heads of so many units."""
        _, heads, size = tokens
        self.torso = torso
        self.query = nnx.Param(jax.random.normal(rngs.params(), (goals, heads, size)))
        self.key = nnx.LinearGeneral(torso.width, tokens, rngs=rngs)
        self.value = nnx.LinearGeneral(torso.width, tokens, rngs=rngs)
        self.norm = nnx.LayerNorm(heads * size, rngs=rngs)
        self.head = AllGoalsHead(heads * size, 1, actions, initial_value=initial_value, rngs=rngs)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """float32 [..., F] -> logits [..., A, G]."""
        hidden = self.torso(obs)
        query = jnp.broadcast_to(self.query[...], (*obs.shape[:-1], *self.query.shape))
        read = query + nnx.dot_product_attention(query, self.key(hidden), self.value(hidden))  # [..., G, heads, size]
        features = nnx.relu(self.norm(read.reshape(*read.shape[:-2], -1)))
        return self.head(features)[..., 0].swapaxes(-1, -2)
