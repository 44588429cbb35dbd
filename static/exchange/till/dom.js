// Making elements. Texts are set as texts, never as markup: names of goods come from outside.

// h("button", {class: "tl-key", onclick}, "Pay"): properties that are functions listen, the others are attributes.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  return h("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);
}

// Whether fingers press here: a focused field would bring up a keyboard that hides half of the till.
export const touched = matchMedia("(pointer: coarse)").matches;

// Give the keyboard to a field, where there is a keyboard.
export function attend(field) {
  if (!touched) field?.focus({ preventScroll: true });
}

// Show new content. What has not changed stays the element it was, so that a press of a key that is being shown anew is
// not lost; the keyboard stays where it was.
export function paint(region, ...content) {
  const fresh = content.flat().filter(Boolean);
  const old = [...region.childNodes];
  const keyed = new Map(old.filter((node) => node.dataset?.key).map((node) => [node.dataset.key, node]));
  const next = fresh.map((node, place) => {
    const twin = node.dataset?.key ? keyed.get(node.dataset.key) : old[place];
    return twin?.isEqualNode(node) ? twin : node;
  });
  const focused = region.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const kept = new Set(next);
  for (const node of old) if (!kept.has(node)) node.remove();
  next.forEach((node, place) => {
    if (region.childNodes[place] !== node) region.insertBefore(node, region.childNodes[place] || null);
  });
  if (focused && !region.contains(document.activeElement)) {
    region.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}
