"""The ages by which bills are told apart, in the reports' words and in the ledger's queries."""

AGES = ("0–30 days", "31–60 days", "61–90 days", "over 90 days")
# The oldest day of each age; the last has none. For a query that sums by age: a bill of
# AGE_ENDS[0] days or fewer is of the first age, a bill issued tomorrow too.
AGE_ENDS = (30, 60, 90)
# What is owed on bills of each age.
AGES_PAISE = (*(f"up_to_{end}_paise" for end in AGE_ENDS), f"over_{AGE_ENDS[-1]}_paise")
