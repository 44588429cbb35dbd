// The page of one till, or of two side by side.
import { attend } from "./dom.js";
import { Screen } from "./screen.js";
import { Till } from "./till.js";

const told = (id) => JSON.parse(document.getElementById(id).textContent);

// The theme that the person chose for the back office.
const theme = (localStorage.getItem("_x_adminTheme") || "").replaceAll('"', "");
if (["dark", "light"].includes(theme)) document.documentElement.dataset.theme = theme;

const page = document.getElementById("tills");
const about = told("till-registers");
const shared = {
  service: page.dataset.service,
  language: document.documentElement.lang,
  words: told("till-words"),
  csrf: page.querySelector("[name=csrfmiddlewaretoken]").value,
};
for (const register of about) {
  const root = document.createElement("section");
  root.className = "tl-till";
  root.setAttribute("aria-label", register.name);
  page.append(root);
  const till = new Till(register, shared);
  new Screen(root, till);
  till.start();
}
attend(page.querySelector(".tl-scan"));
