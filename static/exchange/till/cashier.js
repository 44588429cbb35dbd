// What a cashier does. One thing at a time: two scans in a hurry are two lines, one after the other, and a second press
// of «Pay» finds nothing on the counter.
import { money, quantity, write, ONE, QUANTITY } from "./decimal.js";
import { splitCode } from "./goods.js";
import { MemoryFull } from "./memory.js";
import { newCounter, newLine } from "./receipt.js";
import { Said } from "./said.js";
import { Refused, TokenRefused, Unreachable } from "./server.js";

const CARD = /^[;%]?\d{8,20}/;

export class Cashier {
  constructor(till, cards) {
    this._till = till;
    this._cards = cards;
    this._last = Promise.resolve();
    this.busy = 0;
    this.confirm = async () => false; // The screen asks the cashier.
    this.weigh = async () => null; // The screen asks how much.
  }

  get counter() {
    return this._till.memory.state.counter;
  }

  // Do one thing after those before it. Returns what it returned; null if it came to nothing, and why is on the screen.
  run(work) {
    const done = this._last.then(async () => {
      this.busy += 1;
      this._till.say("");
      try {
        return await work();
      } catch (error) {
        this._explain(error);
        return null;
      } finally {
        this.busy -= 1;
        this._till.onchange();
      }
    });
    this._last = done.catch(() => {});
    return done;
  }

  _explain(error) {
    if (error instanceof MemoryFull) this._till.say(this._till.text("memory_full"));
    else if (error instanceof Refused || error instanceof Said) this._till.say(error.message);
    else if (error instanceof Unreachable) this._till.say(error.message || this._till.text("no_answer"));
    else if (error instanceof TokenRefused) this._till.failed(error);
    else {
      console.error(error);
      this._till.say(String(error));
    }
  }

  // Put on the counter what was scanned or typed. Returns whether the text is used up.
  scan(text) {
    return this.run(async () => {
      const { code, count } = splitCode(text);
      if (!code) return false;
      const found = this._till.goods.find(code, this._till.settings.weighed_prefixes || []);
      if (found) return this._put(found, count);
      const named = this._till.goods.search(code, null, 2);
      if (named.length === 1) return this._put({ good: named[0], barcode: named[0].barcodes[0] || "", quantity: null }, count);
      if (named.length > 1) return false;
      if (CARD.test(code) && this.takesCards && (await this._attach(code, true))) return true;
      throw new Said(this._till.text("unknown_code", { code }));
    });
  }

  add(good) {
    return this.run(() => this._put({ good, barcode: good.barcodes[0] || "", quantity: null }, null));
  }

  async _put({ good, barcode, quantity: weighed }, asked) {
    if (!good.price || money(good.price) <= 0n) throw new Said(this._till.text("no_price", { name: good.name }));
    const count = asked ?? weighed ?? (good.weighed ? await this.weigh(good) : ONE);
    if (count === null) return false;
    this._checkCount(good, count);
    const line = this.counter?.lines.find((one) => one.sku === good.sku);
    if (line) await this._resize(line, quantity(line.quantity) + count);
    else await this._lay(good, barcode, count);
    return true;
  }

  _checkCount(good, count) {
    if (count <= 0n) throw new Said(this._till.text("bad_quantity"));
    if (!good.weighed && count % ONE !== 0n) throw new Said(this._till.text("by_piece", { name: good.name }));
  }

  async _lay(good, barcode, count) {
    const { memory } = this._till;
    if (!this.counter) memory.change((state) => (state.counter = newCounter()));
    const line = newLine(this.counter, good, barcode);
    const held = await this._hold(line, count);
    memory.change(({ counter }) => {
      counter.next += 1;
      counter.lines.push({ ...line, quantity: write(count, QUANTITY), held: held ? write(count, QUANTITY) : "0.000" });
      if (held) counter.expires = held;
    });
  }

  // Set how much of a line is sold; zero takes it off the counter.
  setQuantity(number, count) {
    return this.run(async () => {
      const line = this.counter?.lines.find((one) => one.line === number);
      if (!line) return;
      if (count === null || count < 0n) throw new Said(this._till.text("bad_quantity"));
      if (count > 0n) this._checkCount(line, count);
      await this._resize(line, count);
    });
  }

  async _resize(line, count) {
    const held = count === 0n && line.held === "0.000" ? null : await this._hold(line, count);
    this._till.memory.change(({ counter }) => {
      if (held) counter.expires = held;
      if (count === 0n) counter.lines = counter.lines.filter((one) => one.line !== line.line);
      const kept = counter.lines.find((one) => one.line === line.line);
      if (kept) Object.assign(kept, { quantity: write(count, QUANTITY), held: held ? write(count, QUANTITY) : kept.held });
    });
  }

  get _asks() {
    return this._till.settings.stock_control === "external" && this._till.connected && !this._till.lost;
  }

  // Ask stock control for a line, or reckon by what the till knows. Returns until when it is held; null where it is not.
  async _hold(line, count) {
    if (this._asks) {
      const path = `reservations/${this.counter.uid}/lines/${line.line}`;
      const body = JSON.stringify({ sku: line.sku, quantity: write(count, QUANTITY) });
      try {
        return (await this._till.server.call("PUT", path, { body, seconds: 5 })).expires_at || null;
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof TokenRefused)) throw error;
        this._till.failed(error);
      }
    }
    await this._reckon(line, count);
    return null;
  }

  async _reckon(line, count) {
    const { settings, stock } = this._till;
    const left = settings.sync_stock === false ? null : stock.left(line.sku);
    const more = count - quantity(line.held);
    if (settings.stock_control === "none" || left === null || more <= left || count <= quantity(line.quantity)) return;
    const rest = left + quantity(line.held);
    const shown = this._till.shownQuantity(rest > 0n ? rest : 0n);
    const said = this._till.text("left_here", { name: line.name, left: shown });
    if (settings.stock_control === "without_prompts") throw new Said(said);
    if (!(await this.confirm(said))) throw new Said(said);
  }

  // Hold the whole receipt again if its time is over: it waited too long to be paid.
  async renew() {
    const { counter } = this;
    if (!this._asks || !counter.expires || Date.parse(counter.expires) > Date.now() + 5_000) return;
    const lines = counter.lines.map(({ line, sku, quantity: count }) => ({ line, sku, quantity: count }));
    const body = JSON.stringify({ lines });
    const held = await this._till.server.call("PUT", `reservations/${counter.uid}`, { body, seconds: 5 });
    this._till.memory.change((state) => (state.counter.expires = held.expires_at));
  }

  get takesCards() {
    return Boolean(this._till.settings.flags?.discount_cards);
  }

  attachCard(number) {
    return this.run(() => this._attach(number.trim(), false));
  }

  // Put a card to the receipt. A `guess` that is no card's number is no error.
  async _attach(number, guess) {
    let card = { number, percent: "0.00", known: false };
    if (this._till.connected && !this._till.lost && this._till.settings.flags.online_registers) {
      try {
        card = await this._cards.look(number);
      } catch (error) {
        if (guess && error instanceof Refused && error.status === 404) return false;
        if (!(error instanceof Unreachable)) throw error;
        this._till.failed(error);
      }
    } else if (guess) return false;
    if (["blocked", "closed"].includes(card.status)) throw new Said(this._till.text(`card_${card.status}`));
    if (!this._till.settings.flags.discounts) card.percent = "0.00";
    this._till.memory.change((state) => {
      state.counter ??= newCounter();
      if (state.counter.redeem) throw new Said(this._till.text("card_in_use"));
      state.counter.card = card;
    });
    return true;
  }

  detachCard() {
    return this.run(() => {
      this._till.memory.change(({ counter }) => {
        if (counter.redeem || counter.undo.length) throw new Said(this._till.text("card_in_use"));
        counter.card = null;
      });
    });
  }
}
