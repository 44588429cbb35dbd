"""Numbers of documents: one series for each kind, organization and year, without gaps among committed documents."""

from datetime import date as Date
from datetime import datetime

from django.db import connection
from django.utils import timezone

from retail.models import Organization

_TAKE = """
    INSERT INTO retail_documentcounter (kind, organization_id, year, last) VALUES (%s, %s, %s, 1)
    ON CONFLICT (kind, organization_id, year) DO UPDATE SET last = retail_documentcounter.last + 1
    RETURNING last
"""


def next_number(*, kind: str, organization: Organization, date: Date) -> str:
    """Take the next number of the series of the date's year and return it: "000001".

    A moment belongs to the year it has in the current time zone. The series stays locked until the transaction ends,
    so its numbers follow one another; take a number before the locks of cards and warehouses.
    """
    day = timezone.localdate(date) if isinstance(date, datetime) else date
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [kind, organization.pk, day.year])
        (last,) = cursor.fetchone()
    return f"{last:06d}"
