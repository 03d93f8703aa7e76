"""Invented families of the demo hospital: names in five scripts, one phone a family."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from mediklaud.models import Sex
from mediklaud.repository import PatientForm

# India sets no numbers aside for fiction. Those that begin with 60100 can be dialled by
# their form, and the numbering plan that phonenumbers carries gives them to no operator.
PHONE_PREFIX = "+91 60100"
_MAIL = ("mail.example.org", "post.example.org", "home.example.org")
_NO_EMAIL, _AGE_ONLY, _OWN_PHONE = 0.16, 0.18, 0.15


@dataclass(frozen=True)
class Community:
    """Names that go together; a name in another script says how an email address spells it."""

    weight: int
    women: str
    men: str
    families: str


COMMUNITIES: tuple[Community, ...] = (
    Community(
        24,
        "Aarti Anita Deepika Geeta Kavita Komal Meenakshi Neha Pooja Priya Rekha Ritu Sarita "
        "Seema Shalini Sunita Sushma Swati Usha Vandana Ananya Diya Ishita Kiara Riya",
        "Ajay Amit Anil Arjun Ashok Deepak Dinesh Gaurav Harish Karan Mahesh Manoj Mohan Naveen "
        "Nikhil Pankaj Rahul Rajesh Rakesh Rohit Sanjay Sunil Vikas Vivek Aarav Vihaan",
        "Sharma Gupta Verma Agarwal Mishra Tiwari Saxena Chauhan Yadav Joshi Pandey Malhotra "
        "Kapoor Bhatia Mehra Srivastava Rastogi Tyagi",
    ),
    Community(
        20,
        "Amina Ayesha Farah Fatima Hina Mariam Nasreen Nazia Rukhsar Sana Shabana Shazia Zainab "
        "Zoya Noor Samina Asma Bushra",
        "Aamir Adil Ahmed Arif Asif Faisal Farhan Imtiaz Irfan Javed Khalid Nadeem Rehan Salman "
        "Shahid Tariq Usman Zubair Hamza Ayaan",
        "Ansari Siddiqui Qureshi Hashmi Rizvi Naqvi Mirza Farooqui Usmani Alvi Zaidi Kidwai",
    ),
    Community(
        16,
        "Anjali Bhavana Chitra Divya Gayathri Hema Indira Jayashree Kavya Lakshmi Latha Malathi "
        "Nandini Padma Radhika Revathi Saraswathi Sudha Uma Vidya",
        "Aravind Balaji Chandran Ganesh Gopal Hari Karthik Krishnan Mani Murali Narayan Prakash "
        "Raghav Ramesh Ravi Sathish Srinivas Suresh Venkatesh Vijay",
        "Menon Nair Pillai Reddy Rao Hegde Shetty Iyengar Subramanian Naidu Kamath Gowda Bhat",
    ),
    Community(
        8,
        "Amarjeet Gurleen Harpreet Jasleen Kirandeep Manpreet Navneet Rupinder Simran Sukhmani",
        "Amrit Balwinder Daljit Gurpreet Harjot Inderjit Jaspal Kuldeep Paramjit Ranjit",
        "Singh Sandhu Gill Dhillon Bedi Sidhu Grewal Ahluwalia",
    ),
    Community(
        8,
        "Agnes Annie Elizabeth Grace Jessy Mary Mercy Philomena Rose Sheeba",
        "Alphonse Benny Cyril George Jacob Joseph Lawrence Mathew Paul Xavier",
        "Thomas Varghese Fernandes D'Souza Pereira Kurian Mathai Lobo",
    ),
    Community(
        6,
        "Arpita Debjani Ipsita Madhumita Moumita Paromita Rina Sharmila Sohini Sreya",
        "Abhijit Anirban Debashis Dipankar Indranil Partha Prosenjit Sourav Subhash Tapan",
        "Banerjee Chatterjee Mukherjee Ghosh Bose Sengupta Dasgupta Majumdar",
    ),
    Community(
        7,
        "आशा/asha कमला/kamala गीता/geeta मीना/meena रश्मि/rashmi सीता/sita श्रुति/shruti पूनम/poonam",
        "अर्जुन/arjun कृष्ण/krishna मोहन/mohan राजेंद्र/rajendra विष्णु/vishnu सुरेश/suresh हर्ष/harsh",
        "त्रिपाठी/tripathi शर्मा/sharma द्विवेदी/dwivedi कुलकर्णी/kulkarni पाटील/patil चौधरी/chaudhary",
    ),
    Community(
        4,
        "கவிதா/kavitha செல்வி/selvi மீனாட்சி/meenakshi லட்சுமி/lakshmi தமிழரசி/tamilarasi",
        "கண்ணன்/kannan செந்தில்/senthil முருகன்/murugan வேலு/velu இளங்கோ/ilango",
        "சுப்பிரமணியன்/subramanian ராமசாமி/ramasamy நடராஜன்/natarajan பழனிசாமி/palanisamy",
    ),
    Community(
        4,
        "فاطمہ/fatima زینب/zainab عائشہ/ayesha نسرین/nasreen شبانہ/shabana",
        "احمد/ahmad عمران/imran فیصل/faisal ناصر/nasir یوسف/yusuf",
        "انصاری/ansari صدیقی/siddiqui قریشی/qureshi خان/khan",
    ),
    Community(
        4,
        "অপর্ণা/aparna মিতালী/mitali রিনা/rina শ্রাবণী/shrabani সুচিত্রা/suchitra",
        "অরুণ/arun তপন/tapan দেবাশিস/debashis প্রদীপ/pradip সৌমিত্র/soumitra",
        "চট্টোপাধ্যায়/chattopadhyay মুখোপাধ্যায়/mukhopadhyay ঘোষ/ghosh দত্ত/dutta",
    ),
)

_STREETS = (
    *("Ashoka Lane", "Banyan Road", "Clocktower Road", "Gulmohar Avenue", "Jasmine Street"),
    *("Kite Market", "Lotus Tank", "Mango Grove", "Neem Street", "Peacock Lane", "River Road"),
)
_PLACES = ("Okhla 110025", "Jamia Nagar 110025", "Lajpat Nagar 110024", "Kalkaji 110019")


def families(random: Random, count: int, opened_on: date) -> Iterator[list[PatientForm]]:
    """So many invented people, family by family, each with one address and mostly one phone."""
    left, serial = count, 0
    while left:
        size = min(left, random.choices((1, 2, 3, 4, 5), (34, 20, 18, 18, 10))[0])
        yield list(_family(random, size, serial, opened_on))
        left, serial = left - size, serial + 1


def _family(random: Random, size: int, serial: int, opened_on: date) -> Iterator[PatientForm]:
    community = random.choices(COMMUNITIES, [one.weight for one in COMMUNITIES])[0]
    family = random.choice(community.families.split())
    given = {
        sex: random.sample(names.split(), 5)
        for sex, names in ((Sex.FEMALE, community.women), (Sex.MALE, community.men))
    }
    house = (
        f"{random.randint(1, 180)} {random.choice(_STREETS)}\nNew Delhi, {random.choice(_PLACES)}"
    )
    parents = ""
    for place, years in enumerate(_ages(random, size)):
        sex = (Sex.FEMALE, Sex.MALE)[(place + serial) % 2 if place < 2 else random.randrange(2)]
        own = place and years >= 18 and random.random() < _OWN_PHONE
        phone = f"{PHONE_PREFIX} {serial + (50_000 + 1_000 * place if own else 10_000):05d}"
        born = opened_on - timedelta(days=round(years * 365.25) + random.randrange(1, 300))
        name = given[sex].pop()
        age_only = random.random() < _AGE_ONLY
        email = _email(random, name, family, serial) if years >= 16 else parents
        parents = parents or email
        yield PatientForm(
            name=f"{_written(name)} {_written(family)}",
            sex=sex,
            phone=phone,
            address=house,
            birth_date=None if age_only else born,
            age_years=years if age_only else None,
            email=email,
        )


def _ages(random: Random, size: int) -> list[int]:
    first = random.randint(22, 78)
    if size == 1:
        return [first]
    ages = [first, max(20, first - random.randint(-3, 6))]
    # Children of the couple, or of their children where the couple is old.
    return ages + [random.randint(0, 15) for _ in range(size - 2)]


def _written(name: str) -> str:
    return name.partition("/")[0]


def _spelt(name: str) -> str:
    return (name.partition("/")[2] or name).replace("'", "").lower()


def _email(random: Random, name: str, family: str, serial: int) -> str:
    if random.random() < _NO_EMAIL:
        return ""
    return f"{_spelt(name)}.{_spelt(family)}{serial}@{random.choice(_MAIL)}"
