// The register's journal: numbers given out once, bodies kept letter for letter until the server has answered for them.
import { money, sum, write as decimal, MONEY } from "./decimal.js";
import { moment, noTotals, uuid } from "./memory.js";

const DAY = 86_400_000; // ms
const SIGNS = { sale: 1n, return: -1n, cash_in: 1n, cash_out: -1n };

// Write a transaction into a draft of the state, and count it. Call it inside `memory.change`.
export function record(state, kind, fields = {}) {
  state.numbers.transaction += 1;
  const entry = { number: state.numbers.transaction, uid: uuid(), kind, at: moment(), shift: state.shift };
  const { number, uid, at, shift } = entry;
  const body = JSON.stringify({ number, occurred_at: at, uid, kind, shift, ...fields });
  state.journal.push({ ...entry, body, status: null, problem: null });
  count(state, kind, fields);
  return uid;
}

function count(state, kind, { receipt, amount }) {
  const paid = (payment) =>
    sum((receipt?.payments || []).filter((one) => one.kind === payment).map((one) => money(one.amount)));
  const add = (name, value) => {
    state.totals[name] = decimal(money(state.totals[name]) + value, MONEY);
  };
  const sign = SIGNS[kind] || 0n;
  if (kind === "sale" || kind === "return") {
    add(kind === "sale" ? "sales" : "returns", money(receipt.total));
    state.totals[kind === "sale" ? "receipts" : "return_receipts"] += 1;
    add("cash", sign * paid("cash"));
    add("card", sign * paid("card"));
  }
  const cash = amount === undefined ? paid("cash") : money(amount);
  state.drawer = decimal(money(state.drawer) + sign * cash, MONEY);
}

export function counters(state) {
  return { ...state.totals, cash_in_drawer: state.drawer };
}

// Begin the next shift, unless one is open.
export function openShift(state) {
  if (!state.numbers) begin(state, Math.floor(Date.now() / DAY) * 1000); // Nobody could be asked: an earlier memory hardly came so far.
  if (state.shift !== null) return;
  state.numbers.shift += 1;
  state.shift = state.numbers.shift;
  state.totals = noTotals();
  record(state, "shift_open");
}

export function closeShift(state) {
  record(state, "shift_close", { counters: counters(state) });
  state.shift = null;
  state.totals = noTotals();
}

// Go on after the last number the server has heard: an earlier memory of this register may have gone further.
export function begin(state, last) {
  const known = state.numbers || { transaction: 0, receipt: 0, shift: 0 };
  const most = (number) => Math.max(number, last ?? 0);
  state.numbers = { transaction: most(known.transaction), receipt: most(known.receipt), shift: most(known.shift) };
}

export function waiting(state) {
  return state.journal.filter((entry) => !entry.status);
}

// Return journal entries with their receipts, the latest first.
export function receipts(state) {
  const kinds = ["sale", "return", "cancelled"];
  const found = state.journal.filter((entry) => kinds.includes(entry.kind)).reverse();
  return found.map((entry) => ({ ...entry, receipt: JSON.parse(entry.body).receipt }));
}
