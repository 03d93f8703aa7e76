"""What the hospital's machine is told: MEDIKLAUD_* variables or .streamlit/secrets.toml."""

import hmac
import os
import secrets
from functools import cache, cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from mediklaud.errors import KeyDamaged, KeyMissing

ROOT = Path(__file__).resolve().parent.parent
_KEY_BYTES = 32


class Settings(BaseSettings):
    """Every setting of the installation. What the hospital itself decides is in its table."""

    model_config = SettingsConfigDict(
        env_prefix="MEDIKLAUD_",
        toml_file=ROOT / ".streamlit" / "secrets.toml",
        toml_table_header=("mediklaud",),
        extra="ignore",
    )

    data_dir: Path = Field(ROOT / "data", description="where the database, letters and key lie")
    database_url: str = Field("", description="empty: SQLite in the data folder; or postgresql://…")
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp://user:password@host:587, or smtps://…; empty: .eml files"
    )
    mail_from: str = Field("", description="sender of letters; empty: the hospital's own address")
    mailroom: bool = Field(
        True, description="false: letters are sent by `python -m mediklaud mailroom` alone"
    )
    host: str = Field("127.0.0.1", description="address to serve on; 0.0.0.0 for the whole network")
    port: int = Field(8501, description="port to serve on")
    oidc_issuer: str = Field(
        "", description="issuer of the hospital's single sign-on; empty: none is offered"
    )
    oidc_name: str = Field("single sign-on", description="what the button of it names")
    password_sign_in: bool = Field(True, description="false: only single sign-on lets anybody in")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A variable of the environment wins over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @cached_property
    def database(self) -> str:
        """The database's URL in SQLAlchemy's words."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'mediklaud.db'}"
        scheme, _, rest = self.database_url.partition(":")
        return f"postgresql+psycopg:{rest}" if scheme.startswith("postgres") else self.database_url

    @property
    def letters_dir(self) -> Path:
        """Where letters are kept as files while no mail server is set."""
        return self.data_dir / "letters"


@cache
def settings() -> Settings:
    """The settings, read once."""
    return Settings()


def key_path() -> Path:
    """Where the installation's key lies."""
    return settings().data_dir / "mediklaud.key"


@cache
def key() -> bytes:
    """The installation's own 32 random bytes or more; refuses a missing or damaged key.

    They sign the sign-in cookie and chain the audit log, so they lie outside the database,
    and are never made anew for one that holds rows.
    """
    path = key_path()
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError as error:
        raise KeyMissing(path=path) from error
    except ValueError as error:
        raise KeyDamaged(path=path, why="it holds other signs than hexadecimal ones") from error
    if len(found) < _KEY_BYTES:
        raise KeyDamaged(path=path, why=f"it has {len(found)} bytes of {_KEY_BYTES}")
    # Of 32 random bytes about 30 differ; under half of them never happens by chance.
    if len(set(found)) < _KEY_BYTES // 2:
        raise KeyDamaged(path=path, why="its bytes are not random")
    return found


def keyed(words: str) -> bytes:
    """The HMAC-SHA256 of words under the key, 32 bytes: a copy of the database cannot guess it."""
    return hmac.digest(key(), words.encode(errors="replace"), "sha256")


def make_key() -> None:
    """Make the key of a database that holds nothing yet; one that is there stays.

    Two servers that start together agree: the file is linked into place, once.
    """
    path = key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(_KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
