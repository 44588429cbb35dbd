// A rule is looked at again when its form changes. Search fields tell of a change through jQuery alone.
(() => {
    const ask = () => window.htmx?.trigger("#rule-preview-form", "rule-changed");
    document.addEventListener("DOMContentLoaded", () => {
        const form = document.getElementById("exchangerule_form");
        if (!form || !document.getElementById("rule-preview-form")) return;
        form.addEventListener("change", ask);
        window.django?.jQuery(form).on("change.select2 formset:added formset:removed", "select, tr", ask);
        document.addEventListener("formset:removed", ask);
    });
})();
