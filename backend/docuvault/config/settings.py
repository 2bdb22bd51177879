"""The settings tree: inert data, one nested group per room, every field documented.

A setting is given as `DOCUVAULT_<GROUP>__<FIELD>`; `config.loader` knows the older names too.
"""

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from docuvault.config.group import Group
from docuvault.config.operations import FallbackSettings, HealthSettings, MetricsSettings

MIB = 1024 * 1024


class ServerSettings(Group):
    """The HTTP door."""

    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the server listens on.")
    web_dir: Path | None = Field(
        None, description="Folder with the built web UI; found beside the sources when not set."
    )
    shutdown_seconds: int = Field(
        15, ge=1, description="How long requests may finish after a stop was asked for."
    )
    trusted_hosts: list[str] = Field(
        [],
        description="Host names that requests may carry, a JSON list; loopback names when empty and"
        " the server listens on loopback, else any.",
    )


class DatabaseSettings(Group):
    """The relational database."""

    url: SecretStr | None = Field(
        None,
        description="SQLAlchemy address used by API and workers (rows only);"
        " SQLite in the data folder when not set.",
    )
    migrate_url: SecretStr | None = Field(
        None,
        description="Address of the role that may change tables, for migrations; `url` if not set.",
    )
    pool_size: int = Field(10, ge=1, description="Connections kept open per process.")
    max_overflow: int = Field(5, ge=0, description="Further connections under load.")
    pool_timeout: float = Field(2.0, gt=0, description="Seconds to wait for a free connection.")
    connect_timeout: int = Field(5, ge=1, description="Seconds to wait for a new connection.")
    statement_timeout: int = Field(15, ge=1, description="Seconds that one statement may take.")


class StorageSettings(Group):
    """Object storage: where the bytes of the originals live."""

    driver: Literal["filesystem", "minio"] = Field(
        "filesystem", description="`filesystem` (below the data folder) or `minio` (any S3 server)."
    )
    minio_endpoint: str = Field(
        "127.0.0.1:9000", description="Host and port of the S3 server as API and workers reach it."
    )
    minio_public_endpoint: str | None = Field(
        None,
        description="Host and port of the S3 server as browsers reach it, for signed links;"
        " may name `https://`.",
    )
    minio_access_key: str = Field("docuvault_app", description="Access key of the S3 user.")
    minio_secret_key: SecretStr = Field(
        SecretStr("changeme"), description="Secret key of the S3 user."
    )
    minio_bucket: str = Field("docuvault", description="Bucket that holds the originals.")
    minio_region: str = Field("us-east-1", description="Region named in signatures.")
    minio_secure: bool = Field(False, description="Speak TLS to the S3 server.")
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to wait for a connection.")
    read_timeout: float = Field(30.0, gt=0, description="Seconds to wait for the next bytes.")
    concurrency: int = Field(16, ge=1, description="Requests to the S3 server at the same time.")
    reserve_bytes: int = Field(
        512 * MIB, ge=0, description="Uploads stop while less than this is free on the data disk."
    )


class RedisSettings(Group):
    """Redis: broker of the workers and carrier of live events."""

    url: SecretStr | None = Field(
        None,
        description="Address of Redis with its password (`redis://`, `rediss://`, or"
        " `redis+sentinel://host:port,host:port/service/number`); in-process parts when not set.",
    )
    cache_url: SecretStr | None = Field(
        None, description="Address of another Redis for cached AI answers; `url` when not set."
    )
    ca_file: Path | None = Field(
        None, description="Certificates that a TLS connection to Redis must come from."
    )
    allow_fake: bool = Field(
        False,
        description="Let an in-memory fake stand in for a Redis that does not answer; for"
        " development and tests, refused in production.",
    )
    retry_seconds: float = Field(
        5.0, gt=0, description="How long a Redis that did not answer is not waited for again."
    )
    socket_timeout: float = Field(3.0, gt=0, description="Seconds to wait for an answer.")
    connect_timeout: float = Field(2.0, gt=0, description="Seconds to wait for a connection.")
    max_connections: int = Field(50, ge=1, description="Connections per process at the most.")
    health_check_interval: int = Field(
        30, ge=0, description="Seconds after which an idle connection is tried before use."
    )


class QdrantSettings(Group):
    """Qdrant: vectors for meaning and for words."""

    url: str | None = Field(
        None, description="Address of the Qdrant server; the embedded engine when not set."
    )
    api_key: SecretStr | None = Field(None, description="API key of the Qdrant server.")
    timeout: int = Field(5, ge=1, description="Seconds to wait for an answer.")
    retry_seconds: float = Field(
        5.0, gt=0, description="How long a server that did not answer is not waited for again."
    )
    collection: str = Field(
        "chunks", min_length=1, description="Prefix of the collection; the model's name follows."
    )
    optimize_above: int = Field(
        20_000, ge=0, description="Embedded only: build the graph index above this many chunks."
    )


class QueueSettings(Group):
    """Processing after upload: who does it and how it recovers."""

    driver: Literal["local", "celery"] = Field(
        "local", description="`local` (in this process) or `celery` (workers on Redis)."
    )
    concurrency: int = Field(
        2, ge=1, le=64, description="Documents processed at the same time per process."
    )
    lease_seconds: float = Field(
        120, gt=0, description="How long a stage belongs to a worker that does not report."
    )
    heartbeat_seconds: float = Field(30, gt=0, description="How often a worker renews its lease.")
    sweep_seconds: float = Field(
        15, gt=0, description="How often work that was not delivered is sent again."
    )
    index_check_seconds: float = Field(
        300, gt=0, description="How often the vector index is compared with the rows."
    )
    stage_seconds: float = Field(
        600, gt=0, description="How long one stage of one document may take in all."
    )
    max_attempts: int = Field(
        5, ge=1, description="Tries of a stage that fails in a way nobody foresaw."
    )
    max_crashes: int = Field(2, ge=1, description="Tries of a stage whose worker dies.")
    backoff_seconds: float = Field(
        15, gt=0, description="Wait before the second try; four times longer for each further one."
    )
    publish_timeout: float = Field(
        0.25, gt=0, description="Seconds a request waits for the broker before it goes on without."
    )
    standin_seconds: float = Field(
        10, gt=0, description="With the broker away so long, a worker takes work from the rows."
    )
    visibility_timeout: int = Field(
        7200, ge=60, description="Seconds after which Redis delivers an unconfirmed task again."
    )


class UploadSettings(Group):
    """What may be uploaded."""

    max_bytes: int = Field(200 * MIB, ge=1, description="Largest file accepted.")
    idle_seconds: float = Field(
        60, gt=0, description="An upload that sends nothing for so long is given up."
    )
    max_parts: int = Field(20, ge=1, description="Form fields and files in one upload request.")
    intent_hours: float = Field(
        24, gt=0, description="Bytes of an upload that never finished are removed after this."
    )


class ExtractionSettings(Group):
    """Limits of the child process that reads untrusted files."""

    wall_seconds: float = Field(120, gt=0, description="Time one file may take.")
    cpu_seconds: int = Field(60, ge=1, description="Processor time one file may take.")
    memory_bytes: int = Field(1024 * MIB, ge=64 * MIB, description="Address space of the child.")
    max_pages: int = Field(5000, ge=1, description="Pages read of one file; the rest is left out.")
    max_characters: int = Field(
        10_000_000, ge=1000, description="Characters kept of one file; the rest is left out."
    )
    max_unpacked_bytes: int = Field(
        1024 * MIB, ge=MIB, description="What an archive-based file may unpack to."
    )


class AISettings(Group):
    """Embeddings and classification."""

    model_dir: Path | None = Field(
        None,
        description="Folder of the prepared local model; `models` in the data folder if unset.",
    )
    threads: int = Field(1, ge=1, description="Processor threads of the local model per call.")
    provider: Literal["local", "anthropic", "openai", "ollama"] = Field(
        "local", description="Who proposes topics; everything but `local` sends text elsewhere."
    )
    model: str = Field("", description="Model name at the provider; required unless `local`.")
    anthropic_api_key: SecretStr | None = Field(None, description="Key for Anthropic.")
    openai_api_key: SecretStr | None = Field(
        None, description="Key for OpenAI or a compatible server; LM Studio needs none."
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        description="Address of the OpenAI-compatible server, for instance LM Studio's.",
    )
    ollama_base_url: str = Field("http://127.0.0.1:11434", description="Address of Ollama.")
    timeout: float = Field(90, gt=0, description="Seconds that one call to a provider may take.")
    max_characters: int = Field(
        8000, ge=200, description="Characters of a document that a provider is shown."
    )
    min_confidence: float = Field(
        0.5, ge=0, le=1, description="Topics below this confidence are not put on a document."
    )
    max_topics: int = Field(3, ge=1, description="Topics put on one document at the most.")
    cache_hours: float = Field(
        24, ge=0, description="How long a provider's answer serves for the same question again."
    )
    allowed_hosts: list[str] = Field(
        [],
        description="Hosts of internal networks that the AI page may name, a JSON list of names or"
        ' addresses, for instance ["host.docker.internal"]; all others must be public.',
    )


class SearchSettings(Group):
    """Finding documents."""

    rrf_k: int = Field(60, ge=1, description="Constant of reciprocal rank fusion.")
    candidates: int = Field(
        100, ge=10, le=1000, description="Chunks that each leg of a search proposes."
    )
    min_similarity: float = Field(
        0.15, ge=-1, le=1, description="Chunks less alike than this (cosine) are not proposed."
    )
    bm25_average_words: float = Field(
        128, gt=0, description="Average length of a chunk in words, for BM25."
    )
    chunk_tokens: int = Field(230, ge=32, le=254, description="Largest chunk, in model tokens.")
    chunk_overlap: int = Field(40, ge=0, description="Tokens that neighbouring chunks share.")


class LogSettings(Group):
    """What the process tells its operator."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level.")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="`json`, `console`, or `auto`: console on a terminal, else JSON."
    )


class Settings(BaseSettings):
    """All settings of one process; values only, nothing is opened or made here."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="DOCUVAULT_", env_nested_delimiter="__"
    )

    env: Literal["development", "test", "production"] = Field(
        "development", description="`production` refuses default and missing secrets."
    )
    data_dir: Path = Field(
        Path("data"), description="The one folder that holds everything in embedded mode."
    )
    secret_key: SecretStr | None = Field(
        None, description="64 hexadecimal digits; made and kept in the data folder if not set."
    )
    admin_token: SecretStr | None = Field(
        None,
        description="Opens the pages of administrators; without it they answer only on loopback and"
        " outside production.",
    )
    debug: bool = Field(
        False, description="Show the pages below /api/debug to everybody; refused in production."
    )
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    redis: RedisSettings = RedisSettings()
    qdrant: QdrantSettings = QdrantSettings()
    queue: QueueSettings = QueueSettings()
    uploads: UploadSettings = UploadSettings()
    extraction: ExtractionSettings = ExtractionSettings()
    ai: AISettings = AISettings()
    search: SearchSettings = SearchSettings()
    health: HealthSettings = HealthSettings()
    fallback: FallbackSettings = FallbackSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the caller passes; the environment is read by `config.loader` alone."""
        return (init_settings,)

    @property
    def database_url(self) -> str:
        """The address in force, with its password; never log it."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite+aiosqlite:///{quote(str(self.data_dir.absolute()))}/docuvault.db"

    @property
    def database_migrate_url(self) -> str:
        """The address for migrations, with its password; never log it."""
        if self.database.migrate_url is not None:
            return self.database.migrate_url.get_secret_value()
        return self.database_url

    @property
    def model_dir(self) -> Path:
        """The folder of the prepared local model."""
        return self.ai.model_dir or self.data_dir / "models"

    @property
    def uses_data_dir(self) -> bool:
        """Whether any single-process driver keeps its state in the data folder."""
        return (
            self.database.url is None
            or self.storage.driver == "filesystem"
            or self.qdrant.url is None
            or self.queue.driver == "local"
        )
