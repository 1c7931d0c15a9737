"""Every setting, read once at the start; a wrong value stops it with its name."""

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from nurture.kernel.errors import Invalid
from nurture.kernel.networks import Network, read_networks

OF_TESTS = ("NURTURE_TEST_", "NURTURE_REQUIRE_", "NURTURE_BENCH_")
"""What tests and benchmarks are told by."""
DATABASES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")
QUEUES = ("redis", "rediss", "unix")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
"""A name, an IPv4 or, between brackets, an IPv6 address."""
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](-?[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+"
)
"""RFC 5321, 4.1.2: a dot-string and a domain; one without a dot reaches nobody else."""
FALLBACK_PORT = 8000
"""Where a proxy in front holds 80 or 443, we stand behind it."""


class Settings(BaseSettings):
    """What an installation is told from outside: `NURTURE_*`, `nurture.toml`, `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="NURTURE_",
        env_file=".env",
        toml_file="nurture.toml",
        frozen=True,
        extra="ignore",
    )

    home: Path = Path(".nurture")
    """Instance folder: database, spool, journals, link files, keys."""
    database_url: str = ""
    """Default: SQLite in the instance folder."""
    redis_url: str = ""
    """Default: the embedded Valkey."""
    smtp_url: str = ""
    """Default: the built-in mail sink of `nurture up`."""
    base_url: str = "http://127.0.0.1:8000"
    listen: str = "127.0.0.1"
    """The address that `nurture web` listens on; 0.0.0.0 lets other machines in."""
    port: int = Field(default=0, ge=0, le=65535)
    """The port that `nurture web` listens on; 0 takes it from the base URL."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count; default: none."""
    secret_key: SecretStr = SecretStr("")
    """What signs links and sessions: one key, or several as `2:key,1:key`, of which the first signs
    and all verify. Default: made on the first start and kept in the instance folder."""
    suppression_key: SecretStr = SecretStr("")
    """What hides the addresses that must not be mailed; it never changes. Default: the secret key,
    where there is one."""
    bounces: str = ""
    """Where mail servers return what they cannot deliver; default: the sender."""
    inbox_url: SecretStr = SecretStr("")
    """The mailbox that answers and bounces come to; default: none is read."""
    sender: str = "Nurture <nurture@localhost.example>"
    postal_address: str = ""
    clock: str = Field(default="real", pattern=r"^(real|stepped|fast:\d+(\.\d+)?)$")
    settle_seconds: float = Field(default=120, ge=0)
    """How long a click may still turn out to be a scanner's (machine time)."""
    settle_gateway_seconds: float = Field(default=300, ge=0)
    ship_seconds: float = Field(default=1.0, gt=0)
    """How often clicks are shipped from the spool to the database (machine time)."""
    form_min_seconds: float = Field(default=2, ge=0)
    """A form that comes back sooner was not filled in by a person (machine time)."""
    reading_seconds: float = Field(default=30, ge=0)
    """Whoever looks at a page of ours for so long reads it (machine time)."""
    smtp_connections: int = Field(default=4, ge=1, le=32)
    workers: int = Field(default=1, ge=1, le=64)
    """Worker processes that `nurture up` runs."""
    lease_seconds: float = Field(default=720, gt=0)
    """How long a sender on another host may be silent before its mail counts as in doubt."""
    seed: int = 0
    """Chance is a hash of it; one seed tells one story."""
    log_format: Literal["text", "json"] = "text"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _some_networks(cls, value: object) -> tuple[Network, ...]:
        words = value.replace(",", " ").split() if isinstance(value, str) else value
        if not isinstance(words, list | tuple):
            message = "write networks such as 10.0.0.0/24, with blanks between"
            raise ValueError(message)  # noqa: TRY004 - a setting's mistake is a ValueError
        return read_networks([str(word) for word in words])

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return _begun(
            value, DATABASES, "postgresql://user:password@host/name or sqlite:////folder/file.db"
        )

    @field_validator("redis_url")
    @classmethod
    def _known_queue(cls, value: str) -> str:
        return _begun(
            value, QUEUES, "redis://host:6379/0, rediss://... or unix:///folder/redis.sock"
        )

    @field_validator("base_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        return _host_alone(value.strip())

    @field_validator("sender")
    @classmethod
    def _one_address(cls, value: str) -> str:
        return _mailbox(value.strip())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over `.env`, and both over `nurture.toml`."""
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, toml, file_secret_settings

    @property
    def database(self) -> str:
        """The database to open, the embedded one unless another is named."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'nurture.db'}"

    @property
    def web_port(self) -> int:
        """The port to open: the one that is set, else the base URL's, else 8000."""
        return self.port or urlsplit(self.base_url).port or FALLBACK_PORT


def _host_alone(value: str) -> str:
    """Take scheme, host and port; links, cookies and redirects begin at the root of a host."""
    message = "give a whole address such as https://nurture.your-company.example"
    try:
        parts = urlsplit(value)
        usable = value.isprintable() and bool(_HOST.fullmatch(parts.hostname or ""))
        usable = usable and parts.port != 0
    except ValueError as error:
        raise ValueError(message) from error
    if not usable or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise ValueError(message)
    if parts.path.strip("/") or parts.query or parts.fragment:
        message = (
            f"write {parts.scheme}://{parts.netloc} without what follows; "
            "Nurture needs a host, or a port, of its own"
        )
        raise ValueError(message)
    return f"{parts.scheme}://{parts.netloc}"


def _mailbox(value: str) -> str:
    """Take one address with an optional display name (RFC 5322, 3.4: mailbox)."""
    found = getaddresses([value]) if value.isprintable() else []
    if len(found) == 1 and _ADDRESS.fullmatch(found[0][1]):
        return value
    message = (
        "give one address such as sales@your-company.example or "
        "Your Company <sales@your-company.example>, a name with a comma in quotes"
    )
    raise ValueError(message)


def _begun(value: str, schemes: Collection[str], right: str) -> str:
    """Take an address that begins with one of the schemes, or none at all."""
    if value and value.partition("://")[0] not in schemes:
        message = f"write {right}"
        raise ValueError(message)
    return value


_MEND = {
    "int_parsing": "write a whole number",
    "float_parsing": "write a number",
    "string_pattern_mismatch": "write real; stepped and fast:<seconds a day> are for the demo",
}
"""What to write instead, by the kind of mistake."""


def load_settings(**given: object) -> Settings:
    """Read the settings; every wrong one is named with its way to mend it."""
    try:
        return Settings(**given)  # type: ignore[arg-type] # pydantic checks what it is given
    except ValidationError as error:
        lines = [
            f"NURTURE_{'_'.join(str(part) for part in problem['loc']).upper()}: "
            + _MEND.get(problem["type"], problem["msg"])
            .removeprefix("Value error, ")
            .replace("Input should be", "give a value")
            for problem in error.errors()
        ]
        raise Invalid(f"These settings cannot be used. {'; '.join(lines)}.") from error


def unknown_settings(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Tell each name that looks like a setting and is none, with the nearest that is one."""
    names = {f"NURTURE_{name.upper()}" for name in Settings.model_fields}
    env_file, toml_file = Path(".env"), Path("nurture.toml")
    given = dict.fromkeys(environ, "")
    if env_file.is_file():
        given |= dict.fromkeys(dotenv_values(env_file), f" in {env_file}")
    found = {name: place for name, place in given.items() if name.upper().startswith("NURTURE_")}
    if toml_file.is_file():
        told = tomllib.loads(toml_file.read_text(encoding="utf-8"))
        found |= {f"NURTURE_{name.upper()}": f" ({name} in {toml_file})" for name in told}
    return [
        f"{name}{place} is no setting of Nurture and changes nothing."
        + "".join(f" Is {near} meant?" for near in get_close_matches(name.upper(), names, 1, 0.75))
        for name, place in sorted(found.items())
        if name.upper() not in names and not name.upper().startswith(OF_TESTS)
    ]
