"""Both languages are whole: English stands in the sources, Russian in the catalogue."""

import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation
from django.views.defaults import server_error

from launch import messages
from launch.paths import ROOT

OURS = ("retail", "registers", "stock", "billing", "exchange")
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|{\w*[^{}]*}")
TAG = re.compile(r"</?(?:a|b|br|code|em|li|p|strong|ul)\b[^<>]*>")


def _texts(string):
    return [string] if isinstance(string, str) else list(string)


def _entries():
    with (ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return [message for message in read_po(file, locale="ru") if message.id]


def _placeholders(text):
    """Count the placeholders of a text; {0} and {} are the same one in another order."""
    return Counter("{}" if re.fullmatch(r"{\d*}", found) else found for found in PLACEHOLDER.findall(text))


def _names_of_models():
    for model in apps.get_models():
        if model._meta.app_label in OURS or model in admin.site._registry:
            yield model, str(model._meta.verbose_name)
            yield model, str(model._meta.verbose_name_plural)


@pytest.fixture(scope="module")
def merged():
    """Russian as Django puts it together from all packages and our catalogue."""
    messages.compile_catalogues()
    return DjangoTranslation("ru")


@pytest.fixture(scope="module")
def wanted():
    return messages._wanted("ru")


def test_every_word_of_the_sources_and_of_packages_is_translated():
    assert messages.problems() == []


def test_no_translation_is_fuzzy_or_empty():
    assert [entry.id for entry in _entries() if entry.fuzzy or not all(_texts(entry.string))] == []


def test_placeholders_and_tags_survive_translation():
    differing = [
        entry.id
        for entry in _entries()
        for text in _texts(entry.string)
        if all(_placeholders(text) != _placeholders(english) for english in _texts(entry.id))
        or all(TAG.findall(text) != TAG.findall(english) for english in _texts(entry.id))
    ]

    assert differing == []


def test_plurals_have_the_three_forms_of_russian():
    assert [entry.id for entry in _entries() if not isinstance(entry.id, str) and len(entry.string) != 3] == []


def test_what_our_catalogue_says_is_what_people_read(merged):
    """A package that is merged after us, or that counts plurals in its own way, must not speak instead of us."""
    said = {}
    for entry in _entries():
        [first, *_] = _texts(entry.id)
        key = f"{entry.context}\x04{first}" if entry.context else first
        numbers = (1, 2, 5) if not isinstance(entry.id, str) else ()
        expected = list(entry.string) if numbers else [entry.string]
        found = [merged.ngettext(key, "", number) for number in numbers] or [merged.gettext(key)]
        if found != expected:
            said[first] = found

    assert said == {}


def test_sources_are_written_in_english(wanted):
    ours = [message for message in wanted if not messages._where(message).startswith("unfold")]

    assert [message.id for message in ours if CYRILLIC.search("".join(_texts(message.id)))] == []


def test_scripts_of_pages_hold_no_words_of_either_language():
    """They are given their words by the page, which a person reads in his own language."""
    scripts = [path for path in (ROOT / "static").rglob("*.js") if CYRILLIC.search(path.read_text())]

    assert scripts == []


def test_pages_hold_no_words_that_are_not_translated():
    """What is left of a template without its tags, its scripts and its translated words is numbers and signs."""
    left = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text()
        for spent in (
            r"{#.*?#}",
            r"{% comment.*?endcomment %}",
            r"{% (blocktrans\w*)\b.*?{% end\1 %}",
            r"{%.*?%}",
            r"{{.*?}}",
            r"<(style|script|code)\b.*?</\1>",
            r"<span class=\"material-symbols[^<]*</span>",
            r"<[^<>]*>",
            r"&\w+;",
        ):
            text = re.sub(spent, " ", text, flags=re.DOTALL)
        if words := re.findall(r"[^\W\d_]{2,}", text):
            left[str(path.relative_to(ROOT))] = words

    assert left == {}


def test_russian_words_have_no_latin_letters_that_look_like_theirs():
    mixed = re.compile(r"[а-яё][a-z]|[a-z][а-яё]", re.IGNORECASE)
    texts = [
        re.sub(r"\\n|%\(\w+\)[sd]|%[sd]|{[^{}]*}", " ", text) for entry in _entries() for text in _texts(entry.string)
    ]

    assert [text for text in texts if mixed.search(text)] == []


def test_models_and_fields_have_russian_names(merged):
    with translation.override("ru"):
        names = [name for _model, name in _names_of_models()]
        names += [
            str(field.verbose_name)
            for model in apps.get_models()
            if model._meta.app_label in OURS
            for field in model._meta.get_fields()
            if hasattr(field, "verbose_name") and not field.auto_created and field.column
        ]

    assert [name for name in names if not CYRILLIC.search(name) and name != "SKU"] == []


def test_models_are_named_in_lower_case_in_english():
    """Django puts the name into the middle of a sentence, and makes its first letter large where it begins one."""
    with translation.override("en"):
        names = [name for model, name in _names_of_models() if model._meta.app_label in OURS]

    assert [name for name in names if not re.match(r"[a-z]|[A-Z]{3}|Z-", name)] == []


def test_english_sentences_begin_with_a_capital(wanted):
    sentences = [
        message.id
        for message in wanted
        if isinstance(message.id, str)
        and message.locations[0][0].startswith((*OURS, "templates", "config"))
        and message.id.endswith(".")
    ]

    assert [sentence for sentence in sentences if re.match(r"[a-z]", sentence)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("ru", "Войти"), ("en", "Log in")])
def test_sign_in_speaks_the_language_of_the_browser(client, merged, language, word):
    page = client.get(reverse("admin:login"), headers={"Accept-Language": language})

    assert word in page.content.decode()


@pytest.mark.django_db
def test_language_is_switched_by_a_person(admin_client, merged):
    address = reverse("admin:retail_shop_changelist")
    russian = admin_client.get(address, headers={"Accept-Language": "ru"}).content.decode()
    assert "Магазины" in russian
    assert f'action="{reverse("set_language")}"' in russian

    admin_client.post(reverse("set_language"), {"language": "en", "next": address})

    page = admin_client.get(address, headers={"Accept-Language": "ru"}).content.decode()
    assert "Shops" in page
    assert "Магазины" not in page


@pytest.mark.django_db
def test_permissions_of_a_role_are_named_in_the_language_of_the_reader(admin_client, merged):
    address = reverse("admin:auth_group_add")

    russian = admin_client.get(address, headers={"Accept-Language": "ru"}).content.decode()

    assert "Склад | расходная накладная | просмотр" in russian
    assert "Проведение расходных накладных" in russian
    assert "Can " not in russian


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("ru", "Такой страницы нет"), ("en", "There is no such page")])
def test_a_page_that_is_not_there_says_so_in_words(client, merged, language, words):
    page = client.get("/nowhere/", headers={"Accept-Language": language})

    assert page.status_code == 404
    assert words in page.content.decode()


@pytest.mark.parametrize(("language", "words"), [("ru", "Произошёл сбой"), ("en", "Something went wrong here")])
def test_a_failure_says_so_in_words(rf, merged, language, words):
    with translation.override(language):
        page = server_error(rf.get("/"))

    assert words in page.content.decode()
