// What a till remembers, in localStorage: it outlives a reload, a closed browser and a lost connection.
//
// Everything that must agree with itself (numbers given out, the journal, the receipt under way) is one value under one
// key, written at once: after a crash a receipt either lies on the counter or stands in the journal, never both.

const PREFIX = "prilavok.till.";
const KEPT = 150; // Answered transactions that are shown and returned from; what has no answer is kept however much it is.

export class MemoryFull extends Error {}

export class Memory {
  constructor(register) {
    this._prefix = `${PREFIX}${register}.`;
    this.recall();
  }

  recall() {
    this.state = { ...fresh(), ...this.read("state", {}) };
  }

  read(name, otherwise) {
    try {
      const text = localStorage.getItem(this._prefix + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise; // Spoilt by hand, or refused by the browser: as if it had never been.
    }
  }

  // Keep a value. Returns whether there was room for it.
  keep(name, value) {
    try {
      localStorage.setItem(this._prefix + name, JSON.stringify(value));
      return true;
    } catch {
      localStorage.removeItem(this._prefix + name);
      return false;
    }
  }

  // Change the state, all of it or nothing. What can be loaded again makes room for what cannot.
  change(edit) {
    const draft = structuredClone(this.state);
    const result = edit(draft);
    draft.journal = trimmed(draft.journal);
    const text = JSON.stringify(draft);
    const key = this._prefix + "state";
    try {
      localStorage.setItem(key, text);
    } catch {
      localStorage.removeItem(this._prefix + "goods");
      localStorage.removeItem(this._prefix + "stock");
      try {
        localStorage.setItem(key, text);
      } catch {
        throw new MemoryFull();
      }
    }
    this.state = draft;
    return result;
  }

  forget() {
    for (const name of ["state", "goods", "stock", "token", "settings"]) {
      localStorage.removeItem(this._prefix + name);
    }
    this.state = fresh();
  }
}

function trimmed(journal) {
  const old = journal.length - KEPT;
  return journal.filter((entry, place) => place >= old || !entry.status);
}

function fresh() {
  return {
    numbers: null, // {transaction, receipt, shift}: the last ones given out; null before the server was asked.
    shift: null, // The number of the open shift.
    totals: noTotals(),
    drawer: "0.00",
    journal: [], // {number, uid, kind, at, shift, body, status, problem}; without a status it waits to be sent.
    counter: null, // The receipt under way.
    offline: false,
  };
}

export function noTotals() {
  return { sales: "0.00", returns: "0.00", receipts: 0, return_receipts: 0, cash: "0.00", card: "0.00" };
}

// An id nobody else has. Pages served without TLS have no randomUUID.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// A moment as the contract writes it: with the offset of this machine's clock.
export function moment(date = new Date()) {
  const offset = -date.getTimezoneOffset();
  const two = (number) => String(Math.abs(number)).padStart(2, "0");
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
}
