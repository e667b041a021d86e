import pytest

from archkit.architect.project_manifests import read_manifest
from archkit.architect.project_services import Service
from archkit.architect.project_stack import (
    Found,
    for_development,
    may_connect,
    schemes_in,
    stack_of,
)


def names(*manifests, services=(), schemes=()):
    return [found.name for found in stack_of(manifests, services, schemes) if found.used]


def test_stack_reads_manifests_of_many_languages():
    go = read_manifest(
        "go.mod", "require (\n\tgithub.com/jackc/pgx/v5 v5.0\n\tgithub.com/gin-gonic/gin v1\n)"
    )
    node = read_manifest(
        "package.json", '{"dependencies": {"@nestjs/core": "1", "ioredis": "^5", "next": "1"}}'
    )
    rust = read_manifest("Cargo.toml", '[dependencies]\naxum = "1"\nsqlx = "1"\nrusqlite = "1"\n')
    gradle = read_manifest("build.gradle", "implementation 'org.springframework.boot:x:1'\n")
    dotnet = read_manifest(
        "a.csproj", '<Project><PackageReference Include="Aspire.Npgsql.X" /></Project>'
    )
    assert names(go) == ["Gin", "PostgreSQL"]
    assert names(node) == ["NestJS", "Next.js", "Redis"]
    assert names(rust) == ["sqlx", "Axum", "SQLite"]
    assert (names(gradle), names(dotnet)) == (["Spring Boot"], ["PostgreSQL"])
    assert names() == []


def test_what_only_tests_and_development_need_is_told_as_such():
    found = stack_of(
        [
            read_manifest("pyproject.toml", '[dependency-groups]\ntest = ["redis"]\n'),
            read_manifest("examples/a/package.json", '{"dependencies": {"mongodb": "1"}}'),
            read_manifest("package.json", '{"dependencies": {"pg": "1"}, "devDependencies": '
                          '{"better-sqlite3": "1"}}'),
        ],
        [Service("tests/compose.yml", "db", "mysql:8")],
        [("tests/settings.py", "postgres")],
    )  # fmt: skip
    assert [(one.name, one.used, one.where) for one in found] == [
        ("PostgreSQL", True, ("package.json (pg)",)),
        ("MySQL", False, ("tests/compose.yml (service db: mysql:8)",)),
        ("SQLite", False, ("package.json (better-sqlite3, for development)",)),
        ("Redis", False, ("pyproject.toml (redis, for development)",)),
        ("MongoDB", False, ("examples/a/package.json (mongodb)",)),
    ]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("postgres", "PostgreSQL"),
        ("docker.io/library/postgres:16@sha256:ab", "PostgreSQL"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "SQL Server"),
        ("registry:5000/timescale/timescaledb-ha:pg16", "TimescaleDB"),
        ("me/server:1", None),
        ("me/postgres-backup", None),
        ("", None),
    ],
)
def test_images_of_services_tell_the_data_store(image, name):
    found = stack_of([], [Service("compose.yml", "db", image)], [])
    where = (f"compose.yml (service db: {image})",)
    assert found == ((Found(name, "data store", where, True),) if name else ())


def test_schemes_are_read_without_what_follows_them():
    text = """
    A="postgresql+asyncpg://me:secret@db/x" B=redis://:pw@r:6379 C=mongodb+srv://u:p@h
    spring.datasource.url=jdbc:mysql://h/d D=jdbc:h2:mem:test E=sqlite:///x.db E2=sqlite:///y.db
    https://postgres.example/mysql:/ not_redis://x git+redis://x mysql:
    """
    assert schemes_in(text) == ["postgresql", "redis", "mongodb+srv", "mysql", "h2", "sqlite"]
    assert schemes_in("postgres://" * 50_000) == ["postgres"]


def test_settings_and_development_files_are_known_by_name():
    for path in ("app/settings.py", "config/x", "src/application.yml", ".env.example", "a/db.ts"):
        assert may_connect(path)
    for path in ("app/main.py", "dbx/readme.md", "setting.py"):
        assert not may_connect(path)
    for path in ("tests/a.py", "x/examples/b/go.mod", "compose.test.yml", ".github/x.yml"):
        assert for_development(path)
    for path in ("testing.py", "src/contest/a.py", "compose.prod.yml"):
        assert not for_development(path)
