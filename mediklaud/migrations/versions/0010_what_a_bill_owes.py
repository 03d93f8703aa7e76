"""What is owed on a bill stands on it, so that the open bills are summed by one index."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from mediklaud.migrations.reshaping import reshape

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OWED = """total_paise
    - coalesce((SELECT sum(c.total_paise) FROM credit_note c
                WHERE c.invoice_number = invoice.number AND c.cancelled_at IS NULL), 0)
    - coalesce((SELECT sum(a.amount_paise) FROM allocation a
                WHERE a.invoice_number = invoice.number), 0)"""


def upgrade() -> None:
    reshape(
        "invoice",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "bill_of_supply",
                "tax_invoice",
                name="bill_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_specialty", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_registration", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subtotal_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("owed_paise", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'tax_invoice' OR hospital_gstin IS NOT NULL", name="a_tax_invoice_has_a_gstin"
        ),
        sa.CheckConstraint(
            "tax_paise = 0 OR kind = 'tax_invoice'", name="tax_stands_on_a_tax_invoice"
        ),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="bill_serial_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(subtotal_paise AS BIGINT) = subtotal_paise AND subtotal_paise >= 0",
            name="bill_subtotal_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(tax_paise AS BIGINT) = tax_paise AND tax_paise >= 0",
            name="bill_tax_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(total_paise AS BIGINT) = total_paise AND total_paise >= 1",
            name="bill_total_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(owed_paise AS BIGINT) = owed_paise AND owed_paise >= 0",
            name="bill_owed_is_whole_paise",
        ),
        sa.CheckConstraint("owed_paise <= total_paise", name="bill_owes_its_total_at_most"),
        sa.CheckConstraint(
            "(owed_paise = 0) = (settled_at IS NOT NULL)", name="a_settled_bill_owes_nothing"
        ),
        sa.CheckConstraint("length(number) <= 16", name="bill_number_has_16_characters_at_most"),
        sa.CheckConstraint("number = upper(number)", name="bill_number_is_in_capitals"),
        sa.CheckConstraint(
            "total_paise = subtotal_paise + tax_paise", name="bill_total_is_subtotal_and_tax"
        ),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_invoice_doctor_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_invoice_issued_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_invoice_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_invoice_payer_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoice")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_bill"),
        sa.UniqueConstraint("series", "serial", name="one_bill_per_serial"),
        fill={"owed_paise": _OWED},
    )
    # PostgreSQL keeps the table, and its indexes with it.
    op.execute("DROP INDEX IF EXISTS open_bills_of_a_payer")
    op.create_index("bills_by_day", "invoice", ["issued_on"], if_not_exists=True)
    op.create_index(
        "bills_of_a_patient",
        "invoice",
        ["patient_id", "issued_on"],
        if_not_exists=True,
    )
    op.create_index("bills_of_a_payer", "invoice", ["payer_id", "issued_on"], if_not_exists=True)
    op.create_index(
        "open_bills_of_a_payer",
        "invoice",
        [
            *("payer_id", "issued_on", "number", "owed_paise", "settled_at"),
            *("doctor_id", "doctor_name", "doctor_specialty"),
        ],
        if_not_exists=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index("payments_by_day", "payment", ["received_on"])
    op.create_index(
        "cancelled_credits_by_day",
        "credit_note",
        ["cancelled_on"],
        sqlite_where=sa.text("cancelled_on IS NOT NULL"),
        postgresql_where=sa.text("cancelled_on IS NOT NULL"),
    )
