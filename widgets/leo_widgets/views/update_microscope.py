"""UpdateMicroscope: one transition, and what it teaches about every goal at once."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import scales, updates, wire
from leo_widgets.arrays.limits import nice_size
from leo_widgets.arrays.values import AllGoalsValues, read_mapped
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import to_png
from leo_widgets.pictures.map_picture import DIRECTIONS, MapPicture
from leo_widgets.pictures.palette import ACCENT, HATCH, INK, PAPER, shade
from leo_widgets.views.base import ScaledWidget, check_index, world_of


class UpdateMicroscope(ScaledWidget):
    """Step through transitions (s, a, s'), and see the tabular update of every goal: reward, target, error, change.

        y_g = r_g + gamma (1 - done_g) max_a' Q(s')[g, a']        Q(s)[g, a] <- Q(s)[g, a] + alpha (y_g - Q(s)[g, a])

    Three learners see the same transitions, each with a table of its own: "single" updates the commanded goal alone,
    "her" also some goals that were achieved at that step or later, "all" (LEO) every goal.

    values: all-goals values on the scale "hit" (see `arrays.values.AllGoalsValues`) with positions: what the learners
        start from. fresh: start from zeros instead, and take the world alone from `values`.
    walk: a walk with the layer `cell` (see `arrays.walks.Walk`). Or, in its place, indices or names in
    states, actions, goals: states [T + 1] one after the other, actions [T], commanded goals [T] or one for all.
    next_states: [T], where states [T] are no walk. terminated: bool [T], the world ended with this step, so there is
        no bootstrap. truncated: bool [T], the time limit ended the episode; the values go on.
    relabelled: for "her", how many goals to draw (with seed 0) from those achieved at a step or later in its episode;
        or the goals themselves, a list for each transition.
    step: the transition that is shown, 0 to T - 1; those before it are learnt already.
    mode: "single", "her" or "all". alpha: step size, above 0, at most 1. gamma: discount, 0 to 1; that of the values
        unless told. sort: of the bars, by "change" (largest first), "target" (largest first) or "name".
    goal: index or name of the goal whose numbers are written out; the one commanded at `step` unless told.
    link: widgets of the same goals with the same link share the goal in one page.

    The trait `changed` is the number of goals that learnt something at this step (a change above 1e-6).
    Raises TypeError for objects that are no all-goals values or no such walk, ValueError for what does not fit.
    """

    _esm = assets.esm("update_microscope")
    _css = assets.css("update_microscope")
    view_names: ClassVar[tuple[str, ...]] = ("goal", "step", "mode", "alpha", "gamma", "sort", "show_table")
    static_height: ClassVar[int] = 900

    step = traitlets.Int(0).tag(sync=True)
    mode = traitlets.Enum(list(updates.LEARNERS), "all").tag(sync=True)
    alpha = traitlets.Float(0.5).tag(sync=True)
    sort = traitlets.Enum(["change", "target", "name"], "change").tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)
    changed = traitlets.Int(0)  # not synced: the browser counts for itself

    q = traitlets.Dict().tag(sync=True)  # float32 [S, G, A], to start from
    transitions = traitlets.Dict().tag(sync=True)

    def __init__(
        self, values, walk=None, *, states=None, actions=None, next_states=None, goals=None, terminated=None,
        truncated=None, relabelled=2, fresh=False, step=0, mode="all", alpha=0.5, gamma=None, sort="change", goal=None,
        link="leo", title=None,
    ):  # fmt: skip
        who = type(self).__name__
        table, _ = read_mapped(values, None, who)
        self._table = _start(table, fresh, who)
        self._seen = seen = updates.read_transitions(
            table, walk, states, actions, next_states, goals, terminated, truncated, relabelled, who
        )
        self._records = {}
        super().__init__(
            **world_of(table) | {"gamma": table.gamma if gamma is None else gamma},
            goal=_commanded(seen, step) if goal is None else goal, link=link,
            title=("" if fresh else table.title) if title is None else title,
            q=wire.floats(self._table.q), transitions=_portable(seen),
            step=step, mode=mode, alpha=alpha, sort=sort, value_scale=scales.describe(table, 0, 1),
        )  # fmt: skip
        self._count()

    # ------------------------------------------------------------------ checks
    @traitlets.validate("step")
    def _check_step(self, proposal):
        return check_index(proposal.value, range(len(self._seen)), "step")

    @traitlets.validate("alpha")
    def _check_alpha(self, proposal):
        if not 0 < proposal.value <= 1:
            raise traitlets.TraitError(f"alpha must be above 0 and at most 1, got {proposal.value}")
        return proposal.value

    @traitlets.validate("gamma")
    def _check_gamma(self, proposal):
        if not 0 <= proposal.value <= 1:
            raise traitlets.TraitError(f"gamma must lie in 0 to 1, got {proposal.value}")
        return proposal.value

    @traitlets.observe("step", "mode", "alpha", "gamma")
    def _count(self, change=None):
        if self.transitions:
            self.changed = self.lessons()[self.mode][0]

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "step": len(self._seen)}

    def summary(self) -> str:
        rows, cols = self._table.shape
        steps = len(self._seen)
        return f"{rows}x{cols}, {len(self.goal_names)} goals, {steps} transition{'s' * (steps != 1)}"

    def lessons(self) -> dict[str, tuple[int, int]]:
        """For each learner: how many goals learnt something at this transition, and at all up to this one together."""
        counts = {mode: self._record(mode).counts for mode in updates.LEARNERS}
        return {mode: (int(count[self.step]), int(count[: self.step + 1].sum())) for mode, count in counts.items()}

    def learnt(self) -> np.ndarray:
        """The learner's table once the shown transition is learnt, float32 [S, G, A]."""
        return updates.replay(self._table, self._seen, self.mode, self.alpha, self.gamma, self.step + 1)[1]

    def table(self) -> list[dict]:
        """One row for each goal, in the order of the bars: what the shown transition says of it.

        Keys: goal, commanded, updated (whether the learner updates it), reward, done, max_next (max_a' Q(s')[g, a']),
        target, prediction (Q(s)[g, a] before), error (target - prediction), change (0 where it is not updated).
        """
        record = self._record(self.mode)
        return [self._row(record, goal) for goal in self.order()]

    def order(self) -> list[int]:
        """The goals in the order of the bars; among equals those that are updated come first."""
        record = self._record(self.mode)
        keys = {"change": np.abs(record.change[self.step]), "target": record.target[self.step]}
        if self.sort == "name":
            return list(range(len(self.goal_names)))
        return np.lexsort((~record.learns[self.step], -keys[self.sort])).tolist()

    def png(self) -> bytes:
        """The map of all goals, coloured by the change of each, and the step on it; about 600 pixels wide."""
        seen, record, positions = self._seen, self._record(self.mode), self._table.state_positions
        size = self._size()
        picture = MapPicture(*self._table.shape, self._table.layout)
        colours = shade(record.change[self.step], -size, size, "DIVERGING")
        for (row, col), colour, learns in zip(
            self._table.goal_positions, colours, record.learns[self.step], strict=True
        ):
            picture.fill(row, col, colour if learns else PAPER)
            if not learns:
                picture.mark(row, col, "dot", HATCH)
        state, action = seen.state[self.step], self.action_names[seen.action[self.step]]
        picture.mark(*positions[state], f"arrow {action}" if action in DIRECTIONS else "corner", INK)
        picture.mark(*positions[seen.next_state[self.step]], "disc", ACCENT)
        picture.mark(*self._table.goal_positions[seen.goal[self.step]], "ring", ACCENT)
        picture.mark(*self._table.goal_positions[self.goal], "frame", INK)
        picture.signs()
        picture.legend("DIVERGING", f"{-size:+.3f}", f"{size:+.3f}")
        return to_png(picture.image)

    # ------------------------------------------------------------------ helpers
    def _record(self, mode: str) -> updates.Record:
        settings = (self.alpha, self.gamma)
        if self._records.get("settings") != settings:
            self._records = {"settings": settings}
        if mode not in self._records:
            self._records[mode] = updates.replay(self._table, self._seen, mode, *settings)[0]
        return self._records[mode]

    def _size(self) -> float:
        """The change at the ends of the colours: 98 % of those that LEO makes are smaller."""
        sizes = np.abs(self._record("all").change)
        sizes = sizes[sizes > updates.LEAST]
        return nice_size(float(np.quantile(sizes, 0.98, method="inverted_cdf"))) if sizes.size else 1.0

    def _row(self, record: updates.Record, goal: int) -> dict:
        at = (self.step, goal)
        return {
            "goal": self.goal_names[goal], "commanded": bool(self._seen.goal[self.step] == goal),
            "updated": bool(record.learns[at]), "reward": int(record.hit[at]), "done": bool(record.done[at]),
            "max_next": float(record.best[at]), "target": float(record.target[at]),
            "prediction": float(record.before[at]), "error": float(record.target[at] - record.before[at]),
            "change": float(record.change[at]),
        }  # fmt: skip


def _start(table: AllGoalsValues, fresh: bool, who: str) -> AllGoalsValues:
    """The table that learners start from; ValueError for values that this update cannot mean."""
    if table.scale != "hit":
        raise ValueError(f"{who}: the update is one of hit values, these are {table.scale!r}")
    if fresh:
        return replace(table, q=np.zeros_like(table.q))
    if np.isnan(table.q).any():
        raise ValueError(f"{who}: q holds unknown values (NaN), which nothing can be learnt from")
    return table


def _commanded(seen: updates.Transitions, step: int) -> int:
    """The goal commanded at a step; 0 where there is no such step, which the trait's own check then says."""
    return int(seen.goal[step]) if step in range(len(seen)) else 0


def _portable(seen: updates.Transitions) -> dict:
    """The transitions as lists."""
    names = ("state", "action", "next_state", "goal", "terminated")
    return {name: getattr(seen, name).tolist() for name in names} | {"relabelled": [list(g) for g in seen.relabelled]}
