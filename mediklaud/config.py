"""What the hospital's machine is told: MEDIKLAUD_* variables or .streamlit/secrets.toml."""

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

ROOT = Path(__file__).resolve().parent.parent


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


@cache
def key() -> bytes:
    """The installation's own 32 random bytes, made on first use, never a default.

    They sign the sign-in cookie and chain the audit log, so they lie outside the database.
    Two servers that start together agree: the file is linked into place, once.
    """
    path = settings().data_dir / "mediklaud.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text().strip())
