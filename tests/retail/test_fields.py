import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from retail.fields import gs1_check_digit, validate_barcode, validate_inn, validate_kpp
from tests.factories.retail import make_ean13, make_inn


@pytest.mark.parametrize("inn", ["7707083893", "7830002293", "500100732259"])
def test_an_inn_of_a_company_or_a_person_with_right_check_digits_passes(inn):
    validate_inn(inn)


@pytest.mark.parametrize(
    ("inn", "words"),
    [
        ("7707083890", "check digits"),
        ("500100732258", "check digits"),
        ("500100732249", "check digits"),
        ("770708389", "10 digits"),
        ("77070838930", "10 digits"),
        ("770708389x", "10 digits"),
        ("٧٧٠٧٠٨٣٨٩٣", "10 digits"),
        ("7707083893\n", "10 digits"),
    ],
)
def test_a_wrong_inn_is_refused_in_words(inn, words):
    with pytest.raises(ValidationError, match=words):
        validate_inn(inn)


@given(st.integers(0, 9_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_an_inn_is_nearly_always_seen(number, place, shift):
    inn = make_inn(number)
    digit = (int(inn[place]) + shift) % 10
    broken = f"{inn[:place]}{digit}{inn[place + 1 :]}"

    try:
        validate_inn(broken)
    except ValidationError:
        return

    # The sum is taken modulo 11 and then 10, so a remainder of 10 and one of 0 look the same.
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    remainders = {sum(w * int(d) for w, d in zip(weights, word, strict=False)) % 11 for word in (inn, broken)}
    assert remainders == {0, 10}


@pytest.mark.parametrize("kpp", ["770101001", "7701AB001"])
def test_a_kpp_of_the_right_form_passes(kpp):
    validate_kpp(kpp)


@pytest.mark.parametrize("kpp", ["77010100", "7701010011", "77A101001", "7701ab001", "7701АВ001"])
def test_a_kpp_of_another_form_is_refused(kpp):
    with pytest.raises(ValidationError, match="9 signs"):
        validate_kpp(kpp)


@pytest.mark.parametrize(
    "barcode", ["4600000000015", "96385074", "036000291452", "14600000000012", "CODE-39", "123", "12345678901"]
)
def test_a_barcode_passes_with_a_right_check_digit_or_without_any(barcode):
    validate_barcode(barcode)


@pytest.mark.parametrize("barcode", ["4600000000016", "96385075", "036000291453", "14600000000013"])
def test_a_wrong_check_digit_is_told_with_the_right_one(barcode):
    with pytest.raises(ValidationError, match=f"should be {gs1_check_digit(barcode[:-1])}"):
        validate_barcode(barcode)


@pytest.mark.parametrize("barcode", ["", "4600 000", "штрих", "a\x00b", "x" * 61])
def test_what_no_scanner_prints_is_refused(barcode):
    with pytest.raises(ValidationError):
        validate_barcode(barcode)


@given(st.integers(0, 999_999_999), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_of_an_ean_is_always_seen(number, place, shift):
    barcode = make_ean13(number)
    broken = f"{barcode[:place]}{(int(barcode[place]) + shift) % 10}{barcode[place + 1 :]}"

    with pytest.raises(ValidationError):
        validate_barcode(broken)
