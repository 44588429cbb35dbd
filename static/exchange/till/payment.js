// Paying: the card's bonuses, cash with change or a payment card, and what is said when the receipt is closed.
import { h, icon } from "./dom.js";
import { money, parse, write, MONEY } from "./decimal.js";
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
    const state = { bonuses: this._offered(counter), paid: 0n };
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
        h("button", { type: "button", onclick: () => ((cash.value = write(sum, MONEY)), count()) }, till.shownMoney(sum));
      notes.replaceChildren(...[state.paid, ...more].map(note));
      count();
    };
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
      h("label", { class: "tl-label" }, till.text("received"), cash),
      notes,
      pad(cash),
      change,
      wrong,
      h(
        "div",
        { class: "tl-row" },
        this._takes("card")
          ? h("button", { type: "button", class: "tl-key", "data-pay": "card", onclick: () => pay("card") }, icon("credit_card"), till.text("by_card"))
          : null,
        h("button", { class: "tl-key tl-main", "data-pay": "cash" }, icon("payments"), till.text("by_cash")),
      ),
    );
  }

  _takes(kind) {
    return (this._till.settings.payment_kinds || []).includes(kind);
  }

  // Bonuses asked for already stay asked for: the answer was lost, and the same is asked again.
  _offered(counter) {
    return counter.redeem ? money(counter.redeem.bonuses) : 0n;
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
      value: state.bonuses ? write(state.bonuses, MONEY) : "",
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
          input.value = write(most, MONEY);
          take();
        },
      },
      till.text("all_bonuses", { sum: till.shownMoney(most) }),
    );
    return h("div", { class: "tl-bonuses" }, h("label", { class: "tl-label" }, till.text("redeem"), input), all);
  }

  // Say what is to be done: give change, take the receipt. Nothing here needs an answer.
  _done({ paid, receipt, balance }, { kind, change }) {
    const till = this._till;
    const card = h("p", { class: "tl-said" });
    if (receipt.card) {
      card.textContent = till.text("accrued", { sum: till.shownMoney(bonusesOf(paid)) });
      balance.then((known) => {
        if (known) card.textContent += ` ${till.text("balance_now", { sum: till.shownMoney(known.available), pending: till.shownMoney(known.pending) })}`;
      });
    }
    this._sheets.show(till.text("receipt_closed", { number: receipt.number }), (close) => [
      kind === "cash"
        ? h("div", { class: "tl-due tl-given" }, till.text("give_change"), h("strong", {}, till.shownMoney(change)))
        : h("div", { class: "tl-due tl-given" }, till.text("paid_by_card"), h("strong", {}, till.shownMoney(paid))),
      receipt.card ? card : null,
      till.offline || till.lost ? h("p", { class: "tl-said" }, till.text("will_be_sent")) : null,
      h("button", { type: "button", class: "tl-key tl-main", autofocus: true, onclick: () => close() }, till.text("next")),
    ].filter(Boolean));
  }
}
