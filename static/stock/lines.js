// While a document is being typed: the amount of each line, the sum, and how much of the chosen SKU there is.
(function () {
    "use strict";
    const script = document.currentScript;
    const format = new Intl.NumberFormat(script.dataset.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

    function number(input) {
        const value = Number(input.value.replace(/[\s\u00a0]/g, "").replace(",", "."));
        return Number.isFinite(value) ? value : 0;
    }

    function cell(row, name) {
        return row.querySelector(".field-" + name + " .readonly, .field-" + name + " p") || row.querySelector(".field-" + name);
    }

    function write(row, name, text) {
        const place = cell(row, name);
        if (place) place.textContent = text;
    }

    function count() {
        let sum = 0;
        for (const quantity of document.querySelectorAll("input[name^='lines-'][name$='-quantity']")) {
            const row = quantity.closest(".form-row");
            const price = row.querySelector("input[name$='-price']");
            if (quantity.name.includes("__prefix__") || !price) continue;
            const removed = row.querySelector("input[name$='-DELETE']");
            const amount = Math.round(number(quantity) * number(price) * 100) / 100;
            write(row, "amount_figure", format.format(amount));
            if (!(removed && removed.checked)) sum += amount;
        }
        document.getElementById("live-total").textContent = format.format(sum);
    }

    async function ask(row, select) {
        const warehouse = document.getElementById("id_warehouse");
        if (!script.dataset.available || !select.value || !warehouse || !warehouse.value) return;
        const asked = new URLSearchParams({ warehouse: warehouse.value, sku: select.value });
        const answer = await fetch(script.dataset.available + "?" + asked, { credentials: "same-origin" });
        if (answer.ok) write(row, "available_figure", (await answer.json()).available);
    }

    function askAll() {
        for (const select of document.querySelectorAll("select[name^='lines-'][name$='-sku']")) {
            if (!select.name.includes("__prefix__")) ask(select.closest(".form-row"), select);
        }
    }

    document.addEventListener("input", count);
    document.addEventListener("change", count);
    document.addEventListener("formset:added", count);
    document.addEventListener("formset:removed", count);
    // Select2 tells of a choice through jQuery alone.
    django.jQuery(document).on("change", "select[name^='lines-'][name$='-sku']", function () {
        ask(this.closest(".form-row"), this);
    });
    django.jQuery(document).on("change", "#id_warehouse", askAll);
    count();
})();
