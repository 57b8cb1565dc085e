"""Countries as licences and address look-ups name them: ISO 3166-1 alpha-2."""

import re

from django.core.exceptions import ValidationError
from django.db import models

_TABLE = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
ZW
"""
CODES = frozenset(_TABLE.split())


def split(text: str) -> frozenset[str]:
    return frozenset(text.split())


def normal(text: str) -> str:
    """Codes in any case, order and separation, as they are stored; else an error names them."""
    codes = set(re.findall(r"[^\s,;]+", text.upper()))
    if unknown := sorted(codes - CODES):
        hint = " (the United Kingdom is GB)" if "UK" in unknown else ""
        raise ValidationError(
            f"No country: {', '.join(unknown)}{hint}. Give two-letter codes, such as KR or US."
        )
    return " ".join(sorted(codes))


def check_apart(include: str, exclude: str) -> None:
    """A country is in one of the two lists at most."""
    if both := sorted(split(include) & split(exclude)):
        raise ValidationError({"exclude": f"Also in the other list: {' '.join(both)}."})


class CountriesField(models.CharField):
    """Countries in one column: their codes in order, with spaces between them."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"max_length": 3 * len(CODES), "blank": True, "default": ""}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "blank", "default"):
            del kwargs[fixed]
        return name, path, args, kwargs

    def to_python(self, value: object) -> str:
        return normal(super().to_python(value) or "")
