// Paying: the card's bonuses, cash with change or a payment card, and what is said when the receipt is closed.
import { attend, h, icon } from "./dom.js";
import { money, parse, typed, MONEY } from "./decimal.js";
import { bonusesOf, figures } from "./receipt.js";
import { pad } from "./sheet.js";

const NOTES = [10000n, 50000n, 100000n, 200000n, 500000n]; // Kopecks of the banknotes people give.

export class Payment {
  constructor(till, sheets) {
    this._till = till;
    this._sheets = sheets;
  }

  // Ask for a discount card.
  async askCard() {
    const till = this._till;
    const number = await this._sheets.show(till.text("card"), (close) => {
      const input = h("input", {
        class: "tl-input tl-figure",
        autocomplete: "off",
        autofocus: true,
        "aria-label": till.text("card_number"),
        placeholder: till.text("card_number"),
      });
      const submit = (event) => {
        event.preventDefault();
        if (input.value.trim()) close(input.value);
      };
      return h("form", { onsubmit: submit }, input, h("button", { class: "tl-key tl-main" }, till.text("add_card")));
    });
    if (number) till.cashier.attachCard(number);
  }

  async open() {
    const till = this._till;
    const counter = till.memory.state.counter;
    if (!counter?.lines.length) return;
    const { total } = figures(counter);
    const asked = await this._sheets.show(till.text("payment"), (close) => this._form(counter, total, close));
    if (!asked) return;
    const closed = await till.closing.pay({ ...asked, receiptUid: counter.uid });
    if (closed) this._done(closed, asked);
  }

  _form(counter, total, close) {
    const till = this._till;
    const state = { bonuses: this._offered(counter, total), paid: 0n };
    const due = h("strong");
    const change = h("p", { class: "tl-change", role: "status" });
    const wrong = h("p", { class: "tl-wrong", role: "alert" });
    const notes = h("div", { class: "tl-notes" });
    const cash = h("input", {
      class: "tl-input tl-figure",
      inputmode: "decimal",
      autocomplete: "off",
      autofocus: true,
      "aria-label": till.text("received"),
      onfocus: () => cash.select(),
      oninput: () => count(),
    });
    const bonuses = this._bonusInput(counter, total, state, () => {
      cash.value = "";
      show();
    });
    const count = () => {
      wrong.textContent = "";
      const given = cash.value.trim() ? parse(cash.value, MONEY) : state.paid;
      state.given = given;
      const rest = given === null ? null : given - state.paid;
      change.textContent = rest !== null && rest >= 0n ? till.text("change", { sum: till.shownMoney(rest) }) : "";
    };
    const show = () => {
      state.paid = total - state.bonuses;
      due.textContent = till.shownMoney(state.paid);
      cash.placeholder = till.shownMoney(state.paid);
      const more = NOTES.filter((note) => note > state.paid).slice(0, 3);
      const note = (sum) =>
        h("button", { type: "button", onclick: () => ((cash.value = typed(sum, MONEY, till.language)), count()) }, till.shownMoney(sum));
      notes.replaceChildren(...[state.paid, ...more].map(note));
      // Bonuses may pay for all of it.
      const whole = state.paid === 0n && state.bonuses > 0n;
      purse.hidden = whole;
      by.replaceChildren(icon(whole ? "loyalty" : "payments"), till.text(whole ? "redeem" : "by_cash"));
      if (byCard) byCard.hidden = whole;
      count();
    };
    const byCard = this._takes("card")
      ? h("button", { type: "button", class: "tl-key", "data-pay": "card", onclick: () => pay("card") }, icon("credit_card"), till.text("by_card"))
      : null;
    const by = h("button", { class: "tl-key tl-main", "data-pay": "cash" });
    const purse = h("div", { class: "tl-money" }, h("label", { class: "tl-label" }, till.text("received"), cash), notes, pad(cash), change);
    const pay = (kind) => {
      if (kind === "cash" && (state.given === null || state.given < state.paid)) {
        wrong.textContent = till.text("too_little_cash");
        cash.select();
        return;
      }
      close({ kind, bonuses: state.bonuses, change: kind === "cash" ? state.given - state.paid : 0n });
    };
    const submit = (event) => {
      event.preventDefault();
      pay("cash");
    };
    show();
    return h(
      "form",
      { onsubmit: submit },
      h("div", { class: "tl-due" }, till.text("to_pay"), due),
      bonuses,
      purse,
      wrong,
      h("div", { class: "tl-row" }, byCard, by),
    );
  }

  _takes(kind) {
    return (this._till.settings.payment_kinds || []).includes(kind);
  }

  // Bonuses asked for already stay asked for: the answer was lost, and the same is asked again.
  _offered(counter, total) {
    const asked = counter.redeem ? money(counter.redeem.bonuses) : 0n;
    return asked < total ? asked : total;
  }

  _bonusInput(counter, total, state, changed) {
    const till = this._till;
    const available = counter.card?.known && !till.offline ? money(counter.card.available) : 0n;
    if ((available <= 0n && !counter.redeem) || !this._takes("bonus")) return null;
    const most = available < total ? available : total;
    const input = h("input", {
      class: "tl-input",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": till.text("redeem"),
      value: state.bonuses ? typed(state.bonuses, MONEY, till.language) : "",
      placeholder: "0",
      oninput: () => take(),
    });
    const take = () => {
      const asked = input.value.trim() ? parse(input.value, MONEY) : 0n;
      input.setAttribute("aria-invalid", String(asked === null || asked > total));
      state.bonuses = asked === null || asked < 0n || asked > total ? 0n : asked;
      changed();
    };
    const all = h(
      "button",
      {
        type: "button",
        class: "tl-key",
        onclick: () => {
          input.value = typed(most, MONEY, till.language);
          take();
          attend(all.form.querySelector("[data-pay=cash]"));
        },
      },
      till.text("all_bonuses", { sum: till.shownMoney(most) }),
    );
    return h("div", { class: "tl-bonuses" }, h("label", { class: "tl-label" }, till.text("redeem"), input), all);
  }

  // Say what is to be done: give change, take the receipt. Nothing here needs an answer.
  _done({ paid, receipt, balance }, { kind, change, bonuses }) {
    const till = this._till;
    const card = h("p", { class: "tl-said" });
    if (receipt.card) {
      card.textContent = till.text("accrued", { sum: till.shownMoney(bonusesOf(paid)) });
      balance.then((known) => {
        if (known) card.textContent += ` ${till.text("balance_now", { sum: till.shownMoney(known.available), pending: till.shownMoney(known.pending) })}`;
      });
    }
    this._sheets.show(till.text("receipt_closed", { number: receipt.number }), (close) => [
      ...this._given(kind, { paid, change, bonuses }).map(([said, sum]) =>
        h("div", { class: "tl-due tl-given" }, till.text(said), h("strong", {}, till.shownMoney(sum))),
      ),
      receipt.card ? card : null,
      till.offline || till.lost ? h("p", { class: "tl-said" }, till.text("will_be_sent")) : null,
      h("button", { type: "button", class: "tl-key tl-main", autofocus: true, onclick: () => close() }, till.text("next")),
    ].filter(Boolean));
  }

  // What was done with the money: [word, sum] for each.
  _given(kind, { paid, change, bonuses }) {
    const byBonuses = bonuses > 0n ? [["paid_bonus", bonuses]] : [];
    if (paid === 0n && bonuses > 0n) return byBonuses;
    return [...byBonuses, kind === "cash" ? ["give_change", change] : ["paid_by_card", paid]];
  }
}
