"""Lists the desk chooses from: the councils that register doctors, and specialties."""

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
