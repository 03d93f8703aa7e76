"""Tables on paper: columns as wide as their figures need, rows over as many sheets as it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mediklaud import lettering
from mediklaud.sheet import BAND, BOTTOM, HAIRLINE, LABEL, LEFT, RIGHT, STRONG, TEXT, Page, Pen

PADDING = 1.9  # above and below the words of a row
INSET = 2.0  # left and right of the words of a cell
HAIR = 0.1  # so that no rounding parts figures that fit
# Long sums in many columns are set smaller before their figures are parted over two lines.
SMALLEST = 6.5

Cell = str | tuple[str, Pen]
Row = tuple[Cell, ...]
Closing = Callable[[Page, float], float]


@dataclass(frozen=True)
class Column:
    """One column: its heading, its least width, and whether figures line up at its right.

    Figures get the room they need; the column that `grows` takes what the others leave.
    """

    heading: str
    wide: float = 0.0
    right: bool = False
    grows: bool = False


@dataclass(frozen=True)
class Table:
    """Columns, rows, and perhaps what the table is called."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ""


@dataclass
class Sheets:
    """The sheets of a paper as they fill; `head` heads a later one and says where it ends."""

    head: Callable[[Page], float]
    y: float
    pages: list[Page] = field(default_factory=lambda: [Page()])

    @property
    def page(self) -> Page:
        """The sheet that is being filled."""
        return self.pages[-1]

    def turn(self) -> None:
        """Begin another sheet."""
        self.pages.append(Page())
        self.y = self.head(self.page)

    def add_table(self, table: Table, closing: Closing) -> None:
        """The rows; the last one stays with what closes the table below it.

        The headings are said again on every sheet, and never stand without a row.
        """
        columns, pen = _fitted(table)
        heights = [_row(Page(), 0, columns, row, pen) for row in table.rows]
        heights[-1] += closing(Page(), 0)
        top = _headings(Page(), 0, columns, table.title)
        if self.y + top + heights[0] > BOTTOM:
            self.turn()
        self.y = _headings(self.page, self.y, columns, table.title)
        for row, tall in zip(table.rows, heights, strict=True):
            if self.y + tall > BOTTOM:
                self.turn()
                self.y = _headings(self.page, self.y, columns)
            self.y = _row(self.page, self.y, columns, row, pen)
        self.y = closing(self.page, self.y)


def _fitted(table: Table) -> tuple[Sequence[Column], Pen]:
    """The columns as wide as they need, and the pen with which they all fit."""
    pen = TEXT
    while True:
        columns = _measured(table, pen)
        room = RIGHT - LEFT - sum(column.wide for column in columns if not column.grows)
        least = next(column.wide for column in columns if column.grows)
        if room >= least or pen.size <= SMALLEST:
            break
        pen = replace(pen, size=pen.size - 0.5)
    grown = max(room, least / 2)
    return [replace(one, wide=grown) if one.grows else one for one in columns], pen


def _measured(table: Table, pen: Pen) -> list[Column]:
    """The columns of figures, each wide enough for its longest."""
    return [
        replace(column, wide=max(column.wide, _widest(table, place, pen)))
        if column.right
        else column
        for place, column in enumerate(table.columns)
    ]


def _widest(table: Table, place: int, pen: Pen) -> float:
    """How wide the heading of a column or its longest figures are, with the room beside them."""
    texts = {_text(row[place]) for row in table.rows}
    heading = lettering.width(table.columns[place].heading, LABEL.size, LABEL.bold)
    figures = (lettering.width(text, pen.size, bold=True) for text in texts)
    return max(heading, *figures) + 2 * INSET + HAIR


def _headings(page: Page, y: float, columns: Sequence[Column], title: str = "") -> float:
    """The first row of a table on a sheet, below its title where it has one."""
    if title:
        y = page.write(LEFT, y + 1, title, STRONG, room=RIGHT - LEFT) + 1.5
    row = tuple(column.heading for column in columns)
    tall = _cells(Page(), 0, columns, row, LABEL)
    page.bar(LEFT, y, RIGHT - LEFT, tall, BAND)
    return _cells(page, y, columns, row, LABEL)


def _row(page: Page, y: float, columns: Sequence[Column], row: Row, pen: Pen) -> float:
    """One row, as tall as its tallest cell, with a hairline below."""
    y = _cells(page, y, columns, row, pen)
    page.rule(y, HAIRLINE)
    return y


def _cells(page: Page, y: float, columns: Sequence[Column], row: Row, pen: Pen) -> float:
    """The words of a row; says where the row ends."""
    x, ends = LEFT, [y]
    for column, cell in zip(columns, row, strict=True):
        room = column.wide - 2 * INSET
        own = replace(cell[1], size=pen.size) if isinstance(cell, tuple) else pen
        text = _unparted(_text(cell), own, room)
        end = page.write(
            x + INSET, y + PADDING, text, own, room=room, right=column.right, at_most=12
        )
        ends.append(end + PADDING)
        x += column.wide
    return max(ends)


def _text(cell: Cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell


def _unparted(text: str, pen: Pen, room: float) -> str:
    """What stands in brackets at the end, such as a day, goes down whole where a line is short."""
    lines = text.split("\n")
    return "\n".join(
        line
        if lettering.width(lettering.clean(line), pen.size, pen.bold) <= room
        else "\n(".join(line.rsplit(" (", 1))
        for line in lines
    )
