"""The house itself: its database, its folder, a safe start."""

from mediklaud.errors.refusal import Refusal


class TwoDesksMet(Refusal):
    """Another desk was writing at the same moment. Nothing was saved; please try once more."""


class StorageFull(Refusal):
    """The disk of the server is full. Nothing was saved; call the administrator."""


class DatabaseNotReached(Refusal):
    """The database cannot be reached. Nothing was saved; call the administrator if this stays."""


class DatabaseIsNewer(Refusal):
    """This database was written by a newer MediKlaud ({revision}). Install that release, or restore a backup."""


class DatabaseNotPrepared(Refusal):
    """The database is not at this release's tables (found {found}, wanted {wanted}). Run "python -m mediklaud init" first."""


class DatabaseNotUnderstood(Refusal):
    """MEDIKLAUD_DATABASE_URL cannot be read. Write postgresql://user:password@host/name, or leave it empty for SQLite."""


class DataFolderNotUsable(Refusal):
    """{path} cannot be read or written. Give this user the right to, or choose another folder with MEDIKLAUD_DATA_DIR."""


class SettingNotUsable(Refusal):
    """The setting {name} cannot be used: {why}. Correct it and start again."""


class NotSetUp(Refusal):
    """The hospital is not set up yet. Open its page in a browser first, with the code that "python -m mediklaud init" prints."""


class NotEmpty(Refusal):
    """The database already holds a hospital. The demo loads only into an empty one."""


class BenchNeedsEmptyDatabase(Refusal):
    """The benchmark fills a database with rows no hospital can use, so it needs an empty one. Create another and give its --url."""


class NoPostgreSQL(Refusal):
    """There is no PostgreSQL to measure. Give the --url of an empty database, or install requirements-dev.txt, which brings a server."""


class DemoDayNotPossible(Refusal):
    """The demo's present day cannot be {day:%d %B %Y}, which is still to come. Choose today or an earlier day."""


class KeyMissing(Refusal):
    """{path} is missing, and the database already holds rows that were sealed with it. Bring it back from a backup or from another server of this hospital; a new key would break the audit log."""


class KeyDamaged(Refusal):
    """{path} is no key: {why}. Bring it back from a backup or from another server of this hospital."""


class KeyOpenToOthers(Refusal):
    """{path} can be read or changed by other users of this machine. Run "chmod 600 {path}" and start again."""


class KeyOfAnotherHouse(Refusal):
    """{path} is not the key that this database's audit log was sealed with. Bring that one back from a backup or from another server of this hospital."""


class SwitchNotSafe(Refusal):
    """Streamlit's switch {switch} is {found}: {danger}. Set it to {wanted} in .streamlit/config.toml, and take {variable} out of the environment and --{switch} out of the command."""


class SingleSignOnNotSafe(Refusal):
    """Single sign-on is not set up safely: {why}. Correct [auth] in .streamlit/secrets.toml, or take it out, and start again."""
