// The line to the back office: what moves is heard at once, what was sold is handed over until it is answered for.
import { waiting } from "./journal.js";
import { Refused, TokenRefused, Unreachable } from "./server.js";

const HOLD = 25; // seconds
const POLL = 2_000; // ms, where the long poll cannot be had
const NO_WAIT = 60_000; // ms until it is tried again
const REFRESH = 60_000; // ms between looks at settings and goods
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8_000;
const AT_ONCE = 100; // transactions in one call

export class Link {
  constructor(till) {
    this._till = till;
    this._pollUntil = 0;
    this._refreshed = 0;
    this._listening = new Bell();
    this._sending = new Bell();
  }

  start() {
    this._forever(this._listening, () => this._listen());
    this._forever(this._sending, () => this._send());
  }

  // Do now what would be done in a while.
  ring() {
    this._refreshed = 0;
    this._listening.ring();
    this._sending.ring();
  }

  send() {
    this._sending.ring();
  }

  async _forever(bell, work) {
    let pause = FIRST_PAUSE;
    for (;;) {
      if (!this._till.connected) {
        await bell.sleep(REFRESH);
        continue;
      }
      try {
        await work();
        pause = FIRST_PAUSE;
      } catch (error) {
        if (!this._till.connected) continue; // Gone off line meanwhile.
        this._till.failed(error);
        const after = error instanceof Unreachable ? error.after * 1000 : LONGEST_PAUSE;
        await bell.sleep(Math.max(after, pause * (0.5 + Math.random())));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  async _listen() {
    if (Date.now() - this._refreshed > REFRESH) {
      await this._till.refresh();
      this._refreshed = Date.now();
    }
    if (!this._till.settings.sync_stock) {
      await this._listening.sleep(REFRESH / 4);
      return;
    }
    this._till.heard(await this._stock());
  }

  async _stock() {
    const stock = this._till.stock;
    if (stock.cursor === null) return stock.sync();
    if (Date.now() < this._pollUntil) {
      await this._listening.sleep(POLL);
      return stock.sync();
    }
    try {
      return await stock.wait(this._till.settings.wait_url, HOLD);
    } catch (error) {
      if (!this._till.connected || error instanceof TokenRefused) throw error;
      if (error instanceof Refused && error.status === 410) stock.reload();
      else this._pollUntil = Date.now() + NO_WAIT; // Its address cannot be reached from this browser, or it is away.
      return stock.sync();
    }
  }

  // Hand over what waits, then see what became of the stock: only a poll that begins now has counted it.
  async _send() {
    let sent = false;
    for (;;) {
      const found = waiting(this._till.memory.state).slice(0, AT_ONCE);
      if (!found.length || !this._till.connected) break;
      const body = `{"transactions":[${found.map((entry) => entry.body).join(",")}]}`;
      const answer = await this._till.server.call("POST", "transactions", { body, seconds: 20 });
      if (answer.results.length !== found.length) throw new Unreachable("");
      this._till.settled(found, answer.results);
      sent = true;
    }
    if (sent && this._till.settings.sync_stock) this._till.heard(await this._till.stock.sync());
    await this._sending.sleep(REFRESH / 4);
  }
}

// A sleep that may be cut short; a ring that nobody hears ends the next one at once.
class Bell {
  ring() {
    if (this._wake) this._wake();
    else this._rung = true;
  }

  async sleep(ms) {
    if (!this._rung) {
      await new Promise((resolve) => {
        this._wake = resolve;
        this._timer = setTimeout(resolve, ms);
      });
      clearTimeout(this._timer);
    }
    this._wake = null;
    this._rung = false;
  }
}
