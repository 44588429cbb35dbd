// The receipt under way and what is made of it: plain objects that memory keeps, and figures that are worked out anew.
import { amount, divide, money, quantity, share, sum, write, MONEY, QUANTITY } from "./decimal.js";
import { uuid } from "./memory.js";

const BONUS_PERCENT = 500n; // In hundredths of a percent: the till decides how much it accrues, the server keeps it.

export function newCounter() {
  return { uid: uuid(), next: 1, lines: [], card: null, redeem: null, undo: [], expires: null };
}

export function newLine(counter, good, barcode) {
  return {
    line: counter.next,
    sku: good.sku,
    name: good.characteristic ? `${good.name}, ${good.characteristic}` : good.name,
    unit: good.unit,
    weighed: good.weighed,
    vat: good.vat || "",
    marking: good.marking || "",
    price: good.price,
    barcode,
    quantity: "0.000",
    held: "0.000", // So much of it stock control keeps for this receipt.
  };
}

// Return {lines: [{…line, gross, discount, amount}], total} in kopecks.
export function figures(counter) {
  const percent = money(counter?.card?.percent || "0");
  const lines = (counter?.lines || []).map((line) => {
    const gross = amount(money(line.price), quantity(line.quantity));
    const discount = share(gross, percent, 10000n);
    return { ...line, gross, discount, amount: gross - discount };
  });
  return { lines, total: sum(lines.map((line) => line.amount)) };
}

// So many bonuses a sale brings: of what is paid in money.
export function bonusesOf(paid) {
  return divide(paid * BONUS_PERCENT, 10000n);
}

// Return the receipt of a sale (or of a cancelled one) as the contract writes it.
export function compose(counter, { number, cashier, payments }) {
  const { lines, total } = figures(counter);
  return {
    uid: counter.uid,
    number,
    cashier,
    card: counter.card?.number ?? null,
    total: write(total, MONEY),
    lines: lines.map((line, place) => ({
      line: place + 1,
      sku: line.sku,
      barcode: line.barcode,
      quantity: line.quantity,
      price: line.price,
      discount: write(line.discount, MONEY),
      amount: write(line.amount, MONEY),
      vat: line.vat,
      marks: marks(line),
      name: line.name, // The server does not ask for it; the till shows the receipt again.
    })),
    payments: payments.map((payment) => ({ kind: payment.kind, amount: write(payment.amount, MONEY) })),
  };
}

// Make up identification codes, one for each piece of marked goods, as a cashier would scan them from the packs.
function marks(line) {
  const pieces = quantity(line.quantity) / 1000n;
  if (!line.marking) return [];
  const gtin = (line.barcode || "0").padStart(14, "0").slice(-14);
  return Array.from({ length: Number(pieces) }, () => `01${gtin}21${uuid().replaceAll("-", "").slice(0, 13)}`);
}

// What may still come back of a sale: its lines with `rest` (thousandths) and `left` (kopecks) beside the quantity.
export function returnable(journal, sale) {
  const back = new Map();
  for (const entry of journal) {
    if (entry.kind !== "return") continue;
    const receipt = JSON.parse(entry.body).receipt;
    if (receipt.of !== sale.receipt.uid) continue;
    for (const line of receipt.lines) {
      const known = back.get(line.of_line) || { count: 0n, money: 0n };
      back.set(line.of_line, { count: known.count + quantity(line.quantity), money: known.money + money(line.amount) });
    }
  }
  return sale.receipt.lines.map((line) => {
    const gone = back.get(line.line) || { count: 0n, money: 0n };
    return { ...line, rest: quantity(line.quantity) - gone.count, left: money(line.amount) - gone.money };
  });
}

// Return the receipt of a return: `counts` says how much of each line (thousandths) comes back.
export function composeReturn(sale, lines, counts, { number, cashier }) {
  const given = lines.flatMap((line) => {
    const count = counts.get(line.line) || 0n;
    if (count === 0n) return [];
    // The last piece takes what is left, so that the parts of a line make the whole of it.
    const due = count === line.rest ? line.left : share(line.left, count, line.rest);
    return [{ line, count, due }];
  });
  const total = sum(given.map((one) => one.due));
  return {
    uid: uuid(),
    number,
    cashier,
    card: sale.receipt.card,
    of: sale.receipt.uid,
    total: write(total, MONEY),
    lines: given.map(({ line, count, due }, place) => ({
      line: place + 1,
      sku: line.sku,
      barcode: line.barcode,
      quantity: write(count, QUANTITY),
      price: line.price,
      discount: write(amount(money(line.price), count) - due, MONEY),
      amount: write(due, MONEY),
      vat: line.vat,
      marks: line.marks.slice(0, Number(count / 1000n)),
      name: line.name,
      of_line: line.line,
    })),
    payments: [],
  };
}

// How a sum is given back: bonuses first as far as they paid, in the measure of the sale, the rest as it was paid.
export function refund(sale, total, returnedBonuses, last) {
  const paid = (kind) => sum(sale.receipt.payments.filter((one) => one.kind === kind).map((one) => money(one.amount)));
  const whole = money(sale.receipt.total);
  const owed = paid("bonus") - returnedBonuses;
  let bonus = last ? owed : share(paid("bonus"), total, whole);
  if (bonus > owed) bonus = owed;
  const kind = sale.receipt.payments.find((one) => one.kind !== "bonus")?.kind || "cash";
  const payments = [];
  if (total - bonus > 0n || bonus === 0n) payments.push({ kind, amount: total - bonus });
  if (bonus > 0n) payments.push({ kind: "bonus", amount: bonus });
  return payments;
}
