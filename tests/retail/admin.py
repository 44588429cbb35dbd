"""The admin as a signed-in person meets it."""

from django.test import Client
from django.urls import reverse

from tests.factories.people import UserFactory


def signed_in(user=None):
    client = Client()
    client.force_login(user or UserFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name, *args):
    return reverse(f"admin:{name}", args=args)


def form_of(response, **changes):
    """Return what the browser would post from a change form as it is shown, with some fields typed over."""
    data = {}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if bound.field.disabled or value is None or value is False:
                continue
            parts = bound.field.widget.decompress(value) if hasattr(bound.field.widget, "decompress") else None
            if parts is not None:
                data |= {f"{bound.html_name}_{place}": str(part) for place, part in enumerate(parts) if part}
            else:
                data[bound.html_name] = value
    return data | changes


def errors_of(response):
    """Return every refusal that a page shows, in one text."""
    shown = [response.context["adminform"].form.errors.as_text()] if "adminform" in response.context else []
    for inline in response.context.get("inline_admin_formsets", []):
        shown += [form.errors.as_text() for form in inline.formset.forms]
        shown.append(inline.formset.non_form_errors().as_text())
    return "\n".join(shown)


def choose(client, name, action, rows, **answer):
    """Run an action of a list on these rows; an answer is what the page that asks would post."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], **answer}
    return client.post(page(f"{name}_changelist"), data, follow=True)
