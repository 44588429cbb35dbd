// Lines of a draft from the keyboard or a scanner: a barcode or a code and Enter, a quantity and Enter, the next one.
(function () {
    "use strict";
    const form = document.getElementById("scan-line");
    if (!form) return;
    const input = form.querySelector("input");
    const said = form.querySelector("output");
    const words = form.dataset;
    let before = ""; // The quantity that a scan would overwrite.

    function rows() {
        return [...document.querySelectorAll("select[name^='lines-'][name$='-sku']")].filter(
            (select) => !select.name.includes("__prefix__"),
        );
    }

    function quantityOf(select) {
        return select.closest(".form-row").querySelector("input[name$='-quantity']");
    }

    function say(text, wrong) {
        said.textContent = text;
        said.classList.toggle("rg-danger", Boolean(wrong));
    }

    async function find(term) {
        const asked = new URLSearchParams({ app_label: "stock", model_name: "documentline", field_name: "sku", term });
        const answer = await fetch(words.url + "?" + asked, { credentials: "same-origin" });
        return answer.ok ? (await answer.json()).results : [];
    }

    function emptyRow() {
        const free = rows().find((select) => !select.value);
        if (free) return free;
        const add = document.querySelector("#lines-group .add-row, #lines-group a.add-row, .add-row");
        if (add) (add.querySelector("a") || add).click();
        return rows().find((select) => !select.value);
    }

    function put(sku) {
        const known = rows().find((select) => select.value === String(sku.id));
        if (known) {
            const quantity = quantityOf(known);
            const number = Number(quantity.value.replace(/[\s\u00a0]/g, "").replace(",", ".")) || 0;
            quantity.value = String(number + 1);
            quantity.dispatchEvent(new Event("input", { bubbles: true }));
            say(sku.text + ": " + quantity.value);
            return quantity;
        }
        const select = emptyRow();
        if (!select) return null;
        select.append(new Option(sku.text, sku.id, true, true));
        django.jQuery(select).trigger("change");
        const quantity = quantityOf(select);
        if (!quantity.value) quantity.value = "1";
        quantity.dispatchEvent(new Event("input", { bubbles: true }));
        say(sku.text);
        return quantity;
    }

    input.addEventListener("keydown", async function (event) {
        if (event.key !== "Enter") return;
        event.preventDefault(); // It would save the document.
        const term = input.value.trim();
        if (!term) return;
        const found = await find(term);
        if (found.length !== 1) {
            say(found.length ? words.several : words.nothing, true);
            input.select();
            return;
        }
        const quantity = put(found[0]);
        input.value = "";
        if (quantity) {
            quantity.focus();
            quantity.select();
        }
    });
    document.addEventListener("focusin", function (event) {
        if (/^lines-\d+-quantity$/.test(event.target.name || "")) before = event.target.value;
    });
    // As many digits as a barcode has are another scan, not a quantity: a scanner reads on while the quantity is chosen.
    document.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" || !/^lines-\d+-(quantity|price)$/.test(event.target.name || "")) return;
        event.preventDefault();
        const field = event.target;
        if (field.name.endsWith("-quantity") && /^\d{8,14}$/.test(field.value)) {
            input.value = field.value;
            field.value = before || "1";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            input.focus();
            input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
            return;
        }
        input.focus();
        input.select();
    });
})();
