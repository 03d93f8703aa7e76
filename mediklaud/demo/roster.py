"""Who works at the demo hospital: invented names, registrations, fees and hours."""

from dataclasses import dataclass

from mediklaud.models import Role
from mediklaud.repository import HospitalForm

ZONE = "Asia/Kolkata"
HOSPITAL = HospitalForm(
    name="JMI Demo Hospital",
    address="14 Lotus Avenue\nNew Delhi 110025",
    phone="+91 60100 00001",
    email="desk@jmi-demo.example.org",
    zone=ZONE,
    follow_up_visits=1,
    follow_up_days=14,
)
# How far ahead of today it lies, and what it is called.
HOLIDAY_DAYS, HOLIDAY = 9, "Founders' Day"


@dataclass(frozen=True)
class DemoAccount:
    """A sign-in of the demo hospital, as its sign-in page shows it."""

    username: str
    name: str
    what: str


@dataclass(frozen=True)
class DemoStaff(DemoAccount):
    """A member of staff who is no doctor."""

    roles: frozenset[Role]


@dataclass(frozen=True)
class DemoDoctor:
    """A doctor; fees in rupees; hours as weekdays (0 is Monday), stretch and slot length.

    After the slot may stand the minutes of a first visit, a follow-up and a procedure.
    """

    username: str
    name: str
    specialty: str
    qualifications: str
    council: str
    registration: str
    fee: int
    follow_up: int
    hours: tuple[str, ...]
    procedure: int | None = None


STAFF = (
    DemoStaff(
        "khan",
        "Dr Imran Khan",
        "Chief Medical Officer and administrator",
        frozenset({Role.CMO, Role.ADMINISTRATOR}),
    ),
    DemoStaff("nisha", "Nisha Kulkarni", "Registrar", frozenset({Role.REGISTRAR})),
    DemoStaff("meera", "Meera Nair", "Front desk", frozenset({Role.FRONT_DESK})),
    DemoStaff("sameer", "Sameer Ansari", "Front desk", frozenset({Role.FRONT_DESK})),
    DemoStaff("ishaan", "Ishaan Shah", "Finance", frozenset({Role.FINANCE})),
    DemoStaff("tara", "Tara Bose", "Administrator", frozenset({Role.ADMINISTRATOR})),
)

# Registrations begin with 99, far beyond any number these councils have given.
DOCTORS = (
    DemoDoctor(
        "rao",
        "Dr Anjali Rao",
        "Cardiology",
        "MBBS, MD (Medicine), DM (Cardiology)",
        "Karnataka Medical Council",
        "KMC 990112",
        1200,
        600,
        ("024 10-13 20", "13 16-19 20"),
    ),
    DemoDoctor(
        "siddiqui",
        "Dr Farhan Siddiqui",
        "Cardiology",
        "MBBS, MD (Medicine), DM (Cardiology)",
        "Uttar Pradesh Medical Council",
        "UPMC 990207",
        1000,
        500,
        ("135 9-12 20", "02 16-18 20"),
    ),
    DemoDoctor(
        "iyer",
        "Dr Suresh Iyer",
        "General medicine",
        "MBBS, MD (Medicine)",
        "Tamil Nadu Medical Council",
        "TNMC 990345",
        500,
        0,
        ("01234 9-13 15",),
    ),
    DemoDoctor(
        "mishra",
        "Dr Rekha Mishra",
        "General medicine",
        "MBBS, MD (Medicine)",
        "Delhi Medical Council",
        "DMC/990418",
        500,
        250,
        ("012345 10-13 10",),
    ),
    DemoDoctor(
        "hasan",
        "Dr Zoya Hasan",
        "Paediatrics",
        "MBBS, MD (Paediatrics)",
        "Delhi Medical Council",
        "DMC/990523",
        600,
        300,
        ("01234 10-13 15 30 15",),
    ),
    DemoDoctor(
        "thomas",
        "Dr Jacob Thomas",
        "Paediatrics",
        "MBBS, DCH, DNB (Paediatrics)",
        "Karnataka Medical Council",
        "KMC 990634",
        600,
        300,
        ("135 16-19 15",),
    ),
    DemoDoctor(
        "kaur",
        "Dr Harleen Kaur",
        "Obstetrics and gynaecology",
        "MBBS, MS (OBG)",
        "Delhi Medical Council",
        "DMC/990745",
        800,
        400,
        ("01234 10-13 20",),
    ),
    DemoDoctor(
        "banerjee",
        "Dr Sohini Banerjee",
        "Obstetrics and gynaecology",
        "MBBS, DGO, MS (OBG)",
        "West Bengal Medical Council",
        "WBMC 990856",
        800,
        400,
        ("0245 15-18 20",),
    ),
    DemoDoctor(
        "patil",
        "Dr Vikram Patil",
        "Orthopaedics",
        "MBBS, MS (Orthopaedics)",
        "Maharashtra Medical Council",
        "MMC 990967",
        700,
        350,
        ("0124 9-12 15 30 15 45",),
        2500,
    ),
    DemoDoctor(
        "verma",
        "Dr Nidhi Verma",
        "Dermatology",
        "MBBS, MD (Dermatology)",
        "Uttar Pradesh Medical Council",
        "UPMC 991078",
        700,
        350,
        ("135 10-14 15 15 15 30",),
        1800,
    ),
    DemoDoctor(
        "menon",
        "Dr Arvind Menon",
        "ENT",
        "MBBS, MS (ENT)",
        "Karnataka Medical Council",
        "KMC 991189",
        650,
        325,
        ("0134 11-14 15",),
    ),
    DemoDoctor(
        "qureshi",
        "Dr Sana Qureshi",
        "Ophthalmology",
        "MBBS, MS (Ophthalmology)",
        "Delhi Medical Council",
        "DMC/991290",
        650,
        325,
        ("0235 9-12 15",),
    ),
)

# Every doctor can sign in; three are enough to show.
DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (
    *STAFF,
    *(
        DemoAccount(one.username, one.name, f"Doctor, {one.specialty}")
        for one in DOCTORS
        if one.username in ("rao", "iyer", "hasan")
    ),
)
