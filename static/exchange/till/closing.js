// How receipts and shifts end: each verb writes the journal and clears the counter in one stroke.
import { billingOf, reversed, undone } from "./cards.js";
import { money, parse, quantity, sum, write, MONEY, QUANTITY } from "./decimal.js";
import { closeShift, openShift, record } from "./journal.js";
import { bonusesOf, compose, composeReturn, figures, refund, returnable } from "./receipt.js";
import { Said } from "./said.js";

const NAME = "1"; // The cashier, as receipts name one.

export class Closing {
  constructor(till, cards, cashier) {
    this._till = till;
    this._cards = cards;
    this._cashier = cashier;
  }

  // Close the receipt: {kind, bonuses} in kopecks. Returns {total, paid, balance} for the screen; null when it was refused.
  pay({ kind, bonuses, receiptUid }) {
    return this._cashier.run(async () => {
      if (!this._cashier.counter?.lines.length || this._cashier.counter.uid !== receiptUid) return null;
      const { total } = figures(this._cashier.counter);
      if (bonuses < 0n || bonuses > total) throw new Said(this._till.text("bad_sum"));
      await this._cashier.renew();
      if (bonuses > 0n) await this._cards.redeem(bonuses);
      else this._till.memory.change(({ counter }) => {
        if (counter.redeem) counter.undo.push(counter.redeem.uid);
        counter.redeem = null;
      });
      return this._close(kind, total, bonuses);
    });
  }

  _close(kind, total, bonuses) {
    const { memory, stock, link } = this._till;
    const paid = total - bonuses;
    const payments = [];
    if (paid > 0n || bonuses === 0n) payments.push({ kind, amount: paid });
    if (bonuses > 0n) payments.push({ kind: "bonus", amount: bonuses });
    const sold = memory.change((state) => {
      const counter = state.counter;
      openShift(state);
      state.numbers.receipt += 1;
      const receipt = compose(counter, { number: state.numbers.receipt, cashier: NAME, payments });
      const billing = counter.card && this._cashier.takesCards ? billingOf(counter, paid, bonusesOf(paid)) : [];
      const uid = record(state, "sale", { receipt, ...(billing.length ? { billing } : {}) });
      state.counter = null;
      return { uid, receipt, billing, lines: counter.lines, card: counter.card };
    });
    stock.subtract(sold.uid, sold.lines.map(unheld), 1);
    link.send();
    return { total, paid, receipt: sold.receipt, balance: this._accrue(sold) };
  }

  // Tell of the accrual at once. Resolves to the card as it is then; null if it will come with the receipt.
  async _accrue({ card, billing, receipt }) {
    const accrual = billing.find((one) => one.kind === "accrue");
    if (!card?.known || !accrual || !this._till.connected || !this._till.settings.flags.online_registers) return null;
    try {
      return await this._cards.accrue(card.number, accrual, receipt.uid);
    } catch {
      return null; // The receipt tells the same under the same id.
    }
  }

  // Give the receipt up.
  cancel() {
    return this._cashier.run(() => {
      const { memory, link } = this._till;
      memory.change((state) => {
        const { counter } = state;
        if (!counter) return;
        const billing = undone(counter, true);
        if (counter.lines.length || billing.length) {
          openShift(state);
          state.numbers.receipt += 1;
          const receipt = compose(counter, { number: state.numbers.receipt, cashier: NAME, payments: [] });
          record(state, "cancelled", { receipt, ...(billing.length ? { billing } : {}) });
        }
        state.counter = null;
      });
      link.send();
    });
  }

  // Take goods of a sale back: `counts` by the line's number, in thousandths. Returns {total, payments}.
  giveBack(sale, counts) {
    return this._cashier.run(() => {
      const { memory, stock, link } = this._till;
      const given = memory.change((state) => {
        const lines = returnable(state.journal, sale);
        const asked = lines.map((line) => [line, counts.get(line.line) || 0n]);
        if (!asked.some(([, count]) => count > 0n)) throw new Said(this._till.text("nothing_returned"));
        if (asked.some(([line, count]) => count < 0n || count > line.rest)) throw new Said(this._till.text("too_much_returned"));
        const last = asked.every(([line, count]) => count === line.rest);
        openShift(state);
        state.numbers.receipt += 1;
        const receipt = composeReturn(sale, lines, counts, { number: state.numbers.receipt, cashier: NAME });
        const total = money(receipt.total);
        const payments = refund(sale, total, returnedBonuses(state.journal, sale), last);
        receipt.payments = payments.map((one) => ({ kind: one.kind, amount: write(one.amount, MONEY) }));
        const bonus = sum(payments.filter((one) => one.kind === "bonus").map((one) => one.amount));
        const billing = reversed(sale, { total, bonus, last });
        const uid = record(state, "return", { receipt, ...(billing.length ? { billing } : {}) });
        return { uid, receipt, total, payments };
      });
      stock.subtract(given.uid, given.receipt.lines, -1);
      link.send();
      return given;
    });
  }

  // Put money into the drawer or take it out.
  moveCash(kind, text) {
    return this._cashier.run(() => {
      const amount = parse(text, MONEY);
      if (amount === null || amount <= 0n) throw new Said(this._till.text("bad_sum"));
      this._till.memory.change((state) => {
        if (kind === "cash_out" && amount > money(state.drawer)) throw new Said(this._till.text("drawer_short"));
        openShift(state);
        record(state, kind, { amount: write(amount, MONEY) });
      });
      this._till.link.send();
      return true;
    });
  }

  // Close the shift with what was counted in it. Returns whether it is closed.
  closeShift() {
    return this._cashier.run(() => {
      if (this._cashier.counter?.lines.length) throw new Said(this._till.text("receipt_open"));
      this._till.memory.change((state) => {
        if (state.shift !== null) closeShift(state);
      });
      this._till.link.send();
      return true;
    });
  }
}

function returnedBonuses(journal, sale) {
  const returns = journal.filter((entry) => entry.kind === "return").map((entry) => JSON.parse(entry.body).receipt);
  const payments = returns.filter((receipt) => receipt.of === sale.receipt.uid).flatMap((receipt) => receipt.payments);
  return sum(payments.filter((one) => one.kind === "bonus").map((one) => money(one.amount)));
}

// What stock control held is out of the stock already.
function unheld(line) {
  return { sku: line.sku, quantity: write(quantity(line.quantity) - quantity(line.held), QUANTITY) };
}
