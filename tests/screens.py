"""What a page sends to the browser, word for word, and which of it Markdown would interpret."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import text
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import local_script_runner

from mediklaud import database
from mediklaud.ui.plain import plain

WORD = "qzx"
# Wherever one of its marks is read as Markdown, the word beside it becomes something else.
MARKED = (
    f" so **{WORD}**[{WORD}](http://e.in):red[{WORD}]${WORD}$<b>{WORD}</b>"
    f":material/{WORD}:`{WORD}`:{WORD}: it is"
)
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_READ = re.compile(
    rf"[*\[<$`:]{WORD}|{WORD}[*\]<$`:]|\]\(|material/{WORD}:|http:|<b>", re.IGNORECASE
)
# What Streamlit's browser side shows as it is. All else it reads as Markdown, or no name is in it.
TEXT = {
    *("Text.body", "Code.code_text", "TextInput.default", "TextInput.value", "TextArea.default"),
    *("TextArea.value", "Selectbox.options", "Selectbox.raw_value", "MultiSelect.options"),
    *("MultiSelect.raw_values", "PageConfig.title"),
    # Our own components set every word as textContent: tests/test_browser.py and the week's.
    *("BidiComponent.json", "MixedData.json"),
    # Charts draw on a canvas: see tests/test_safe_text_outlets.py.
    "VegaLiteChart.spec",
}


def interpreted(words: str) -> bool:
    """Whether Markdown would make something else of a marked text in these words."""
    left = _ESCAPED.sub("", words)
    return WORD in left.lower() and _READ.search(left) is not None


BEGINS, ENDS = "qzb", "qze"
_BETWEEN = re.compile(rf"{BEGINS}(.*?){ENDS}", re.DOTALL)


def altered(words: str, typed: str) -> bool:
    """Whether what stands between the two marks is not the typed words, escaped whole."""
    escaped = "".join(plain(typed).split())
    return any("".join(one.split()) != escaped for one in _BETWEEN.findall(words))


def leaves(message: Message) -> Iterator[tuple[str, Any]]:
    """Every text and every run of bytes in a message, by the kind of element and its field."""
    kind = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        name = f"{kind}.{field.name}"
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from leaves(one)
            elif isinstance(one, str | bytes):
                yield name, one
        if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
            for each in value.values():
                if isinstance(each, Message):
                    yield from leaves(each)


def cells(table: Message) -> Iterator[str]:
    """The words of st.table, its headers and its index: all of them are Markdown."""
    frame = convert_arrow_bytes_to_pandas_df(table.arrow_data.data)
    yield from map(str, [*frame.columns, *frame.index])
    yield from map(str, frame.to_numpy().ravel())


def headers(frame: Message) -> Iterator[str]:
    """The heads of st.dataframe's columns; its cells are text."""
    yield from map(str, convert_arrow_bytes_to_pandas_df(frame.arrow_data.data).columns)


def shown(message: Message) -> Iterator[tuple[str, str]]:
    """Every text that a message brings to the screen."""
    for name, words in leaves(message):
        if isinstance(words, str):
            yield name, words
    if message.HasField("delta") and message.delta.WhichOneof("type") == "new_element":
        element = message.delta.new_element
        if element.WhichOneof("type") == "table":
            yield from (("Table.cell", words) for words in cells(element.table))


class Screen:
    """What the last run of a page sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def texts(self) -> list[tuple[str, str]]:
        """Every text of it, by the kind of element and its field."""
        return [one for message in self.messages for one in shown(message)]

    def faults(self) -> list[str]:
        """Marked words that Markdown would interpret, and what no clerk should ever read."""
        found = [
            f"{name}: {words[:300]}"
            for name, words in self.texts()
            if name not in TEXT and interpreted(words)
        ]
        wrong = [
            f"{name}: {words[:200]}"
            for name, words in self.texts()
            if "Something went wrong" in words or name.startswith("Exception.")
        ]
        return found + wrong

    def marked(self) -> set[str]:
        """The kinds of element and field in which a marked text is shown at all."""
        return {name for name, words in self.texts() if WORD in words.lower()}


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Keep whatever AppTest's next runs send."""
    screen = Screen()
    parse = local_script_runner.parse_tree_from_messages

    def keep(messages: list[Message]) -> Any:
        screen.messages = list(messages)
        return parse(messages)

    patch.setattr(local_script_runner, "parse_tree_from_messages", keep)
    yield screen


def mark(columns: dict[str, list[str]], words: str = MARKED) -> None:
    """Put words behind whatever these columns of SQLite hold, past every guard."""
    with database.engine().begin() as connection:
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in rows.scalars().all():
            if not name.startswith("patient_search"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        for table, names in columns.items():
            changed = ", ".join(f"{name} = {name} || :marked" for name in names)
            connection.execute(text(f"UPDATE {table} SET {changed}"), {"marked": words})


def unmark(columns: dict[str, list[str]], begins: str) -> None:
    """Take away again what was put behind them."""
    with database.engine().begin() as connection:
        connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        for table, names in columns.items():
            for name in names:
                cut = f"substr({name}, 1, instr({name}, :begins) - 2)"
                where = f"WHERE instr({name}, :begins) > 0"
                statement = f"UPDATE {table} SET {name} = {cut} {where}"
                connection.execute(text(statement), {"begins": begins})


assert interpreted(MARKED)
assert not interpreted(plain(MARKED))
