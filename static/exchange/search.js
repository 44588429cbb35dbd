// The search of the menu. Ctrl+K comes here from anywhere; a scanner needs not even that: what it types where no field
// is being filled in is gathered, and its Enter searches for it.
(function () {
    "use strict";
    const PAUSE = 250; // ms without a key before we ask
    const BETWEEN = 50; // ms between keys: a person is slower
    const SCANNED = 6; // characters at least
    const form = document.getElementById("find");
    const input = form.elements.s;
    const found = document.getElementById("search-results");
    let timer = 0;
    let asking = null;
    let scanned = "";
    let last = 0;

    function close() {
        found.hidden = true;
    }

    async function ask() {
        if (asking) asking.abort();
        asking = new AbortController();
        const address = form.action + "?" + new URLSearchParams({ live: "1", s: input.value });
        try {
            const answer = await fetch(address, { credentials: "same-origin", signal: asking.signal });
            if (!answer.ok || answer.redirected) return;
            found.innerHTML = await answer.text();
            found.hidden = false;
        } catch (error) {
            if (error.name !== "AbortError") close(); // Enter still asks the server, and shows what it says.
        }
    }

    function move(event, step) {
        const links = [...found.querySelectorAll("a")];
        const next = links.indexOf(document.activeElement) + step;
        event.preventDefault();
        (links[next] || (next < 0 ? input : links[links.length - 1]) || input).focus();
    }

    function busy(element) {
        return element.closest("input, textarea, select, [contenteditable], [role=combobox], dialog, a, button");
    }

    input.addEventListener("input", function () {
        clearTimeout(timer);
        if (input.value.trim()) timer = setTimeout(ask, PAUSE);
        else close();
    });
    input.addEventListener("focus", function () {
        if (!found.innerHTML) ask();
        else found.hidden = false;
    });
    form.addEventListener("submit", function () {
        clearTimeout(timer);
        if (asking) asking.abort();
    });
    form.addEventListener("keydown", function (event) {
        if (event.key === "ArrowDown") move(event, 1);
        else if (event.key === "ArrowUp") move(event, -1);
        else if (event.key === "Escape") {
            close();
            input.focus();
            input.select();
        }
    });
    document.addEventListener("click", function (event) {
        if (!form.contains(event.target)) close();
    });
    document.addEventListener("keydown", function (event) {
        if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
            event.preventDefault();
            input.focus();
            input.select();
            return;
        }
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || busy(event.target)) return;
        const quick = event.timeStamp - last < BETWEEN;
        last = event.timeStamp;
        if (event.key === "Enter" && quick && scanned.length >= SCANNED) {
            event.preventDefault();
            input.value = scanned;
            form.requestSubmit();
        } else if (event.key.length === 1) {
            scanned = quick ? scanned + event.key : event.key;
        } else if (event.key !== "Shift") {
            scanned = "";
        }
    });
})();
