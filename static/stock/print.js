// The button of a printed form; the form itself needs nothing of it.
document.getElementById("print").addEventListener("click", () => window.print());
