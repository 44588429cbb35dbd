// The chart of the first page. Its figures come with the fragment that htmx puts in place of the old one; the canvas stays.
(function () {
  "use strict";

  function told(id) {
    const found = document.getElementById(id);
    return found ? JSON.parse(found.textContent) : null;
  }

  // Chart.js draws on a canvas, which knows no variables of CSS.
  function coloured(data) {
    const styles = getComputedStyle(document.documentElement);
    for (const dataset of data.datasets) {
      for (const name of ["backgroundColor", "borderColor"]) {
        const variable = /^var\((.+)\)$/.exec(dataset[name] || "");
        if (variable) dataset[name] = styles.getPropertyValue(variable[1]).trim();
      }
    }
    return data;
  }

  function lines() {
    return document.documentElement.classList.contains("dark") ? "rgba(255, 255, 255, .1)" : "rgba(0, 0, 0, .08)";
  }

  function draw() {
    const canvas = document.getElementById("home-canvas");
    const data = told("home-hours");
    if (!canvas || !data) return;
    canvas.parentElement.hidden = data.labels.length === 0;
    const chart = Chart.getChart(canvas);
    if (chart) {
      chart.data = coloured(data);
      chart.options.scales.y.grid.color = lines();
      chart.update();
      return;
    }
    const options = told("home-options");
    options.scales.y.grid.color = lines();
    new Chart(canvas, { type: "bar", data: coloured(data), options: options });
  }

  document.addEventListener("DOMContentLoaded", function () {
    draw();
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
    document.body.addEventListener("htmx:beforeSwap", function (event) {
      // Whoever was signed out meanwhile is given the page that signs in: not into the middle of this one.
      if (event.detail.target.id === "home" && !event.detail.xhr.responseText.includes('id="home"')) {
        event.detail.shouldSwap = false;
        location.reload();
      }
    });
    document.body.addEventListener("htmx:afterSettle", draw);
  });
})();
