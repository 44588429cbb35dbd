// Discount cards at the till: what is on one, redeeming before the receipt is closed, accruing after it.
import { money, write, MONEY } from "./decimal.js";
import { moment, uuid } from "./memory.js";
import { Refused } from "./server.js";

export class Cards {
  constructor(memory, server) {
    this._memory = memory;
    this._server = server;
  }

  // Ask what is on a card, as the counter keeps it. Raises Refused for one that is unknown.
  async look(number) {
    return kept(await this._server.get(`cards/${encodeURIComponent(number)}`, { seconds: 5 }));
  }

  // Take bonuses off the card of the receipt under way. A lost answer is asked for again with the same letters; another
  // sum is another operation, and the one before it is taken back with the receipt.
  async redeem(bonuses) {
    const amount = write(bonuses, MONEY);
    this._memory.change((state) => {
      const counter = state.counter;
      if (counter.redeem?.bonuses === amount) return;
      if (counter.redeem) counter.undo.push(counter.redeem.uid);
      const uid = uuid();
      const asked = { uid, kind: "redeem", bonuses: amount, occurred_at: moment(), receipt_uid: counter.uid };
      counter.redeem = { uid, bonuses: amount, body: JSON.stringify(asked) };
    });
    const { card, redeem } = this._memory.state.counter;
    try {
      await this._operate(card.number, redeem.body);
    } catch (error) {
      // What was refused stands for nothing.
      if (error instanceof Refused) this._memory.change((state) => (state.counter.redeem = null));
      throw error;
    }
  }

  // Tell on-line what the receipt tells as well, under the same id, so that the balance is known at once.
  async accrue(number, record, receiptUid) {
    const { uid, kind, bonuses, turnover, receipts } = record;
    const asked = { uid, kind, bonuses, turnover, receipts, occurred_at: moment(), receipt_uid: receiptUid };
    return kept(await this._operate(number, JSON.stringify(asked)));
  }

  _operate(number, body) {
    return this._server.call("POST", `cards/${encodeURIComponent(number)}/operations`, { body, seconds: 5 });
  }
}

// What a sale tells of its card: what was redeemed, what is accrued, what is taken back.
export function billingOf(counter, paid, bonuses) {
  const records = undone(counter, false);
  if (counter.redeem) records.push({ uid: counter.redeem.uid, kind: "redeem", bonuses: counter.redeem.bonuses });
  const figures = { bonuses: write(bonuses, MONEY), turnover: write(paid, MONEY), receipts: 1 };
  return [...records, { uid: uuid(), kind: "accrue", ...figures }];
}

// What is taken back of a receipt that is given up, or sold without the bonuses that were asked for.
export function undone(counter, all) {
  const uids = [...counter.undo, ...(all && counter.redeem ? [counter.redeem.uid] : [])];
  return uids.map((of) => ({ uid: uuid(), kind: "reverse", of, card: counter.card?.number }));
}

// What a return takes back of the sale's operations, in the measure of what comes back; `last` takes the rest.
export function reversed(sale, { total, bonus, last }) {
  const told = JSON.parse(sale.body).billing || [];
  const records = [];
  const redeem = told.find((one) => one.kind === "redeem");
  const accrue = told.find((one) => one.kind === "accrue");
  if (redeem && bonus > 0n) records.push({ uid: uuid(), kind: "reverse", of: redeem.uid, bonuses: write(bonus, MONEY) });
  if (accrue && last) records.push({ uid: uuid(), kind: "reverse", of: accrue.uid });
  else if (accrue) {
    const part = (name) => write((money(accrue[name]) * (total - bonus)) / (money(accrue.turnover) || 1n), MONEY);
    const amounts = { bonuses: part("bonuses"), turnover: part("turnover") };
    if (total - bonus > 0n) records.push({ uid: uuid(), kind: "reverse", of: accrue.uid, ...amounts });
  }
  return records;
}

function kept(answer) {
  return {
    number: answer.card,
    kind: answer.kind,
    status: answer.status,
    available: answer.bonuses.available,
    pending: answer.bonuses.pending,
    turnover: answer.turnover,
    percent: answer.suggested_discount_percent || "0.00",
    known: true,
  };
}
