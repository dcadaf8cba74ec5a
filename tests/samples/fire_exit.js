// docs/fire-exit.md in another language, from the page alone.
const readline = require("node:readline");

const SECOND = 1e9, MS = 1e6;
const BUDGETS = [{ rate: 5, burst: 20 }, { rate: 2, burst: 10 }, { rate: 2, burst: 10 }];
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

let slots = [];
let nodes = [];

function orderOf(request, node, tat) {
  let order = 3;
  if (request.klass === "cancel") order = 1;
  else if (request.klass === "reducing" && node.reducible > 0) order = node.marketable ? 0 : 2;
  const spends = order < 3 && !(order === 1 && node.known_open);
  if (spends) {
    const { rate, burst } = BUDGETS[order];
    const ahead = (tat[order].get(request.account) ?? 0) - request.arrived_ns;
    if (ahead > (burst - 1) * (SECOND / rate)) return { order: 3, spends: false };
  }
  return { order, spends };
}

function admit({ request, node }) {
  const mine = nodes[request.node];
  slots[request.node] = node.slots;
  const { order, spends } = orderOf(request, node, mine.tat);
  const n = node.in_flight, c = node.slots;
  const free =
    order < 2 ? n < 2 * c : n < c && (order === 2 || mine.crowd < Math.min(c, Math.floor(mine.limit)));
  return free ? { act: "admit", priority: order, note: { order, spends }, reserve: node.reducible > 0 } : { act: "shed" };
}

function admitted({ request, note }) {
  const { crowd, tat } = nodes[request.node];
  if (note.order === 3) nodes[request.node].crowd = crowd + 1;
  if (note.spends) {
    const before = Math.max(request.arrived_ns, tat[note.order].get(request.account) ?? 0);
    tat[note.order].set(request.account, before + SECOND / BUDGETS[note.order].rate);
  }
}

function keep({ request, note, turn }) {
  if (note.order !== 3) return true;
  const mine = nodes[request.node];
  if (turn.waited_ns <= 100 * MS) mine.limit = Math.min(slots[request.node], mine.limit + 1 / mine.limit);
  else if (turn.now_ns - mine.decreased >= 100 * MS) {
    mine.limit = Math.max(1, mine.limit * 0.7);
    mine.decreased = turn.now_ns;
  }
  return turn.answered || turn.waited_ns <= 500 * MS;
}

const hooks = {
  hello: () => ({
    protocol: "fireexit.policy/1",
    hooks: ["attach", "admit", "admitted", "done", "keep"],
    asks: ["reducible", "known_open", "marketable"],
  }),
  attach: ({ world }) => {
    slots = world.slots;
    nodes = slots.map(() => ({ crowd: 0, limit: 16, decreased: -100 * MS, tat: BUDGETS.map(() => new Map()) }));
    return null;
  },
  admit,
  admitted,
  done: ({ request, note }) => {
    if (note.order === 3) nodes[request.node].crowd -= 1;
  },
  keep,
};

readline.createInterface({ input: process.stdin }).on("line", (text) => {
  const line = JSON.parse(text);
  const answer = hooks[line.hook](line);
  if (line.id) say({ id: line.id, answer });
});
