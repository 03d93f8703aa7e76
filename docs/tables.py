"""README's tables as the code has them; run this file to write them into README.

.venv/bin/python docs/tables.py
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
README = ROOT / "README.md"

# The rooms of the map, in the order of a walk through the house.
ROOMS = (
    ("mediklaud", "The rooms of the house"),
    ("mediklaud/models", "Tables"),
    ("mediklaud/guards", "Rules over several rows"),
    ("mediklaud/errors", "Refusals"),
    ("mediklaud/repository", "Verbs and rules"),
    ("mediklaud/reports", "Reports"),
    ("mediklaud/ui", "What pages share"),
    ("mediklaud/demo", "The demo hospital"),
    ("mediklaud/bench", "The benchmark"),
    ("mediklaud/migrations", "From release to release"),
    ("pages", "One page per role and task"),
    ("tests", "Tests"),
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows as a Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def commands() -> str:
    """Every command of the command line, with what it takes."""
    import typer

    from mediklaud.__main__ import app

    root = typer.main.get_command(app)
    rows = [(f"`python -m mediklaud {name}`", said) for name, said in _leaves(root, "")]
    return table(("Command", "What it does"), rows)


def _leaves(group: Any, before: str) -> Iterator[tuple[str, str]]:
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from _leaves(one, f"{before}{name} ")
        else:
            taken = " ".join(_taken(part) for part in one.params if part.name != "help")
            yield f"{before}{name} {taken}".strip(), one.help.splitlines()[0]


def _taken(part: Any) -> str:
    if part.param_type_name == "argument":
        return part.name.upper()
    said = part.opts[0] if part.is_flag else f"{part.opts[0]} {part.name.upper()}"
    return said if part.required else f"[{said}]"


def settings() -> str:
    """Every setting, with what it is when nothing is said."""
    from pydantic import SecretStr

    from mediklaud.config import Settings

    prefix = Settings.model_config["env_prefix"]
    rows = []
    for name, field in Settings.model_fields.items():
        given = field.default
        given = given.get_secret_value() if isinstance(given, SecretStr) else given
        given = f"{given.relative_to(ROOT)}/" if isinstance(given, Path) else given
        rows.append((f"`{prefix}{name.upper()}`", f"`{given}`" if given else "", field.description))
    return table(("Variable", "Without it", "What it is"), rows)


def permissions() -> str:
    """Who may do what, deed by deed, and of whose things where not of all."""
    from mediklaud.models import Role
    from mediklaud.permissions import TABLE

    rows = (
        (
            _sentence(deed.value),
            *("✓" if role in one.roles else "" for role in Role),
            _sentence(one.whose),
        )
        for deed, one in TABLE.items()
    )
    return table(("Deed", *_roles(), "Of whose"), rows)


def shown() -> str:
    """What of a patient each role's pages and files show."""
    from mediklaud.models import Role
    from mediklaud.permissions import SHOWN

    rows = (
        (_sentence(field), *("✓" if role in roles else "" for role in Role), _sentence(where))
        for field, (roles, where) in SHOWN.items()
    )
    return table(("Of a patient", *_roles(), "Where"), rows)


def _roles() -> list[str]:
    from mediklaud.models import Role

    return [role.value.replace("_", " ").capitalize().replace("Cmo", "CMO") for role in Role]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def house_map() -> str:
    """Every file of the program and its tests, each with its own first line."""
    parts = []
    for room, title in ROOMS:
        rows = ((f"`{path}`", said) for path, said in _files(room))
        parts.append(f"**{title}** (`{room}/`)\n\n{table(('File', 'What it is for'), rows)}")
    return "\n\n".join(parts)


def _files(room: str) -> Iterator[tuple[str, str]]:
    deep = "**/*.py" if room == "pages" else "*.py"
    for path in sorted((ROOT / room).glob(deep)):
        said = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]
        whole = path.name == "__init__.py"
        shown = f"{path.parent.relative_to(ROOT)}/" if whole else str(path.relative_to(ROOT))
        if said:
            yield shown, " ".join(said.split()).replace("|", r"\|")


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "permissions": permissions,
    "fields": shown,
    "map": house_map,
}


def place_of(name: str) -> re.Pattern[str]:
    """Where a table stands in README: between its two marks."""
    return re.compile(rf"(?<=<!-- {name} -->\n)(.*?)\n?(?=<!-- end of {name} -->)", re.DOTALL)


def written(readme: str, name: str) -> str:
    """A table as a README has it; empty where there is none."""
    found = place_of(name).search(readme)
    return found.group(1) if found else ""


def rewritten(readme: str) -> str:
    """README with every table as the code has it now."""
    for name, made in TABLES.items():
        table_now = f"{made()}\n"
        readme = place_of(name).sub(lambda _, now=table_now: now, readme)
    return readme


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
