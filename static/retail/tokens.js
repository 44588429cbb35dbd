// Copies the token to the clipboard, where the browser lets a page do that.
document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("copy-token");
    const token = document.getElementById("token");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(token.textContent);
        button.textContent = button.dataset.done;
    });
});
