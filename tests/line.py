"""A tab without a browser: the very line on which Streamlit's page speaks with the server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from mediklaud.ui.sign_in import COOKIE
from tests.browser import Server

# A word that was typed, a line of a list, rows of a table; or the words of a row of buttons.
Typed = str | list[str]
# A run that was cut off, since another one begins at once.
_FOR_RERUN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
_ROLES = {"finance": "ishaan", "front_desk": "meera", "doctor": "rao", "cmo": "khan"}
# How many rows, tasks and lines of a page are tried.
_CHOICES = 5


@dataclass(frozen=True)
class Button:
    """A button as it was drawn: its id, its words, and the fragment it lies in."""

    id: str
    label: str
    fragment_id: str = ""


@dataclass
class Drawn:
    """What the server sent for one run."""

    said: str = ""
    page: str = ""
    buttons: list[Button] = field(default_factory=list)
    # Downloads that are made when they are asked for.
    downloads: list[str] = field(default_factory=list)
    # Fields and lists that take words: id by label.
    fields: dict[str, str] = field(default_factory=dict)
    # What may be chosen besides, by id: tables with their last row, tasks with their last word,
    # lists where nothing is chosen with their first.
    choices: dict[str, Typed] = field(default_factory=dict)

    @property
    def presses(self) -> int:
        """How much there is to press."""
        return len(self.buttons) + len(self.downloads)


class Line:
    """One tab's line; it lasts as long as the tab is open."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.page = self.session = ""
        self.typed: dict[str, Typed | None] = {}

    def open(self, url: str) -> Drawn:
        """Open a page by its name in the URL."""
        asked = BackMsg()
        asked.rerun_script.page_name = url
        asked.rerun_script.context_info.timezone = "Asia/Kolkata"
        drawn = self._run(asked)
        self.page = drawn.page
        return drawn

    def press(self, button: Button) -> Drawn:
        """Press a button, which runs its callback, and its fragment alone where it has one."""
        asked = self._again(button.fragment_id)
        pressed = asked.rerun_script.widget_states.widgets.add()
        pressed.id, pressed.trigger_value = button.id, True
        return self._run(asked)

    def type(self, field_id: str, words: Typed) -> Drawn:
        """Type into a field and leave it, or choose; it stays so."""
        self.typed[field_id] = words
        return self._run(self._again())

    def untype(self, field_id: str) -> Drawn:
        """Take back what was typed or chosen: as it was at first."""
        self.typed[field_id] = None
        return self._run(self._again())

    def _again(self, fragment_id: str = "") -> BackMsg:
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self.page
        asked.rerun_script.fragment_id = fragment_id
        for field_id, words in self.typed.items():
            kept = asked.rerun_script.widget_states.widgets.add()
            kept.id = field_id
            if isinstance(words, str):
                kept.string_value = words
            elif words is not None:
                kept.string_array_value.data.extend(words)
        return asked

    def fetch(self, download: str) -> str:
        """Ask for a download that is made on the click; its address, or empty where refused."""
        asked = BackMsg()
        asked.backend_operation_request.request_id = download
        asked.backend_operation_request.session_id = self.session
        asked.backend_operation_request.deferred_file.file_id = download
        self.line.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self.line.recv(timeout=60))
            if message.WhichOneof("type") == "backend_operation_response":
                return str(message.backend_operation_response.deferred_file.url)

    def _run(self, asked: BackMsg) -> Drawn:
        self.line.send(asked.SerializeToString())
        drawn, said = Drawn(), []
        while True:
            message = ForwardMsg.FromString(self.line.recv(timeout=60))
            kind = message.WhichOneof("type")
            said.append(str(message))
            if kind == "new_session":
                drawn.page = message.new_session.page_script_hash or drawn.page
                self.session = message.new_session.initialize.session_id or self.session
            elif kind == "navigation":
                drawn.page = message.navigation.page_script_hash
            elif kind == "delta":
                _note(drawn, message)
            elif kind == "script_finished" and message.script_finished != _FOR_RERUN:
                drawn.said = "\n".join(said)
                return drawn


def _note(drawn: Drawn, message: ForwardMsg) -> None:
    element, fragment = message.delta.new_element, message.delta.fragment_id
    if element.WhichOneof("type") == "button" and not element.button.disabled:
        drawn.buttons.append(Button(element.button.id, element.button.label, fragment))
    elif element.WhichOneof("type") == "text_input":
        drawn.fields[element.text_input.label] = element.text_input.id
    elif element.WhichOneof("type") == "selectbox":
        drawn.fields[element.selectbox.label] = element.selectbox.id
        if not element.selectbox.HasField("default") and element.selectbox.options:
            drawn.choices[element.selectbox.id] = element.selectbox.options[0]
    elif element.WhichOneof("type") == "button_group" and element.button_group.options:
        drawn.choices[element.button_group.id] = [element.button_group.options[-1].content]
    elif element.WhichOneof("type") == "dataframe" and element.dataframe.selection_mode:
        rows = pa.ipc.open_stream(element.dataframe.arrow_data.data).read_all().num_rows
        last = {"selection": {"rows": [rows - 1]}}
        drawn.choices[element.dataframe.id] = json.dumps(last)
    elif element.WhichOneof("type") == "download_button" and not element.download_button.disabled:
        drawn.downloads.append(element.download_button.deferred_file_id)


@contextmanager
def line_to(server: Server, cookie: str = "") -> Iterator[Line]:
    """A tab whose browser carries this cookie."""
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    with connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        subprotocols=["streamlit"],
        additional_headers=headers,
        max_size=None,
        # A tab that closes while much is still being sent would wait for its own queue.
        max_queue=None,
    ) as line:
        yield Line(line)


def whose(page: str) -> str:
    """Whose page it is."""
    if page == "finance/shares":
        return "khan"
    return _ROLES.get(page.split("/")[0], "tara")


def with_a_patient(line: Line, drawn: Drawn) -> Drawn:
    """The page with Asha found and taken, and free times shown, where it begins with a search."""
    search = drawn.fields.get("Find a patient")
    if search is None:
        return drawn
    found = line.type(search, "Asha")
    hers = [one for one in found.buttons if "JMI" in one.label]
    drawn = line.press(hers[0]) if hers else found
    times = drawn.fields.get("Doctor or specialty")
    return line.type(times, "Any doctor") if times else drawn


def with_choices(line: Line, drawn: Drawn) -> Drawn:
    """The page with rows, tasks and lines chosen, where that leaves more to press and not less."""
    drawn, tried = with_a_patient(line, drawn), set(line.typed)
    for _ in range(_CHOICES):
        asked = [one for one in drawn.choices.items() if one[0] not in tried]
        if not asked:
            break
        field_id, choice = min(asked, key=_place)
        tried.add(field_id)
        then = line.type(field_id, choice)
        drawn = line.untype(field_id) if then.presses < drawn.presses else then
    return drawn


def _place(choice: tuple[str, Typed]) -> int:
    # A row first, then a task: a list beside a table may be what narrows it to nothing.
    return 0 if "selection" in choice[1] else 1 if isinstance(choice[1], list) else 2
