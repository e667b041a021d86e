import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.project_manifests import Manifest, is_manifest, read_manifest

PYPROJECT = """
[project]
name = "shop"
version = "1.2"
description = "Sells  books"
dependencies = ["FastAPI>=1", "psycopg[c] ; python_version > '3'", "git+https://x/y", "Typing_Ext"]
[project.optional-dependencies]
postgres = ["asyncpg"]
dev = ["pytest"]
[dependency-groups]
lint = ["ruff", {include-group = "dev"}]
"""
POETRY = """
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.11"
django = "*"
[tool.poetry.group.test.dependencies]
pytest = "*"
"""
SETUP_CFG = """
[metadata]
name = shop
version = 2
[options]
install_requires =
    flask>=2
    redis
[options.extras_require]
tests = pytest
mysql = pymysql
"""
SETUP_PY = """
from setuptools import setup
setup(name="shop", version='3', install_requires=["flask", 'redis>=4'], x=open("/etc/passwd"))
"""
PACKAGE = """{"name": "@a/shop", "version": "1", "description": "Sells",
 "dependencies": {"@nestjs/core": "1", "pg": "^8"}, "devDependencies": {"jest": "1"}}"""
GO = """module example.com/shop // the shop

go 1.22
require example.com/one v1
require (
\tgithub.com/jackc/pgx/v5 v5.0 // the store
\tgithub.com/x/indirect v1 // indirect
)
replace example.com/one => ../one
"""
CARGO = """
[package]
name = "shop"
version = "0.1"
[dependencies]
axum = "0.7"
sqlx = { version = "0.7" }
[dev-dependencies]
proptest = "1"
[target.'cfg(unix)'.dependencies]
nix = "1"
"""
POM = """<?xml version="1.0" encoding="ISO-8859-1"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId><version>3</version></parent>
  <artifactId>shop</artifactId><version>1</version><description>Sells &amp; more</description>
  <dependencies>
    <dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId></dependency>
    <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
  </dependencies>
</project>"""
GRADLE = """
plugins { id("org.springframework.boot") version "3.2" }
// implementation("no:comment:1")
dependencies {
    implementation("org.postgresql:postgresql:42")
    implementation platform('com.a:bom:1')
    testImplementation 'org.junit:junit:5'
}
"""
CSPROJ = """<Project Sdk="Microsoft.NET.Sdk.Web">
<PropertyGroup><TargetFramework>net9.0</TargetFramework></PropertyGroup>
<ItemGroup><PackageReference Include="Npgsql" Version="8" /><PackageReference Include="xunit" />
<ProjectReference Include="..\\Bus\\Bus.csproj" /></ItemGroup></Project>"""
SLN = 'Project("{1}") = "Shop.Api", "Shop.Api\\Shop.Api.csproj", "{2}"\nEndProject\n'
CONDA = "name: shop\ndependencies:\n- python=3.12\n- pandas>=2\n- pip:\n  - duckdb\n"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (
            "pyproject.toml",
            PYPROJECT,
            (
                "Python",
                "shop",
                "1.2",
                "Sells books",
                "fastapi psycopg typing-ext asyncpg",
                "pytest ruff",
            ),
        ),
        ("pyproject.toml", POETRY, ("Python", "shop", "", "", "django", "pytest")),
        ("setup.cfg", SETUP_CFG, ("Python", "shop", "2", "", "flask redis pymysql", "pytest")),
        ("setup.py", SETUP_PY, ("Python", "shop", "3", "", "flask redis", "")),
        ("requirements.txt", "# c\n-r x\nflask==1\n", ("Python", "", "", "", "flask", "")),
        ("requirements-dev.txt", "pytest\n", ("Python", "", "", "", "", "pytest")),
        (
            "Pipfile",
            '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n',
            ("Python", "", "", "", "flask", "pytest"),
        ),
        ("environment.yml", CONDA, ("Python", "shop", "", "", "pandas duckdb", "")),
        ("package.json", PACKAGE, ("Node", "@a/shop", "1", "Sells", "@nestjs/core pg", "jest")),
        (
            "go.mod",
            GO,
            ("Go", "example.com/shop", "go 1.22", "", "example.com/one github.com/jackc/pgx", ""),
        ),
        ("Cargo.toml", CARGO, ("Rust", "shop", "0.1", "", "axum sqlx nix", "proptest")),
        (
            "pom.xml",
            POM,
            (
                *("Java", "shop", "1", "Sells & more"),
                "org.springframework.boot:spring-boot-starter-parent org.postgresql:postgresql",
                "org.junit:junit",
            ),
        ),
        (
            "build.gradle.kts",
            GRADLE,
            (
                *("Java", "", "", ""),
                "org.postgresql:postgresql com.a:bom plugin:org.springframework.boot",
                "org.junit:junit",
            ),
        ),
        (
            "Shop.Api.csproj",
            CSPROJ,
            (".NET", "Shop.Api", "net9.0", "uses Bus", "Microsoft.NET.Sdk.Web Npgsql", "xunit"),
        ),
        ("Shop.sln", SLN, (".NET", "Shop", "", "Shop.Api", "", "")),
        ("Gemfile", 'gem "rails"\n', ("Ruby", "", "", "", "rails", "")),
        ("composer.json", '{"require": {"php": "8", "a/b": "1"}}', ("PHP", "", "", "", "a/b", "")),
        ("mix.exs", '{:phoenix, "~> 1"}', ("Elixir", "", "", "", "phoenix", "")),
    ],
)
def test_manifest_is_read_in_its_own_format(path, text, said):
    language, name, version, about, needs, besides = said
    path = f"a/{path}"
    assert is_manifest(path)
    assert read_manifest(path, text) == Manifest(
        path, language, name, version, about, tuple(needs.split()), tuple(besides.split())
    )


BOMB = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>'
FETCH = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><project>&x;</project>'


@pytest.mark.parametrize(
    ("path", "text", "trouble"),
    [
        ("pom.xml", BOMB, "document type"),
        ("pom.xml", FETCH, "document type"),
        ("a.csproj", "<Project><", "not well-formed"),
        ("pom.xml", "<other/>", "it has no <project>"),
        ("pyproject.toml", "[project\n", "not well-formed"),
        ("pyproject.toml", "a = " + "[" * 100_000, "nested too deeply"),
        ("pyproject.toml", "project = 3\n", ""),
        ("package.json", "[" * 100_000, "nested too deeply"),
        ("package.json", '{"dependencies": ["a"]}', ""),
        ("package.json", "[1]", ""),
        ("setup.cfg", "no section\n", "not well-formed"),
        ("Cargo.toml", "package = []\n", ""),
        ("environment.yml", "a: [" * 50_000, "not well-formed"),
        ("pyproject.toml", None, "cannot be read as text"),
    ],
)
def test_broken_and_hostile_manifest_is_listed_with_the_reason(path, text, trouble):
    manifest = read_manifest(path, text)
    assert manifest.needs == ()
    assert trouble in manifest.trouble
    assert bool(trouble) == bool(manifest.trouble)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *(("Gemfile", "\n" * 500_000), ("build.gradle", "api" + " " * 500_000)),
        *(("build.gradle", "/*" * 200_000), ("go.mod", "require (" * 50_000)),
        *(("setup.py", "install_requires=[" * 20_000), ("a.sln", 'Project("' * 50_000)),
        *(("requirements.txt", "a" + " " * 500_000 + "b"), ("mix.exs", "{:" * 200_000)),
    ],
)
def test_no_text_takes_the_reading_of_a_manifest_long(path, text):
    assert read_manifest(path, text).develops_with == ()


def test_other_files_are_no_manifests():
    for path in ("a.py", "package.json.md", "my-package.json", "xpom.xml", "docs/go.mod/x"):
        assert not is_manifest(path)
    with pytest.raises(ValueError, match=r"no manifest"):
        read_manifest("a.py", "")


NAMES = (
    *("pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile", "environment.yml"),
    *("package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "a.csproj", "a.sln"),
    *("Gemfile", "composer.json", "mix.exs", "Directory.Packages.props", "dev-requirements.txt"),
)
PIECES = st.sampled_from(
    [
        *(
            "require",
            "require (",
            ")",
            "module",
            "go",
            "[project]",
            "dependencies = ",
            "[",
            "]",
            "{",
        ),
        *(
            "}",
            '"a"',
            "'b'",
            "1",
            ",",
            ":",
            "\n",
            " ",
            "name",
            "=",
            "<project>",
            "</project>",
            "<a/>",
        ),
        *(
            "[tool.poetry.group.dev]",
            "[options]",
            "install_requires",
            "- ",
            "dependencies:",
            "null",
        ),
        *("<dependency>", "</dependency>", "implementation", "\x00", "\ufeff", "\ud800", "é", "//"),
    ]
)


@given(st.sampled_from(NAMES), st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_no_text_makes_the_reading_of_a_manifest_fail(name, text):
    manifest = read_manifest(name, text)
    assert manifest.path == name
    assert all(isinstance(need, str) for need in (*manifest.needs, *manifest.develops_with))


def test_deep_xml_is_read_without_recursion():
    assert read_manifest("pom.xml", "<project>" * 50_000).trouble
    deep = "<project>" + "<a>" * 50_000 + "</a>" * 50_000 + "</project>"
    assert not read_manifest("pom.xml", deep).trouble
