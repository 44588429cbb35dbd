"""Days of cards: those that a person can mean.

What lives to a day's end ends with the next one, months are rounded up, and lives of days and months are added: none
of that may leave the calendar of programs, which ends with the year 9999. So “never” is not written as 31.12.9999.
"""

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)
OF_A_DAY = (MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY))
