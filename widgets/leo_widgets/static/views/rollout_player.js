// RolloutPlayer: a walk on a map or on a plane, over a strip of goals x time. All of it is answered here.
import { mount } from "../lib/frame.js";
import { buildPlanePlayer } from "../plane/plane_player.js";
import { buildMapPlayer } from "../walk/map_player.js";

const isOnPlane = (model) => Boolean(model.get("plane").extent);

export default {
  render(context) {
    const { model } = context;
    const [whose, name, build] = isOnPlane(model) ? ["a body's walk on a plane", "leo-plane-player", buildPlanePlayer]
      : ["one walk", "leo-rollout-player", buildMapPlayer];
    const label = `Player of ${whose}, with every goal's value at every step. ${model.get("title")} Space plays, question mark for help.`;
    return mount(context, { label, className: name }, build);
  },
};
