"""A tab without a browser: the very line on which Streamlit's page speaks with the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from mediklaud.ui.sign_in import COOKIE
from tests.browser import Server


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


class Line:
    """One tab's line; it lasts as long as the tab is open."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.page = self.session = ""
        self.typed: dict[str, str] = {}

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

    def type(self, field_id: str, words: str) -> Drawn:
        """Type into a field and leave it; the words stay there."""
        self.typed[field_id] = words
        return self._run(self._again())

    def _again(self, fragment_id: str = "") -> BackMsg:
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self.page
        asked.rerun_script.fragment_id = fragment_id
        for field_id, words in self.typed.items():
            kept = asked.rerun_script.widget_states.widgets.add()
            kept.id, kept.string_value = field_id, words
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
            elif kind == "script_finished":
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
