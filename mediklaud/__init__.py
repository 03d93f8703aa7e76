"""MediKlaud: a hospital's front desk, consulting rooms and till."""
