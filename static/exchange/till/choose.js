// The page that lists tills: one press pairs those that are not paired in this browser, and opens them.
import { Till } from "./till.js";

const told = (id) => JSON.parse(document.getElementById(id).textContent);
const page = document.getElementById("till-choice");
const wrong = document.getElementById("till-wrong");
const shared = {
  service: page.dataset.service,
  language: document.documentElement.lang,
  words: told("till-words"),
  csrf: page.querySelector("[name=csrfmiddlewaretoken]").value,
};
const registers = new Map(told("till-registers").map((register) => [String(register.id), register]));

page.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-tills]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  wrong.hidden = true;
  try {
    for (const id of link.dataset.tills.split("-")) {
      const till = new Till(registers.get(id), shared);
      // One that another browser works with is asked about on its own page.
      if (!till.paired && !till.about.paired) await till.pair();
    }
    location.assign(link.href);
  } catch (error) {
    wrong.textContent = error.message || shared.words.no_answer;
    wrong.hidden = false;
  }
});
