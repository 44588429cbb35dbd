// Money and quantities as whole kopecks and whole thousandths in BigInt: a binary fraction would not be what is printed.

export const MONEY = 2;
export const QUANTITY = 3;
export const ONE = 1000n; // One piece, one kilogram.

// Read what a person typed or a server sent; null for what is no number of so many decimals below a thousand million.
export function parse(text, places) {
  const found = /^(-?)(\d{1,9})(?:[.,](\d*))?$/.exec(String(text).replace(/[\s\u00a0\u202f]/g, ""));
  if (!found) return null;
  const fraction = (found[3] || "").replace(/0+$/, "");
  if (fraction.length > places) return null;
  const value = BigInt(found[2] + fraction.padEnd(places, "0"));
  return found[1] ? -value : value;
}

// Read what is known to be a number, such as one of our own.
export function money(text) {
  return parse(text, MONEY) ?? 0n;
}

export function quantity(text) {
  return parse(text, QUANTITY) ?? 0n;
}

// Write for the wire: "99.00", "-1.500".
export function write(value, places) {
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(places + 1, "0");
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

// Divide, half away from zero, as tills round.
export function divide(value, by) {
  const half = by / 2n;
  return value < 0n ? -((-value + half) / by) : (value + half) / by;
}

// Kopecks of so many thousandths at a price.
export function amount(price, count) {
  return divide(price * count, ONE);
}

// So much of a value as `part` is of `whole`.
export function share(value, part, whole) {
  return whole === 0n ? 0n : divide(value * part, whole);
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0n);
}

// Write as a person would type it: without spaces between thousands.
export function typed(value, places, language) {
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: places, useGrouping: false });
  return format.format(write(value, places));
}

// Write for a person, in the form of the page's language.
export function shown(value, places, language) {
  const least = places === MONEY ? MONEY : 0;
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: least, maximumFractionDigits: places });
  return format.format(write(value, places));
}
