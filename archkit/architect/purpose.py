"""What a file is for, by how it begins; what a project is built with, by its manifests."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["LANGUAGES", "purpose_of", "stack_in"]

LANGUAGES = {
    ".py": "Python", ".pyi": "Python", ".js": "JavaScript", ".mjs": "JavaScript",
    ".jsx": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript", ".go": "Go",
    ".rs": "Rust", ".java": "Java", ".kt": "Kotlin", ".scala": "Scala", ".rb": "Ruby",
    ".php": "PHP", ".cs": "C#", ".swift": "Swift", ".ex": "Elixir", ".exs": "Elixir",
    ".c": "C", ".h": "C", ".cpp": "C++", ".hpp": "C++", ".sql": "SQL",
    ".proto": "Protobuf", ".graphql": "GraphQL", ".sh": "Shell", ".tf": "Terraform",
    ".ipynb": "Notebook", ".md": "Markdown", ".rst": "reStructuredText", ".yaml": "YAML",
    ".yml": "YAML",
}  # fmt: skip
"""The language of a file, by its suffix."""

_FRAMEWORKS = {
    "FastAPI": "fastapi",
    "Django": "django",
    "Flask": "flask",
    "Starlette": "starlette",
    "SQLAlchemy": "sqlalchemy",
    "Pydantic": "pydantic",
    "Celery": "celery",
    "Express": "express",
    "NestJS": "@nestjs/core",
    "Next.js": "next",
    "React": "react",
    "Vue": "vue",
    "Prisma": "prisma @prisma/client",
    "TypeORM": "typeorm",
    "GraphQL": "graphql strawberry-graphql graphene ariadne apollo-server @apollo/server",
    "gRPC": "grpc grpcio google.golang.org/grpc @grpc/grpc-js tonic",
    "Spring Boot": "spring-boot-starter spring-boot-starter-web spring-boot-starter-parent",
    "Rails": "rails",
    "Laravel": "laravel/framework",
    "Phoenix": "phoenix",
    "Gin": "github.com/gin-gonic/gin",
    "Actix": "actix-web",
    "Axum": "axum",
    "DataLoader": "dataloader aiodataloader",
}

_STORES = {
    "PostgreSQL": "postgres postgresql psycopg psycopg2 psycopg2-binary asyncpg pg pq "
    "pgx tokio-postgres",
    "TimescaleDB": "timescaledb timescale/timescaledb",
    "MySQL": "mysql mysqlclient pymysql mysql2 mysql-connector-j",
    "MariaDB": "mariadb",
    "SQLite": "sqlite sqlite3 better-sqlite3",
    "Redis": "redis ioredis redis-py go-redis",
    "Memcached": "memcached pymemcache",
    "MongoDB": "mongo mongodb pymongo mongoose motor",
    "Cassandra": "cassandra cassandra-driver",
    "DynamoDB": "dynamodb pynamodb @aws-sdk/client-dynamodb",
    "Elasticsearch": "elasticsearch",
    "OpenSearch": "opensearch opensearch-py",
    "Kafka": "kafka kafkajs kafka-python aiokafka confluent-kafka",
    "RabbitMQ": "rabbitmq amqplib pika aio-pika",
    "NATS": "nats nats-py",
    "DuckDB": "duckdb",
    "ClickHouse": "clickhouse clickhouse-connect",
}

_COMMENT = re.compile(
    r"^\s*(?:#+|//+!?|/\*+!?|--+|;+|<!--|\*|%)\s*(?P<text>.*?)\s*(?:\*/|-->)?\s*$"
)
_NOT_A_PURPOSE = re.compile(
    r"^!|-\*-|copyright|license|spdx|@ts-|eslint|pragma|^-*$|syntax=|encoding|noqa|generated",
    re.IGNORECASE,
)
_DOCSTRING = re.compile(
    r"""\A(?:\s|\#[^\n]*\n)*[rRuU]{0,2}(?P<q>\"{3}|'{3})\s*(?P<text>[^\n]*?)\s*(?:(?P=q)|\n)"""
)
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$", re.MULTILINE)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def purpose_of(path: str, head: str | None) -> str:
    """Return in one line what a file says it is for, or "" when it does not say.

    Parameters
    ----------
    path
        Its path; the suffix tells how to read it.
    head
        How it begins; None when it cannot be read as text.
    """
    if not head:
        return ""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in (".md", ".markdown"):
        found = _HEADING.search(_FRONT.sub("", head))
        return _one_line(found["text"]) if found else ""
    if suffix in (".py", ".pyi"):
        found = _DOCSTRING.match(head)
        if found:
            return _one_line(found["text"])
    if suffix == ".rst":
        return _one_line(next((line for line in head.splitlines() if re.match(r"\w", line)), ""))
    if suffix == ".json":
        found = re.search(r'"(?:description|title)"\s*:\s*"(?P<text>[^"\\]{1,300})"', head)
        return _one_line(found["text"]) if found else ""
    return _first_comment(head)


def stack_in(manifests: str) -> tuple[list[str], list[str]]:
    """Return the frameworks and the data stores that manifest files name.

    Parameters
    ----------
    manifests
        The text of the manifests, one after the other.
    """
    names = set(re.findall(r"[@\w][\w./@-]*\w", manifests.lower()))
    names |= {part for name in names for part in (name.split("@")[0], name.split(":")[0])}
    names |= {part for name in names if not name.startswith("@") for part in name.split("/")}
    return _named(_FRAMEWORKS, names), _named(_STORES, names)


def _named(table: dict[str, str], names: set[str]) -> list[str]:
    return [label for label, words in table.items() if names & set(words.split())]


def _first_comment(head: str) -> str:
    for line in head.splitlines()[:20]:
        if not line.strip() or line.lstrip().startswith(
            ("<?xml", "<?php", "package ", '"use strict"')
        ):
            continue
        found = _COMMENT.match(line)
        if found is None:
            return ""
        text = found["text"].strip()
        if text and not _NOT_A_PURPOSE.search(text):
            return _one_line(text)
    return ""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159].rstrip() + "…"
