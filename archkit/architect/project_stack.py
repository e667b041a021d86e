"""What a project is built with and keeps its data in, and where that was found.

Three things tell: a dependency of a manifest, the image of a service, and the scheme of a
connection string (never the string itself). A name alone in some text tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from archkit.architect.project_manifests import Manifest
from archkit.architect.project_services import Service

__all__ = ["Found", "for_development", "may_connect", "schemes_in", "stack_of"]

_FRAMEWORKS = {
    "FastAPI": "fastapi", "Django": "django", "Django REST framework": "djangorestframework",
    "Flask": "flask quart", "Starlette": "starlette", "aiohttp": "aiohttp", "Litestar": "litestar",
    "Tornado": "tornado", "Pyramid": "pyramid", "Streamlit": "streamlit", "Jupyter": "jupyterlab",
    "SQLAlchemy": "sqlalchemy sqlmodel flask-sqlalchemy", "Alembic": "alembic",
    "Pydantic": "pydantic", "Celery": "celery", "Airflow": "apache-airflow", "Temporal":
    "temporalio @temporalio/worker go.temporal.io/sdk", "pandas": "pandas", "PyTorch": "torch",
    "LangChain": "langchain @langchain/core", "Typer": "typer", "MCP": "mcp fastmcp"
    " @modelcontextprotocol/sdk",
    "Express": "express", "NestJS": "@nestjs/core", "Fastify": "fastify", "Koa": "koa",
    "Hono": "hono", "Next.js": "next", "Nuxt": "nuxt", "React": "react", "Vue": "vue",
    "Angular": "@angular/core", "Svelte": "svelte @sveltejs/kit", "Remix": "@remix-run/node",
    "Electron": "electron", "tRPC": "@trpc/server", "Socket.IO": "socket.io",
    "Prisma": "prisma @prisma/client", "TypeORM": "typeorm", "Sequelize": "sequelize",
    "Drizzle": "drizzle-orm", "Knex": "knex", "Hibernate": "org.hibernate.orm:* org.hibernate:*"
    " org.springframework.boot:spring-boot-starter-data-jpa",
    "GraphQL": "graphql strawberry-graphql graphene graphene-django ariadne apollo-server"
    " @apollo/server @nestjs/graphql github.com/99designs/gqlgen github.com/graphql-go/graphql"
    " async-graphql juniper graphql-yoga hotchocolate.aspnetcore"
    " org.springframework.boot:spring-boot-starter-graphql",
    "gRPC": "grpcio google.golang.org/grpc @grpc/grpc-js tonic io.grpc:* grpc.aspnetcore",
    "DataLoader": "dataloader aiodataloader github.com/graph-gophers/dataloader",
    "Spring Boot": "org.springframework.boot:* plugin:org.springframework.boot",
    "Quarkus": "io.quarkus:* plugin:io.quarkus", "Micronaut": "io.micronaut:* "
    "plugin:io.micronaut.application", "Ktor": "io.ktor:* plugin:io.ktor.plugin",
    "Spring Cloud": "org.springframework.cloud:*",
    "ASP.NET Core": "microsoft.net.sdk.web microsoft.aspnetcore.app",
    "Entity Framework Core": "microsoft.entityframeworkcore*", "Dapper": "dapper",
    "MediatR": "mediatr", "MassTransit": "masstransit*", "Orleans": "microsoft.orleans*",
    "Rails": "rails", "Sinatra": "sinatra", "Sidekiq": "sidekiq", "Laravel": "laravel/framework",
    "Symfony": "symfony/framework-bundle", "Phoenix": "phoenix", "Ecto": "ecto ecto_sql",
    "Gin": "github.com/gin-gonic/gin", "Echo": "github.com/labstack/echo",
    "chi": "github.com/go-chi/chi", "Fiber": "github.com/gofiber/fiber",
    "gorilla/mux": "github.com/gorilla/mux", "GORM": "gorm.io/gorm", "sqlx": "sqlx"
    " github.com/jmoiron/sqlx", "ent": "entgo.io/ent",
    "Actix": "actix-web", "Axum": "axum", "Rocket": "rocket", "Tokio": "tokio",
    "Diesel": "diesel", "SeaORM": "sea-orm",
}  # fmt: skip

_STORES = {
    "PostgreSQL": "psycopg psycopg2 psycopg2-binary asyncpg aiopg pg8000 pg postgres"
    " github.com/lib/pq github.com/jackc/pgx tokio-postgres org.postgresql:postgresql npgsql"
    " npgsql.entityframeworkcore.postgresql aspire.npgsql* pgvector* postgrex"
    " gorm.io/driver/postgres image:postgres image:postgresql image:postgis image:pgvector"
    " scheme:postgres scheme:postgresql",
    "TimescaleDB": "timescaledb image:timescaledb image:timescaledb-ha",
    "CockroachDB": "sqlalchemy-cockroachdb image:cockroach scheme:cockroachdb",
    "MySQL": "mysqlclient pymysql aiomysql mysql-connector-python mysql mysql2"
    " github.com/go-sql-driver/mysql com.mysql:mysql-connector-j mysql:mysql-connector-java"
    " mysqlconnector pomelo.entityframeworkcore.mysql myxql gorm.io/driver/mysql image:mysql"
    " scheme:mysql",
    "MariaDB": "mariadb org.mariadb.jdbc:mariadb-java-client image:mariadb scheme:mariadb",
    "SQL Server": "pyodbc pymssql mssql tedious microsoft.data.sqlclient"
    " microsoft.entityframeworkcore.sqlserver com.microsoft.sqlserver:mssql-jdbc image:mssql/server"
    " scheme:mssql scheme:sqlserver",
    "Oracle": "oracledb cx-oracle com.oracle.database.jdbc:* image:oracle scheme:oracle",
    "SQLite": "aiosqlite sqlite3 better-sqlite3 rusqlite github.com/mattn/go-sqlite3"
    " modernc.org/sqlite org.xerial:sqlite-jdbc microsoft.entityframeworkcore.sqlite"
    " exqlite gorm.io/driver/sqlite scheme:sqlite",
    "H2": "com.h2database:h2 scheme:h2", "HSQLDB": "org.hsqldb:hsqldb",
    "Spanner": "google-cloud-spanner google.cloud.spanner* cloud.google.com/go/spanner",
    "Redis": "redis ioredis hiredis aioredis redis-py github.com/redis/go-redis"
    " github.com/go-redis/redis stackexchange.redis aspire.stackexchange.redis*"
    " microsoft.extensions.caching.stackexchangeredis redix redis-om django-redis jedis"
    " redis.clients:jedis io.lettuce:lettuce-core"
    " org.springframework.boot:spring-boot-starter-data-redis image:redis image:redis-stack"
    " scheme:redis scheme:rediss",
    "Valkey": "valkey image:valkey scheme:valkey",
    "Memcached": "memcached pymemcache aiomcache github.com/bradfitz/gomemcache image:memcached",
    "MongoDB": "pymongo motor mongoengine beanie mongodb mongoose go.mongodb.org/mongo-driver"
    " mongodb.driver org.mongodb:* org.springframework.boot:spring-boot-starter-data-mongodb"
    " image:mongo image:mongodb scheme:mongodb scheme:mongodb+srv",
    "Cassandra": "cassandra-driver github.com/gocql/gocql com.datastax.oss:* image:cassandra"
    " scheme:cassandra",
    "ScyllaDB": "scylla scylla-driver image:scylla",
    "DynamoDB": "pynamodb @aws-sdk/client-dynamodb aws-sdk-dynamodb"
    " github.com/aws/aws-sdk-go-v2/service/dynamodb software.amazon.awssdk:dynamodb"
    " awssdk.dynamodbv2 image:dynamodb-local",
    "Neo4j": "neo4j neo4j-driver image:neo4j scheme:neo4j scheme:bolt",
    "Elasticsearch": "elasticsearch @elastic/elasticsearch github.com/elastic/go-elasticsearch"
    " co.elastic.clients:elasticsearch-java elastic.clients.elasticsearch image:elasticsearch",
    "OpenSearch": "opensearch-py @opensearch-project/opensearch image:opensearch",
    "Meilisearch": "meilisearch image:meilisearch",
    "Qdrant": "qdrant-client @qdrant/js-client-rest image:qdrant",
    "Chroma": "chromadb image:chroma", "LanceDB": "lancedb",
    "Kafka": "kafka-python aiokafka confluent-kafka kafkajs github.com/segmentio/kafka-go"
    " github.com/ibm/sarama github.com/shopify/sarama org.apache.kafka:* rdkafka"
    " org.springframework.kafka:spring-kafka confluent.kafka image:kafka image:cp-kafka"
    " image:redpanda scheme:kafka",
    "RabbitMQ": "pika aio-pika amqplib github.com/rabbitmq/amqp091-go github.com/streadway/amqp"
    " lapin rabbitmq.client org.springframework.boot:spring-boot-starter-amqp"
    " image:rabbitmq scheme:amqp scheme:amqps",
    "NATS": "nats-py nats github.com/nats-io/nats.go async-nats image:nats scheme:nats",
    "S3 or MinIO": "minio @aws-sdk/client-s3 aws-sdk-s3 github.com/minio/minio-go"
    " github.com/aws/aws-sdk-go-v2/service/s3 software.amazon.awssdk:s3 awssdk.s3 image:minio"
    " scheme:s3",
    "DuckDB": "duckdb duckdb-async @duckdb/node-api github.com/marcboeker/go-duckdb"
    " org.duckdb:duckdb_jdbc image:duckdb scheme:duckdb",
    "ClickHouse": "clickhouse-connect clickhouse-driver @clickhouse/client"
    " github.com/clickhouse/clickhouse-go image:clickhouse-server scheme:clickhouse",
    "Snowflake": "snowflake-connector-python snowflake-sqlalchemy snowflake-sdk scheme:snowflake",
    "BigQuery": "google-cloud-bigquery @google-cloud/bigquery scheme:bigquery",
    "InfluxDB": "influxdb-client influxdb image:influxdb",
    "etcd": "etcd3 go.etcd.io/etcd/client image:etcd",
}  # fmt: skip

_OUTSIDE = {
    "Stripe": "stripe stripe.net github.com/stripe/stripe-go com.stripe:stripe-java async-stripe",
    "Twilio": "twilio github.com/twilio/twilio-go", "SendGrid": "sendgrid @sendgrid/mail",
    "Auth0": "auth0 auth0-python @auth0/nextjs-auth0", "Keycloak": "python-keycloak keycloak-js"
    " image:keycloak", "Sentry": "sentry-sdk @sentry/node @sentry/nextjs sentry"
    " github.com/getsentry/sentry-go", "OpenTelemetry": "opentelemetry-sdk @opentelemetry/sdk-node"
    " go.opentelemetry.io/otel opentelemetry io.opentelemetry:* opentelemetry.extensions.hosting",
    "Prometheus": "prometheus-client prom-client github.com/prometheus/client_golang"
    " io.micrometer:micrometer-registry-prometheus image:prometheus",
    "AWS": "boto3 aiobotocore aws-sdk github.com/aws/aws-sdk-go-v2 github.com/aws/aws-sdk-go",
    "OpenAI": "openai azure.ai.openai", "Zipkin": "io.zipkin.reporter2:* image:zipkin",
    "Anthropic": "anthropic @anthropic-ai/sdk",
    "Firebase": "firebase firebase-admin",
    "Supabase": "supabase @supabase/supabase-js", "nginx": "image:nginx", "Traefik":
    "image:traefik", "Envoy": "image:envoy", "Vault": "hvac image:vault",
}  # fmt: skip

_KINDS = (("framework", _FRAMEWORKS), ("data store", _STORES), ("service", _OUTSIDE))
_SCHEME = re.compile(
    r"(?<![\w+.-])(?:jdbc:)?(?P<scheme>postgres(?:ql)?|cockroachdb|mysql|mariadb|mssql|sqlserver"
    r"|oracle|sqlite|h2|rediss?|valkey|mongodb(?:\+srv)?|cassandra|neo4j|bolt|kafka|amqps?|nats|s3"
    r"|duckdb|clickhouse|snowflake|bigquery)(?:\+\w{1,20})?:(?://|(?:file|mem):)",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"(^|/)(settings|config|configuration|database|db|application|appsettings|datasource|alembic"
    r"|knexfile|ormconfig|schema)[^/]*\.(py|[cm]?js|ts|json|ya?ml|toml|ini|properties|rb|exs?|go|rs"
    r"|prisma|cfg|conf)$|\.env\.(example|sample|template|dist)$|(^|/)config/[^/]+$",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|testdata|__tests__|spec|fixtures?|examples?|samples?|demos?|benchmarks?"
    r"|docs?|e2e|templates?|\.github|tools?|hack|scripts?|devcontainer|\.devcontainer)/"
    r"|[._-](dev|test|tests|ci|local|e2e|override)\.[^/]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing a project is built with: `kind` is framework, data store or service.

    `where` names the places, each with what told; `used` is False when only tests, examples or
    development need it.
    """

    name: str
    kind: str
    where: tuple[str, ...]
    used: bool


def for_development(path: str) -> bool:
    """Whether a file lies among tests, examples, documents or the tools of development."""
    return bool(_ASIDE.search(path))


def may_connect(path: str) -> bool:
    """Whether a file, by its name, holds settings, and so perhaps a connection string."""
    return bool(_SETTINGS.search(path))


def schemes_in(text: str) -> list[str]:
    """Return the schemes of the connection strings in a text, in lower case, without the rest."""
    return list(dict.fromkeys(found["scheme"].lower() for found in _SCHEME.finditer(text)))


def stack_of(
    manifests: Iterable[Manifest],
    services: Iterable[Service],
    schemes: Iterable[tuple[str, str]],
) -> tuple[Found, ...]:
    """Return what a project is built with, by kind, that which is used at run time first.

    Parameters
    ----------
    manifests, services
        What was read of them.
    schemes
        Path and scheme of each connection string.
    """
    places: dict[tuple[str, str], list[tuple[bool, str]]] = {}
    for word, used, where in _told(manifests, services, schemes):
        for kind, name in _named(word):
            places.setdefault((kind, name), []).append((used, where))
    order = list(dict.fromkeys(name for _, table in _KINDS for name in table))
    kinds = [kind for kind, _ in _KINDS]
    ranked = sorted(
        places.items(),
        key=lambda item: (
            kinds.index(item[0][0]),
            not any(used for used, _ in item[1]),
            order.index(item[0][1]),
        ),
    )
    return tuple(
        Found(name, kind, _places(told), any(used for used, _ in told))
        for (kind, name), told in ranked
    )


def _places(told: list[tuple[bool, str]]) -> tuple[str, ...]:
    """Return the places, each once; those of development only where there are no others."""
    running = [where for used, where in told if used]
    return tuple(dict.fromkeys(running or [where for _, where in told]))


def _told(
    manifests: Iterable[Manifest],
    services: Iterable[Service],
    schemes: Iterable[tuple[str, str]],
) -> Iterator[tuple[str, bool, str]]:
    for manifest in manifests:
        aside = for_development(manifest.path)
        for name in manifest.needs:
            yield name.lower(), not aside, f"{manifest.path} ({name})"
        for name in manifest.develops_with:
            yield name.lower(), False, f"{manifest.path} ({name}, for development)"
    for service in services:
        parts = PurePosixPath(service.image.lower().split("@")[0]).parts
        where = f"{service.path} (service {service.name}: {service.image})"
        # A compose file for development still shows which data store the system is made for.
        for image in {"/".join(parts[-n:]).split(":")[0] for n in (1, 2)} - {""}:
            yield f"image:{image}", not _is_for_tests(service.path), where
    for path, scheme in schemes:
        yield f"scheme:{scheme}", not for_development(path), f"{path} ({scheme}://…)"


def _is_for_tests(path: str) -> bool:
    return bool(re.search(r"(^|/)(tests?|examples?|fixtures?)/|test|e2e", path, re.IGNORECASE))


def _named(word: str) -> Iterator[tuple[str, str]]:
    exact, begun = _index()
    yield from exact.get(word, ())
    for start, named in begun:
        if word.startswith(start):
            yield named


@cache
def _index() -> tuple[
    dict[str, tuple[tuple[str, str], ...]], tuple[tuple[str, tuple[str, str]], ...]
]:
    exact: dict[str, tuple[tuple[str, str], ...]] = {}
    begun = []
    for kind, table in _KINDS:
        for name, words in table.items():
            for word in words.split():
                if word.endswith("*"):
                    begun.append((word[:-1], (kind, name)))
                else:
                    exact[word] = (*exact.get(word, ()), (kind, name))
    return exact, tuple(begun)
