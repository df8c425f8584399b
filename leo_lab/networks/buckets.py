"""The logits of the actions taken, without those of all others.

A gradient step trains only the action that was taken, so of the product that gives [B, A, G] it needs [B, G]: one part
in A. Here the samples are sorted by action into one bucket per action, and each bucket meets the kernel of its own
action only. Buckets need a fixed size; what does not fit goes through a loop over short blocks of one action, as many
as this batch asks for. So no sample is lost whatever the actions, and an uneven batch costs a few blocks, not the full
product. `worthwhile` says when all this is faster on a CPU: where 5 million products or more can be left out.

A whole gradient step (4500 inputs, 4 layers of 1024, B = 512, Adam) on 2 cores, as a multiple of the step of a learner
of one goal (data/cost.json): 512 goals and 43 actions 1.6, with the full product 4.4; 136 goals and 17 actions 1.03,
with the full product 1.39. What is left of the first is the head's 22 million parameters, which every step reads in
both directions and moves, however few samples there are; `code` of LEOConfig makes them fewer (0.94).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

ROOM = 1.5  # size of a bucket, as a multiple of the mean number of samples per action
BLOCK = 32  # samples in one round of the loop


def taken_logits(hidden: jax.Array, kernel: jax.Array, bias: jax.Array, action: jax.Array) -> jax.Array:
    """Logits of all goals, each sample's for its own action.

    Values and gradients (reverse mode, of all but `action`) are those of the full product. Under vmap the buckets are
    one product, but the loop over what did not fit runs for one batch after the other.

    Args:
      hidden: float32 [B, H].
      kernel: float32 [A, H, G]; with A after H each bucket's product would first have to copy its kernel together.
      bias: float32 [A, G].
      action: int32 [B], in 0..A-1.

    Returns:
      float32 [B, G].

    Raises:
      ValueError: if the shapes do not fit together.
    """
    batch, width = hidden.shape
    actions, goals = bias.shape
    if kernel.shape != (actions, width, goals) or action.shape != (batch,):
        shapes = f"hidden {hidden.shape}, kernel {kernel.shape}, bias {bias.shape}, action {action.shape}"
        raise ValueError(f"need hidden [B, H], kernel [A, H, G], bias [A, G], action [B]; got {shapes}")
    return _product(hidden, kernel, action) + bias[action]


def worthwhile(batch: int, actions: int, goals: int, width: int) -> bool:
    """Whether `taken_logits` is faster than the full product, with its gradient, for B, A, G and H on a CPU."""
    # Full product against buckets, with gradients, in ms on 2 busy cores (fastest of 7); B x A x G, H:
    # 512 x 2 x 25, 128: 0.75, 1.05; 512 x 4 x 25, 128: 0.81, 0.73; 64 x 4 x 107, 256: 0.96, 0.69;
    # 512 x 4 x 107, 256: 3.8, 2.1; 512 x 8 x 107, 256: 5.8, 2.4.
    return batch * (actions - 1) * goals * width >= 5_000_000  # products that need not be computed


class _Plan(NamedTuple):
    """Which sample is multiplied where; rows hold sample numbers, and B where a place is empty.

    Attributes:
      rows: int32 [A, bucket size].
      slot: int32 [B], each sample's place in its bucket, or beyond it.
      overflow: int32 [blocks, BLOCK], the samples that are beyond.
      block_action: int32 [blocks], the action of each block.
      blocks: int32 [], how many blocks are not empty; they come first.
    """

    rows: jax.Array
    slot: jax.Array
    overflow: jax.Array
    block_action: jax.Array
    blocks: jax.Array


def _plan(action: jax.Array, actions: int) -> _Plan:
    """Buckets for action int32 [B], in 0..A-1, and blocks for what does not fit in them."""
    batch = len(action)
    size = min(batch, -(-int(ROOM * batch) // actions))
    order = jnp.argsort(action)
    count = jnp.bincount(action, length=actions)
    stop = jnp.cumsum(count)
    start = stop - count

    def run(first: jax.Array, stop: jax.Array, length: int) -> jax.Array:
        at = first[:, None] + jnp.arange(length)[None]
        return jnp.where(at < stop[:, None], order.at[at].get(mode="clip"), batch)

    blocks = -(-jnp.maximum(count - size, 0) // BLOCK)
    ends = jnp.cumsum(blocks)
    # Full blocks, and one more for each action that can have more samples than its bucket has places.
    block = jnp.arange(max(1, batch // BLOCK + min(actions, batch // (size + 1))))
    block_action = jnp.minimum(jnp.searchsorted(ends, block, side="right"), actions - 1)
    first = start[block_action] + size + (block - (ends - blocks)[block_action]) * BLOCK
    slot = jnp.argsort(order) - start[action]
    return _Plan(run(start, stop, size), slot, run(first, stop[block_action], BLOCK), block_action, ends[-1])


def _gather(x: jax.Array, rows: jax.Array) -> jax.Array:
    return x.at[rows].get(mode="fill", fill_value=0)  # an empty place must add nothing to a gradient


def _unbucket(buckets: jax.Array, action: jax.Array, slot: jax.Array) -> jax.Array:
    return buckets[action, jnp.minimum(slot, buckets.shape[1] - 1)]  # what is beyond is overwritten by the loop


# The derivative of a loop whose length depends on the data must be given by hand.
@jax.custom_vjp
def _product(hidden: jax.Array, kernel: jax.Array, action: jax.Array) -> jax.Array:
    return _forward(hidden, kernel, action)[0]


def _forward(hidden, kernel, action):
    plan = _plan(action, len(kernel))
    out = _unbucket(_gather(hidden, plan.rows) @ kernel, action, plan.slot)
    return _overflow_forward(out, hidden, kernel, plan), (hidden, kernel, action, plan)


def _backward(saved, d_out):
    hidden, kernel, action, plan = saved
    x, d_y = _gather(hidden, plan.rows), _gather(d_out, plan.rows)
    d_hidden = _unbucket(jnp.einsum("acg,ahg->ach", d_y, kernel), action, plan.slot)
    d_kernel = jnp.einsum("ach,acg->ahg", x, d_y)
    return *_overflow_backward(d_hidden, d_kernel, hidden, kernel, d_out, plan), None


_product.defvjp(_forward, _backward)


# A vmapped loop runs until the last batch is through and selects among whole kernels in every round.
@jax.custom_batching.sequential_vmap
def _overflow_forward(out, hidden, kernel, plan):
    def body(i, out):
        y = _gather(hidden, plan.overflow[i]) @ kernel[plan.block_action[i]]
        return out.at[plan.overflow[i]].set(y, mode="drop")

    return jax.lax.fori_loop(0, plan.blocks, body, out)


@jax.custom_batching.sequential_vmap
def _overflow_backward(d_hidden, d_kernel, hidden, kernel, d_out, plan):
    def body(i, carry):
        d_hidden, d_kernel = carry
        x, d_y = _gather(hidden, plan.overflow[i]), _gather(d_out, plan.overflow[i])
        d_x = d_y @ kernel[plan.block_action[i]].T
        return d_hidden.at[plan.overflow[i]].set(d_x, mode="drop"), d_kernel.at[plan.block_action[i]].add(x.T @ d_y)

    return jax.lax.fori_loop(0, plan.blocks, body, (d_hidden, d_kernel))
