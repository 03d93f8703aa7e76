"""What things cost and what was charged: prices by their first day, whole paise everywhere."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import VisitKind, filled, one_of, share, whole


class NumberSeries(SQLModel, table=True):
    """The last number given in a series; the row is locked by whoever takes the next."""

    __tablename__ = "number_series"
    __table_args__ = (whole("last", "last_number_is_whole"),)

    name: str = Field(primary_key=True)
    last: int = 0


class Tariff(SQLModel, table=True):
    """A doctor's price for a kind of visit from a day on."""

    __table_args__ = (
        UniqueConstraint("doctor_id", "kind", "effective_from", name="one_price_a_day"),
        whole("price_paise", "price_is_whole_paise"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "tariff_kind_is_known"))
    effective_from: date
    price_paise: int = Field(sa_type=BigInteger)


class Service(SQLModel, table=True):
    """Something the hospital does besides consultations, exempt from GST unless it says so."""

    __table_args__ = (
        UniqueConstraint("folded_name", name="one_service_per_name"),
        filled("name", "service_has_a_name"),
        filled("sac", "service_has_a_sac"),
        share("tax_basis_points", "service_tax_is_a_whole_share"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str
    # By which two that are spelt alike are one.
    folded_name: str
    sac: str
    # Hundredths of a per cent of GST; 0 for what is exempt.
    tax_basis_points: int = 0
    active: bool = True
    version: int = 1

    @property
    def taxable(self) -> bool:
        """Whether GST is due on it, so that its bill is a tax invoice."""
        return self.tax_basis_points > 0


class ServicePrice(SQLModel, table=True):
    """What a service costs from a day on, before tax."""

    __tablename__ = "service_price"
    __table_args__ = (
        UniqueConstraint("service_id", "effective_from", name="one_service_price_a_day"),
        whole("price_paise", "service_price_is_whole_paise"),
    )

    id: int | None = Field(default=None, primary_key=True)
    service_id: int = Field(foreign_key="service.id")
    effective_from: date
    price_paise: int = Field(sa_type=BigInteger)


class Charge(SQLModel, table=True):
    """Something done that costs money (HL7 FHIR's ChargeItem), at the price of that day.

    Only `voided_at` ever changes: the moment its bill was voided, or a free visit undone, so
    that the visit may be charged again.
    """

    __table_args__ = (
        Index(
            "consultation_is_charged_once",
            "appointment_id",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint(
            "(appointment_id IS NULL) <> (service_id IS NULL)",
            name="a_charge_is_for_a_visit_or_a_service",
        ),
        whole("quantity", "charge_quantity_is_whole", at_least=1),
        whole("price_paise", "charge_is_whole_paise"),
        share("tax_basis_points", "charge_tax_is_a_whole_share"),
        filled("description", "charge_has_a_description"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    service_id: int | None = Field(default=None, foreign_key="service.id")
    description: str
    sac: str
    quantity: int = 1
    price_paise: int = Field(sa_type=BigInteger)
    tax_basis_points: int = 0
    charged_at: datetime
    voided_at: datetime | None = None
