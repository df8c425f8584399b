// Reads the traits of a microscope from stdin, writes what each learner reads and writes to stdout: for a test in Python.
import { readFileSync } from "node:fs";
import { gridOf } from "../../../widgets/leo_widgets/static/map/grid.js";
import { LEARNERS, readUpdates, replay } from "../../../widgets/leo_widgets/static/map/updates.js";

const traits = JSON.parse(readFileSync(0, "utf8"));
const bytes = Uint8Array.from(Buffer.from(traits.q.data, "base64"));
traits.q.data = new DataView(bytes.buffer);
const data = readUpdates((name) => traits[name], gridOf(traits.rows, traits.state_positions, traits.goal_positions));
const told = Object.fromEntries(LEARNERS.map((mode) => {
  const { best, target, before, after, learns, counts } = replay(data, mode, traits);
  const lists = Object.entries({ best, target, before, after }).map(([name, array]) => [name, [...array]]);
  return [mode, { ...Object.fromEntries(lists), learns: learns.flatMap((row) => [...row]), counts }];
}));
process.stdout.write(JSON.stringify(told));
