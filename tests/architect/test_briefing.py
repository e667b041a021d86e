import json
import subprocess

import pandas as pd
import pytest

from archkit.architect.briefing import (
    answer_request,
    get_directory_purpose,
    get_file_location,
    get_task_briefing,
)
from archkit.architect.purpose import purpose_of
from archkit.architect.workspace import is_private, list_files

OPENAPI = """openapi: 3.1.0
info: {title: Shop, version: "2"}
paths:
  /posts:
    get: {}
    post: {}
    parameters: []
"""
ADR = "# {}\n\n## Status\n\n{}\n\n## Decision\n\nIt.\n"
STATUS = """<status><feature name="shop" is-active-feature="true">
<current-epic>2</current-epic><current-story>2.1</current-story></feature></status>
"""
STORY = "# Story 2.1: Sign in\n\n**Status:** In Progress\n\n- [x] one\n- [ ] two\n"


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    files = {
        "README.md": "# Shop\n\n![logo](x.png)\nSells [books](http://x), 10k requests/min.\n\n"
        "```sh\nrm\n```\n",
        "pyproject.toml": '[project]\ndependencies = ["fastapi>=1", "SQLAlchemy", "psycopg[c]"]\n',
        "docker-compose.yml": "services:\n  cache:\n    image: redis:7-alpine\n",
        "shop/__init__.py": '"""The shop itself."""\n',
        "shop/posts.py": '"""Loads posts with their users."""\n\nimport os\n',
        "shop/payments.py": "#!/usr/bin/env python\n# Copyright X\n# Takes money.\n",
        "api/openapi.yaml": OPENAPI,
        "docs/adr/0001-use-postgres.md": ADR.format("Use PostgreSQL", "Accepted"),
        "docs/adr/0002-cache.md": ADR.format("Cache the posts", "Proposed"),
        "docs/open.md": "# Notes\n\n## Open questions\n\n- Who owns the cart?\n\n## Else\n\n- no\n",
        "config/settings.py": "DB = 'postgresql://shop:hunter2horse@db/shop'\n",
        "docs/development/status.xml": STATUS,
        "docs/development/features/shop/epics/2/stories/2.1.md": STORY,
        "node_modules/left/index.js": "// junk about posts\n",
        ".env": "SECRET=1\n",
        "ignored.log": "posts\n",
        ".gitignore": "*.log\n.env\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\0\0")
    (tmp_path / "outside.py").write_text('"""Posts outside."""\n', encoding="utf-8")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    (folder / "linked").symlink_to(tmp_path)
    return folder


def test_briefing_has_the_agreed_form(shop):
    said = get_task_briefing(shop, "Stop the N+1 queries when posts load their users")
    assert (said["response_to"], said["status"]) == ("get_task_briefing", "success")
    briefing = said["briefing"]
    assert set(briefing) == {"summary", "relevant_paths", "file_purposes", "related_activity"}
    assert briefing["relevant_paths"][0] == "shop/posts.py"
    assert briefing["file_purposes"]["shop/posts.py"] == "Loads posts with their users."
    assert briefing["related_activity"] == []
    json.dumps(said)


def test_briefing_finds_what_the_project_is_built_with(shop):
    project = get_task_briefing(shop, "posts")["project"]
    assert project["frameworks"] == ["FastAPI", "SQLAlchemy"]
    assert project["data_stores"] == ["PostgreSQL", "Redis"]
    where = {one["name"]: one["where"] for one in project["stack"]}
    assert where["PostgreSQL"] == [
        "pyproject.toml (psycopg)",
        "config/settings.py (postgresql://…)",
    ]
    assert where["Redis"] == ["docker-compose.yml (service cache: redis:7-alpine)"]
    assert project["languages"]["Python"] == 4


def test_briefing_tells_what_is_offered_decided_under_way_and_open(shop):
    project = get_task_briefing(shop, "posts")["project"]
    assert project["api_specs"] == ["api/openapi.yaml"]
    assert project["apis"] == [
        {
            "path": "api/openapi.yaml",
            "kind": "OpenAPI",
            "title": "Shop",
            "version": "2",
            "offers": ["GET /posts", "POST /posts"],
        }
    ]
    assert [(r["title"], r["status"]) for r in project["decision_records"]] == [
        ("Use PostgreSQL", "accepted"),
        ("Cache the posts", "proposed"),
    ]
    assert project["story"] == {
        "status_file": "docs/development/status.xml",
        "story": "2.1",
        "epic": "2",
        "feature": "shop",
        "path": "docs/development/features/shop/epics/2/stories/2.1.md",
        "title": "Story 2.1: Sign in",
        "status": "In Progress",
        "tasks_done": 1,
        "tasks": 2,
    }
    assert project["open_questions"] == [
        {"question": "Cache the posts (proposed)", "path": "docs/adr/0002-cache.md"},
        {"question": "Who owns the cart?", "path": "docs/open.md", "line": 5},
    ]
    assert project["readme_head"] == "Sells books, 10k requests/min."
    assert project["services"] == [
        {"name": "cache", "path": "docker-compose.yml", "image": "redis:7-alpine"}
    ]
    assert {"path": "shop/", "files": 3, "purpose": "The shop itself."} in project["tree"]


def test_nothing_outside_nothing_private_and_no_absolute_path_is_told(shop, tmp_path):
    said = json.dumps(get_task_briefing(shop, "posts outside secret log junk"))
    hidden = (
        str(tmp_path),
        "Posts outside",
        "outside.py",
        "SECRET",
        "ignored.log",
        "node_modules",
        "linked",
    )
    for secret in (*hidden, "hunter2horse"):
        assert secret not in said


def test_git_and_the_plain_walk_agree(shop):
    walked = list_files(shop).files
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    assert set(list_files(shop).files) >= set(walked)
    assert "ignored.log" not in list_files(shop).files


def test_repository_cannot_have_a_command_run(shop, tmp_path):
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    trap = tmp_path / "ran"
    command = f"touch {trap}"
    subprocess.run(["git", "-C", str(shop), "config", "core.fsmonitor", command], check=True)
    assert list_files(shop).files
    assert not trap.exists()


def test_empty_folder_is_a_fresh_start(tmp_path):
    said = get_task_briefing(tmp_path, "anything")
    assert said["status"] == "not_found"
    assert "fresh start" in said["briefing"]["summary"]


def test_no_folder_is_an_error_without_its_path(tmp_path):
    said = get_task_briefing(tmp_path / "nowhere", "anything")
    assert said["status"] == "error"
    assert str(tmp_path) not in json.dumps(said)


def test_listing_is_bounded_and_says_so(tmp_path):
    for number in range(20):
        (tmp_path / f"{number:02}.py").touch()
    listing = list_files(tmp_path, limit=10)
    assert (len(listing.files), listing.complete) == (10, False)


def test_briefing_without_a_hit_shows_the_landmarks(shop):
    paths = get_task_briefing(shop, "zzz")["briefing"]["relevant_paths"]
    assert paths[0] == "README.md"
    assert "pyproject.toml" in paths


def test_recent_work_is_related_and_its_single_steps_are_not(shop):
    class Recent:
        def recent(self, n=10):
            row = {"kind": "decision", "agent": "tester", "summary": "Posts"}
            row["recorded_at"] = pd.Timestamp("2026-01-02 03:04:05.6")
            return pd.DataFrame([row, {**row, "kind": "step"}, {**row, "summary": None}])

    activity = get_task_briefing(shop, "posts", memory=Recent())["briefing"]["related_activity"]
    said = {"agent": "tester", "summary": "decision: Posts", "timestamp": "2026-01-02T03:04:05Z"}
    assert activity == [said, {**said, "summary": "decision"}]


def test_file_location_and_directory_purpose(shop):
    assert get_file_location(shop, "where are payments")["file_paths"] == ["shop/payments.py"]
    assert get_file_location(shop, "zzz")["status"] == "not_found"
    said = get_directory_purpose(shop, "shop/")
    assert (said["purpose"], said["files"]) == ("The shop itself.", 3)
    assert get_directory_purpose(shop, ".")["subdirectories"] == ["api", "config", "docs", "shop"]
    assert get_directory_purpose(shop, "../..")["status"] == "not_found"


def test_requests_are_answered_by_type(shop):
    request = {"requesting_agent": "a", "payload": {"query": "shop"}}
    for kind in ("get_task_briefing", "get_file_location", "get_directory_purpose"):
        assert answer_request(shop, {**request, "request_type": kind})["response_to"] == kind
    assert answer_request(shop, {"request_type": "dance"})["status"] == "error"


@pytest.mark.parametrize(
    ("path", "head", "purpose"),
    [
        ("a.py", '# -*- coding -*-\nr"""Does it. """\n', "Does it."),
        ("a.py", "import os\n# Not it\n", ""),
        ("a.py", "#!/bin/x\n# Copyright\n# Real.\n", "Real."),
        ("a.go", "// Copyright X\n//\n// Licensed under Y\n// See it.\n\npackage a\n", ""),
        (
            "a.go",
            "// Licensed under Y\n// See it.\n\n// Package a sells.\npackage a",
            "Package a sells.",
        ),
        ("A.java", "/* Licensed. */\npackage a;\nimport b;\n\n/**\n * Sells.\n */\n", "Sells."),
        ("a.md", "---\ntitle: x\ndescription: How to 'buy'\n---\n# T\n", "How to 'buy'"),
        ("a.md", "## Synopsis\n\n# `Buy` **now**\n", "Buy now"),
        ("a.ipynb", '{"cells": [{"source": ["# Sales\\n"]}]}', "Sales"),
        ("b/README.md", "# ![x](y) Cart\n\nKeeps [carts](z). More.", "Cart: Keeps carts."),
        ("a.sql", "-- Tables of the shop\ncreate table x;", "Tables of the shop"),
        ("a.js", "/* Talks. */\n", "Talks."),
        ("a.md", "text\n## Title ##\n", "Title"),
        ("a.rst", "Title\n=====\n", "Title"),
        ("a.json", '{"name": "x", "description": "A shop"}', "A shop"),
        ("a.html", "<!-- Page -->", "Page"),
        ("a.py", None, ""),
    ],
)
def test_purpose_is_what_the_file_says(path, head, purpose):
    assert purpose_of(path, head) == purpose


@pytest.mark.parametrize(
    "path", ["a.py", "a.js", "README.md", "a.json", "a.ipynb", "a.rst", "a.go"]
)
@pytest.mark.parametrize(
    "text",
    [
        *('"""' + " " * 60_000, "# a" + " " * 60_000 + "b", "//" + " " * 60_000 + "b"),
        *("/*" + " *" * 30_000, "---\ntitle:" + " " * 60_000 + "x\n---\n", "\n" * 60_000 + "x"),
        *("[a](" * 15_000, "![" * 30_000, "<!--" * 15_000, "<" * 60_000, '"title": ' * 6_000),
    ],
)
def test_no_text_takes_the_reading_of_a_purpose_long(path, text):
    assert len(purpose_of(path, text)) <= 160


def test_private_files_are_known_by_name():
    for name in (".env", "a/.env.local", "x.pem", "id_rsa", "secrets.yaml"):
        assert is_private(name)
    for name in (".env.example", "id_rsa.pub", "environment.yml", "keys.py"):
        assert not is_private(name)
