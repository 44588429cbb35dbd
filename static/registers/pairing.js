// The page that shows a pairing code: counts down, asks what became of the code, and says so.
(function () {
  "use strict";
  const ASK_EVERY = 2000;
  const page = document.getElementById("pairing");
  const outcome = document.getElementById("pairing-outcome");
  const left = document.getElementById("pairing-left");
  const ends = Date.now() + Number(page.dataset.seconds) * 1000;
  let over = false;

  function tick() {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
  }

  function finish(state, device) {
    over = true;
    outcome.dataset.state = state;
    outcome.textContent = page.dataset[state] + (device ? " " + device : "");
    document.getElementById("pairing-countdown").hidden = true;
    for (const spent of page.querySelectorAll(".rg-code, .rg-qr")) {
      spent.classList.add("rg-spent");
    }
    document.getElementById("pairing-again").hidden = state === "paired";
  }

  async function ask() {
    try {
      const response = await fetch(page.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (response.ok && !response.redirected) {
        const answer = await response.json();
        if (answer.state !== "waiting") {
          finish(answer.state, answer.device);
        }
      }
    } catch (error) {
      // The server is away for a moment; the code lives on, and so does the question.
    }
    if (!over) {
      setTimeout(ask, ASK_EVERY);
    }
  }

  tick();
  const timer = setInterval(function () {
    tick();
    if (over) {
      clearInterval(timer);
    }
  }, 1000);
  setTimeout(ask, ASK_EVERY);
})();
