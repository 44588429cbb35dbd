"""Closed lists of retail: kinds and states that code depends on."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ItemKind(models.TextChoices):
    GOODS = "goods", _("Goods")
    SERVICE = "service", _("Service")


class MarkingKind(models.TextChoices):
    """Groups of goods under obligatory marking («Честный ЗНАК») and excise, as registers must treat them."""

    NONE = "", _("Not marked")
    TOBACCO = "tobacco", _("Tobacco")
    SHOES = "shoes", _("Shoes")
    CLOTHES = "clothes", _("Clothes and linen")
    PERFUME = "perfume", _("Perfume")
    TYRES = "tyres", _("Tyres")
    DAIRY = "dairy", _("Dairy")
    WATER = "water", _("Packaged water")
    BEER = "beer", _("Beer")
    MEDICINE = "medicine", _("Medicine")
    ALCOHOL = "alcohol", _("Alcohol (excise stamp)")


class DocumentState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class TimeZone(models.TextChoices):
    """The time zones of Russia by their IANA names; the offset is part of the label because shops know it by that."""

    KALININGRAD = "Europe/Kaliningrad", _("Kaliningrad (UTC+2)")
    MOSCOW = "Europe/Moscow", _("Moscow (UTC+3)")
    SAMARA = "Europe/Samara", _("Samara (UTC+4)")
    YEKATERINBURG = "Asia/Yekaterinburg", _("Yekaterinburg (UTC+5)")
    OMSK = "Asia/Omsk", _("Omsk (UTC+6)")
    NOVOSIBIRSK = "Asia/Novosibirsk", _("Novosibirsk (UTC+7)")
    IRKUTSK = "Asia/Irkutsk", _("Irkutsk (UTC+8)")
    YAKUTSK = "Asia/Yakutsk", _("Yakutsk (UTC+9)")
    VLADIVOSTOK = "Asia/Vladivostok", _("Vladivostok (UTC+10)")
    MAGADAN = "Asia/Magadan", _("Magadan (UTC+11)")
    KAMCHATKA = "Asia/Kamchatka", _("Kamchatka (UTC+12)")


class Role(models.TextChoices):
    """The roles of people: the value is the name of a group, the label what people see (see `config.roles`)."""

    MERCHANDISER = "Merchandiser", _("Merchandiser")
    ACCOUNTANT = "Accountant", _("Accountant")
    # Translators: «Выполнение синхронизации данных».
    OPERATOR = "Register operator", _("Register operator")
    ADMINISTRATOR = "Administrator", _("Administrator")


class EditAct(models.TextChoices):
    """What an entry of the history of edits tells of."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")
    NOTED = "noted", _("Done")
    IMPORTED = "imported", _("Import from a file")


class EditSource(models.TextChoices):
    """Through what an edit was made."""

    PAGE = "page", _("In the admin")
    PROGRAM = "program", _("A program through the API")
    REGISTER = "register", _("A register")
    COMMAND = "command", _("A command")
    SCHEDULE = "schedule", _("On schedule")
    DIRECT = "", _("Directly in the database")
