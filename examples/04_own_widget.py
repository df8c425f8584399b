"""Your own widget: a bar for every action, in one state, for the goal that all linked widgets share.

    python examples/04_own_widget.py

A widget is a Python class and one ES module. All values travel to the browser once, so that a change of goal or state
is drawn there, with the kernel busy or gone. Clicking in the map changes the bars, since both have the same `link`.
"""

import io

import numpy as np
import traitlets
from PIL import Image, ImageDraw

import leo_lab
from leo_widgets import GoalMap, LeoWidget, page

MODULE = """
export default { render({ model, el }) {
  const draw = () => {
    const [goals, actions] = [model.get("goal_names"), model.get("action_names")];
    const at = (model.get("state_index") * goals.length + model.get("goal")) * actions.length;
    el.replaceChildren(...actions.map((name, i) => {
      const row = document.createElement("div"), value = model.get("values")[at + i];
      row.textContent = `${name} ${value.toFixed(3)}`;
      row.style = `width: ${Math.round(100 * value)}%; background: #7aa6c2; margin: 2px; white-space: nowrap`;
      return row;
    }));
  };
  model.on("change:goal", draw);
  model.on("change:state_index", draw);
  draw();
} };
"""


class ActionBars(LeoWidget):
    """Bars of Q(s, g, a) over the A actions."""

    _esm = MODULE
    _css = ""
    view_names = shared_names = ("goal", "state_index")
    action_names = traitlets.List().tag(sync=True)
    values = traitlets.List().tag(sync=True)
    state_index = traitlets.Int(0).tag(sync=True)

    def __init__(self, table, **traits):
        self.q = table.q
        values = np.round(table.q, 5).ravel().tolist()
        super().__init__(goal_names=table.goal_names, action_names=list(table.action_names), values=values, **traits)

    def counts(self):
        return {**super().counts(), "state_index": len(self.q)}

    def table(self):
        return [dict(zip(self.action_names, self.q[self.state_index, self.goal].tolist(), strict=True))]

    def png(self):
        image = Image.new("RGB", (220, 20 * len(self.action_names)), "white")
        for row, (name, value) in enumerate(self.table()[0].items()):
            ImageDraw.Draw(image).rectangle((0, 20 * row + 2, 200 * value, 20 * row + 17), fill="#7aa6c2")
            ImageDraw.Draw(image).text((4, 20 * row + 4), f"{name} {value:.3f}", fill="black")
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()


def main(path="own_widget.html"):
    exact = leo_lab.exact_values(leo_lab.make("gridworld", map="one_way"))
    bars, goals = ActionBars(exact), GoalMap(exact)
    print("open", page([("A map", goals), ("The values behind it", bars)], path, "A widget of my own"))
    return bars


if __name__ == "__main__":
    main()
