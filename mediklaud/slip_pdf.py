"""The slip with an appointment, for whoever gets no letter: in the patient's language, as PDF."""

from functools import partial

from mediklaud.columns import Column, Table
from mediklaud.letterhead import Block, Paper, print_paper
from mediklaud.papers import Slip
from mediklaud.sheet import LABEL, LEFT, NAME, RIGHT, TEXT, Page


def slip_pdf(slip: Slip) -> bytes:
    """One appointment on paper, with what to bring and how to change it."""
    paper = Paper(
        slip.hospital, slip.title, slip.patient_number, slip.printed_at_words, False, slip.foot
    )
    return print_paper(
        paper, slip.printed_on, _sides(slip), [_table(slip)], partial(_closing, slip)
    )


def _sides(slip: Slip) -> tuple[Block, Block]:
    return (
        [(slip.patient_name, NAME), (slip.patient_number, TEXT)],
        [(slip.doctor_name, NAME), (slip.specialty, TEXT)],
    )


def _table(slip: Slip) -> Table:
    columns = [Column(slip.when_label, 92), Column(slip.where_label, grows=True)]
    return Table(columns, [(slip.when, slip.where)])


def _closing(slip: Slip, page: Page, y: float) -> float:
    y += 5
    for words in slip.words:
        y = page.write(LEFT, y, words, TEXT, room=RIGHT - LEFT) + 1.5
    return page.write(LEFT, y, slip.zone, LABEL, room=RIGHT - LEFT)
