// The receipt under way, as the cashier sees it: card, lines, total, and the two keys that end it.
import { quantity, typed, QUANTITY } from "./decimal.js";
import { h, icon } from "./dom.js";
import { figures } from "./receipt.js";

export class Panel {
  // `asks` are what the screen asks of the cashier: {askQuantity, askCard, pay, cancel}.
  constructor(till, asks) {
    this._till = till;
    this._asks = asks;
  }

  content() {
    const till = this._till;
    const counter = till.memory.state.counter;
    const { lines, total } = figures(counter);
    const list = lines.length
      ? h("ol", { class: "tl-lines" }, lines.map((line) => this._line(line)))
      : h("div", { class: "tl-empty" }, icon("shopping_basket"), h("p", {}, till.text("scan_first")));
    const key = (name, label, picture, onclick, disabled, more = "") =>
      h("button", { type: "button", class: `tl-key ${more}`, "data-key": name, onclick, disabled }, icon(picture), label);
    const discount = lines.reduce((sum, line) => sum + line.discount, 0n);
    return [
      till.cashier.takesCards ? this._card(counter) : null,
      list,
      h(
        "div",
        { class: "tl-total", "aria-live": "polite" },
        h("span", {}, till.text("total"), discount ? h("small", {}, till.text("discount", { sum: till.shownMoney(discount) })) : null),
        h("strong", {}, till.shownMoney(total)),
      ),
      h(
        "div",
        { class: "tl-row" },
        key("cancel", till.text("cancel"), "close", this._asks.cancel, !counter),
        key("pay", till.text("pay"), "payments", this._asks.pay, !lines.length, "tl-main"),
      ),
    ];
  }

  _card(counter) {
    const till = this._till;
    const { card } = counter || {};
    if (!card) {
      return h(
        "button",
        { type: "button", class: "tl-card", "data-key": "card", onclick: this._asks.askCard },
        icon("loyalty"),
        till.text("add_card"),
      );
    }
    const known = card.known
      ? till.text("card_facts", { bonuses: till.shownMoney(card.available), percent: till.shownQuantity(card.percent) })
      : till.text("card_unknown");
    return h(
      "div",
      { class: "tl-card tl-attached" },
      icon("loyalty"),
      h("span", {}, h("strong", {}, card.kind || till.text("card")), ` ${card.number}`, h("small", {}, known)),
      h(
        "button",
        { type: "button", class: "tl-icon", "data-key": "card", "aria-label": till.text("remove_card"), onclick: () => till.cashier.detachCard() },
        icon("close"),
      ),
    );
  }

  _line(line) {
    const till = this._till;
    const count = quantity(line.quantity);
    const set = (value) => till.cashier.setQuantity(line.line, value);
    const step = (label, picture, value) =>
      h(
        "button",
        { type: "button", class: "tl-icon", "data-key": `${picture}-${line.line}`, "aria-label": `${label}: ${line.name}`, onclick: () => set(value) },
        icon(picture),
      );
    const ask = async () => {
      const value = await this._asks.askQuantity(line, typed(count, QUANTITY, till.language));
      if (value !== null) set(value);
    };
    return h(
      "li",
      { "data-sku": line.sku },
      h("span", {}, line.name),
      h(
        "div",
        { class: "tl-price" },
        h("small", {}, till.shownMoney(line.price), line.held !== "0.000" ? h("em", {}, icon("lock"), till.text("held")) : null),
      ),
      h(
        "div",
        { class: "tl-count" },
        step(till.text("less"), count > 1000n ? "remove" : "delete", count > 1000n ? count - 1000n : 0n),
        h("button", { type: "button", "data-key": `count-${line.line}`, "aria-label": `${till.text("quantity")}: ${line.name}`, onclick: ask }, till.shownQuantity(count)),
        step(till.text("more"), "add", count + 1000n),
      ),
      h("strong", { class: "tl-sum" }, till.shownMoney(line.amount)),
    );
  }
}
