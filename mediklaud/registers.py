"""Lists the desk chooses from, councils and specialties, and the form of a GSTIN."""

import re

# The State medical councils under the National Medical Commission Act 2019, and the
# national register for those it entered itself.
COUNCILS: tuple[str, ...] = (
    "Andhra Pradesh Medical Council",
    "Arunachal Pradesh Medical Council",
    "Assam Medical Council",
    "Bihar Medical Council",
    "Chhattisgarh Medical Council",
    "Delhi Medical Council",
    "Goa Medical Council",
    "Gujarat Medical Council",
    "Haryana Medical Council",
    "Himachal Pradesh Medical Council",
    "Jammu and Kashmir Medical Council",
    "Jharkhand Medical Council",
    "Karnataka Medical Council",
    "Madhya Pradesh Medical Council",
    "Maharashtra Medical Council",
    "Manipur Medical Council",
    "Meghalaya Medical Council",
    "Mizoram Medical Council",
    "Nagaland Medical Council",
    "National Medical Commission",
    "Odisha Council of Medical Registration",
    "Punjab Medical Council",
    "Rajasthan Medical Council",
    "Sikkim Medical Council",
    "Tamil Nadu Medical Council",
    "Telangana Medical Council",
    "Tripura Medical Council",
    "Travancore-Cochin Medical Council",
    "Uttar Pradesh Medical Council",
    "Uttarakhand Medical Council",
    "West Bengal Medical Council",
)

SPECIALTIES: tuple[str, ...] = (
    "Cardiology",
    "Dermatology",
    "Endocrinology",
    "ENT",
    "Gastroenterology",
    "General medicine",
    "General surgery",
    "Nephrology",
    "Neurology",
    "Obstetrics and gynaecology",
    "Oncology",
    "Ophthalmology",
    "Orthopaedics",
    "Paediatrics",
    "Psychiatry",
    "Pulmonology",
    "Urology",
)

# Services Accounting Code of medical and dental services by a doctor, exempt from GST
# (Notification 12/2017-CT(Rate), Sl. 74).
SAC_CONSULTATION = "999312"

# CGST Rules, rule 10: the State's code, the PAN, the entity, a Z and a check character.
_GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]")
_OF_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_gstin(said: str) -> bool:
    """Whether these capitals have the form of a GSTIN, its last character checking the others."""
    return bool(_GSTIN.fullmatch(said)) and said[-1] == _check_character(said[:-1])


def _check_character(said: str) -> str:
    # Luhn's mod 36: every second one counts double, and a product's two digits are summed.
    products = [_OF_36.index(one) * (1 + place % 2) for place, one in enumerate(said)]
    return _OF_36[-sum(sum(divmod(product, 36)) for product in products) % 36]
