"""The message catalogues."""

import gettext
import os
from textwrap import dedent

import pytest

from launch import messages


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one source and one template, and nothing from other packages."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "_LOCALE", tmp_path / "locale")
    monkeypatch.setattr(messages, "UNTRANSLATED_PACKAGES", ())
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock" / "words.py").write_text(
        dedent("""
        from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy

        def words(count):
            return _("Balance"), ngettext("%(count)d box", "%(count)d boxes", count), pgettext_lazy("goods", "Lot")
        """)
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '<p>\n    {% load i18n %}{% translate "Warehouse" %}\n'
        "  {% blocktranslate with name=shop.name %}Shop {{ name }}{% endblocktranslate %}</p>"
    )
    return tmp_path


def translate(catalogue, **words):
    text = catalogue.read_text()
    for english, russian in words.items():
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{russian}"')
    catalogue.write_text(text)


def test_update_collects_words_of_sources_and_templates(checkout):
    [catalogue] = messages.update_catalogues()

    text = catalogue.read_text()
    for words in ('msgid "Balance"', 'msgid_plural "%(count)d boxes"', 'msgctxt "goods"', 'msgid "Warehouse"'):
        assert words in text
    assert 'msgid "Shop %(name)s"' in text
    assert "fuzzy" not in text


def test_update_keeps_translations_and_forgets_words_that_are_gone(checkout):
    [catalogue] = messages.update_catalogues()
    translate(catalogue, Balance="Остаток", Warehouse="Склад")
    (checkout / "templates" / "page.html").unlink()

    messages.update_catalogues()

    assert 'msgstr "Остаток"' in catalogue.read_text()
    assert "Склад" not in catalogue.read_text()


def test_update_changes_nothing_when_nothing_changed(checkout):
    [catalogue] = messages.update_catalogues()
    before = catalogue.read_text()

    messages.update_catalogues()

    assert catalogue.read_text() == before


def test_check_names_missing_and_untranslated_words(checkout):
    assert any("missing: 'Balance' (stock/words.py:5)" in line for line in messages.problems())

    [catalogue] = messages.update_catalogues()
    translate(catalogue, Balance="Остаток")

    found = "\n".join(messages.problems())
    assert "Balance" not in found
    assert "untranslated: 'Warehouse' (templates/page.html:2)" in found
    assert "untranslated: '%(count)d box'" in found


def test_compile_makes_what_django_reads_and_only_when_it_is_older(checkout):
    [catalogue] = messages.update_catalogues()
    translate(catalogue, Balance="Остаток")

    [made] = messages.compile_catalogues()

    with made.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Balance") == "Остаток"
    assert messages.compile_catalogues() == []

    os.utime(catalogue, (made.stat().st_mtime + 1,) * 2)
    assert messages.compile_catalogues() == [made]
