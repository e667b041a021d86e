"""One fault each in a conforming proposal, and the rule that is to find it."""

import re
from itertools import pairwise
from pathlib import Path

CONFORMING = (Path(__file__).parent / "conforming.md").read_text(encoding="utf-8")
SECTION = re.compile(r"(?m)^## \d\. .*\n")
STARTS = [match.start() for match in SECTION.finditer(CONFORMING)]
SPANS = dict(enumerate(pairwise([*STARTS, len(CONFORMING)]), start=1))
ENDPOINTS = re.findall(r"(?m)^### 4\.\d `(.+)`$", CONFORMING)
SERVICES = (
    "API Gateway",
    "Booking Service",
    "Berth Service",
    "Document Service",
    "Notification Worker",
)
CHOICES = ("PostgreSQL", "MongoDB", "Redis", "RabbitMQ")
CONSIDERED = ("Scalability", "Security", "Observability", "Deployment & CI/CD")


def section(number):
    """Return a section of the conforming proposal, heading and all."""
    return CONFORMING[slice(*SPANS[number])]


def with_section(number, text):
    start, end = SPANS[number]
    return CONFORMING[:start] + text + CONFORMING[end:]


def swapped(old, new, count=1):
    assert old in CONFORMING, old
    return CONFORMING.replace(old, new, count)


def part(head, text=CONFORMING):
    """Return what stands from a line that begins with `head` to the next heading as high."""
    start = re.search(rf"(?m)^{re.escape(head)}", text).start()
    level = len(head) - len(head.lstrip("#"))
    end = re.compile(rf"(?m)^#{{1,{level}}} ").search(text, start + 1)
    return text[start : end.start() if end else len(text)]


def edited(head, pattern, new=""):
    """Change what stands below a heading."""
    old = part(head)
    return CONFORMING.replace(old, re.sub(pattern, new, old, count=1, flags=re.DOTALL))


def structure():
    for n in range(1, 8):
        head = SECTION.match(section(n))[0]
        yield f"section {n} removed", "S01", with_section(n, "")
        yield f"section {n} emptied", "S02", with_section(n, f"{head}\n")
        yield f"section {n} to be done", "S02", with_section(n, f"{head}\nTBD\n\n")
        yield f"section {n} twice", "S04", with_section(n, section(n) + "\n" + section(n) + "\n")
        if n < 7:
            rest = CONFORMING[: SPANS[n][0]] + CONFORMING[SPANS[n][1] :]
            yield f"section {n} moved to the end", "S03", f"{rest}\n{section(n)}"
    yield "the SQL block not closed", "S05", swapped(");\n```\n", ");\n")
    yield "the last JSON block not closed", "S05", swapped("183000}\n}\n```", "183000}\n}")
    yield "too many lines", "S06", CONFORMING + "words\n" * 60_000
    yield "one section one level higher", "S07", swapped("## 3. Service", "# 3. Service")


def summary():
    blind = with_section(1, section(1).replace("Today the marinas keep", "Marinas keep"))
    blind = blind.replace(
        "there is no backend yet, and\nthe website only shows", "and a site shows"
    )
    yield "the state of the project left out", "E01", blind
    vague = section(1).replace("PostgreSQL as the\nsystem of record", "a database")
    vague = re.sub(r"MongoDB|Redis|RabbitMQ", "something", vague.replace("documents", "papers"))
    vague = vague.replace("availability", "calendars")
    yield "the choices left out of the summary", "E02", with_section(1, vague)


def api():
    nameless = section(4)
    for number, endpoint in enumerate(ENDPOINTS, start=1):
        head = f"### 4.{number} "
        nameless = nameless.replace(f"`{endpoint}`", "Something")
        yield (
            f"no success status: {endpoint}",
            "A02",
            edited(head, r"`2\d\d [A-Za-z ]+`", "the answer"),
        )
        without = re.sub(r"\*\*Error response:.*", "", part(head), flags=re.DOTALL)
        yield f"no error: {endpoint}", "A03", CONFORMING.replace(part(head), f"{without}\n")
        if endpoint.startswith(("POST", "PUT")):
            pattern = r"\*\*Request body:\*\*\n\n```json.*?```\n"
            yield f"no request: {endpoint}", "A04", edited(head, pattern)
        if not endpoint.startswith("DELETE"):
            pattern = r"(\*\*Success response:[^\n]*\n\n)```json.*?```\n"
            yield f"no response: {endpoint}", "A05", edited(head, pattern, r"\1")
            pattern = r"(```json.*?)\n\}"
            yield f"a comma too many: {endpoint}", "A06", edited(head, pattern, r"\1,\n}")
            pattern = r'(```json.*?),(\s+")'
            yield f"a comma missing: {endpoint}", "A06", edited(head, pattern, r"\1\2")
        if "{" in endpoint:
            yield f"another name declared: {endpoint}", "A07", edited(head, r"- `\w+`", "- `id`")
            yield (
                f"a parameter not declared: {endpoint}",
                "A07",
                edited(head, r"\}`", "}/{version}`"),
            )
            yield f"a brace not closed: {endpoint}", "A07", edited(head, r"\}`", "`")
    yield "no endpoint named", "A01", with_section(4, nameless)
    yield (
        "a parameter with two names",
        "A08",
        edited("### 4.3 ", r"\{bookingId\}(.*?)`bookingId`", r"{id}\1`id`"),
    )
    bodiless = re.sub(r"\n```json\n\{\n  \"error\".*?```\n", "", section(4), flags=re.DOTALL)
    yield "no error with a body", "A10", with_section(4, bodiless)


def data():
    blocks = re.sub(r"```.*?```\n", "It will follow.\n", section(5), flags=re.DOTALL)
    yield "no schema", "D01", with_section(5, blocks)
    yield "a bracket not closed", "D02", swapped("NOT NULL UNIQUE\n);", "NOT NULL UNIQUE\n;")
    yield "a comma at the end of the columns", "D02", swapped("UNIQUE\n);", "UNIQUE,\n);")
    yield "CREATE misspelt", "D02", swapped("CREATE TABLE skipper", "CRAETE TABLE skipper")
    for table in ("marina", "berth", "skipper", "booking"):
        column = re.search(rf"(?m)^  {table}_id +uuid PRIMARY KEY", CONFORMING)[0]
        keyless = swapped(column, column.replace(" PRIMARY KEY", ""))
        yield f"no primary key: {table}", "D03", keyless
    key = "NOT NULL REFERENCES booking (booking_id),\n  PRIMARY KEY (berth_id, day)"
    yield "no primary key: booking_day", "D03", swapped(key, key.split(",")[0])
    for table in ("marina", "berth", "skipper", "booking"):
        gone = f"REFERENCES {table} ("
        yield (
            f"a foreign key to nowhere: {table}",
            "D04",
            swapped(gone, f"REFERENCES {table}s_old ("),
        )
        renamed = swapped(f"CREATE TABLE {table} (", f"CREATE TABLE {table}_item (")
        yield f"the target renamed: {table}", "D04", renamed
    yield "a foreign key to no column", "D05", swapped("skipper (skipper_id)", "skipper (id)")
    yield (
        "an index on no column",
        "D05",
        swapped("ON booking (skipper_id)", "ON booking (guest_id)"),
    )
    for name in ("berth_marina", "booking_berth", "booking_skipper", "booking_day_booking"):
        line = re.search(rf"CREATE INDEX {name} .*\n", CONFORMING)[0]
        yield f"no index: {name}", "D06", swapped(line, "")
    table = re.search(r"CREATE TABLE marina .*?;\n", CONFORMING, re.DOTALL)[0]
    yield "a table created twice", "D09", swapped(table, table + table)


def technology():
    names = [("Justification", "T02"), ("Alternative", "T03"), ("Trade-off", "T04")]
    for choice in CHOICES:
        head = next(h for h in re.findall(r"(?m)^### .+$", section(6)) if h.endswith(choice))
        for name, rule in names:
            line = rf"- \*\*{name}:\*\*.*?(?=\n- |\n\n|\n$|\Z)\n?"
            yield f"no {name.lower()}: {choice}", rule, edited(head, line)
            yield (
                f"{name.lower()} empty: {choice}",
                rule,
                edited(head, line, f"- **{name}:** TBD\n"),
            )
    prose = "## 6. Technology Stack Rationale\n\nWe take what we know.\n\n"
    yield "no choice listed", "T01", with_section(6, prose)


def considerations():
    for n, name in enumerate(CONSIDERED, start=1):
        head = f"### 7.{n} {name}"
        yield f"{name} removed", f"K0{n}", CONFORMING.replace(part(head), "")
        yield f"{name} emptied", f"K0{n}", CONFORMING.replace(part(head), f"{head}\n\nTBD\n\n")
        renamed = (
            CONFORMING.replace(head, f"### 7.{n} Other") + f"\nOf {name.lower()} more later.\n"
        )
        yield f"{name} under another name", f"K0{n}", renamed
    scaled = "### 7.1 Scalability\n\nThe services scale out on {}.\n\n"
    without = CONFORMING.replace(part("### 7.1"), scaled.format("six processes each, 12 at most"))
    yield "the 10x left out", "K05", without
    wordy = CONFORMING.replace(part("### 7.1"), scaled.format("more processes at 10x the load"))
    yield "the 10x without a number", "K06", wordy


def cross():
    for name in SERVICES:
        silent = re.sub(name.replace(" ", r"\s"), "Another part", section(2))
        yield f"not in the overview: {name}", "X01", with_section(2, silent)
        without = CONFORMING.replace(part(f"### {name}"), "").replace(
            "`POST /v1/bookings`,\n`GET", "`GET"
        )
        yield f"not defined: {name}", "X02", without
    yield "a store without schema: MongoDB", "X03", CONFORMING.replace(part("### document-db"), "")
    chosen = "### Documents: MongoDB"
    yield "another store chosen", "X03", swapped(chosen, "### Documents: Cassandra")
    moved = CONFORMING.replace("/v1/documents", "/v1/vessels")
    yield "a resource without a table", "X04", moved
    yield (
        "an endpoint of a service without contract",
        "X05",
        swapped("It offers `GET /v1/berths`", "It offers `GET /v1/seasons`, `GET /v1/berths`"),
    )
    yield (
        "broken JSON elsewhere",
        "X06",
        swapped("### 7.2", '```json\n{"replicas": 6,}\n```\n\n### 7.2'),
    )


GROUPS = (structure, summary, api, data, technology, considerations, cross)
MUTANTS = {name: (rule, text) for group in GROUPS for name, rule, text in group()}
FOLLOWS = {"S05": {"S01", "D02", "A06"}}
"""Errors that come with one: an open fence swallows the sections after it."""
