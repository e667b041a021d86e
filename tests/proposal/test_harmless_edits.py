"""Other ways to write the same proposal raise neither error nor warning."""

import re

import pytest
from mutants import CHOICES, CONFORMING, CONSIDERED, part, section, swapped, with_section

from archkit.proposal.rules import check_proposal


def leveled(by):
    return re.sub(r"(?m)^(#{2,3}) ", lambda m: "#" * (len(m[1]) + by) + " ", CONFORMING)


def choices_as(form):
    found = []
    for name in CHOICES:
        head = next(h for h in re.findall(r"(?m)^### .+$", section(6)) if h.endswith(name))
        texts = re.findall(r"(?s)- \*\*\w[\w-]+:\*\* (.*?)(?=\n- |\n\n|\Z)", part(head))
        found.append((head[4:], *(" ".join(text.split()) for text in texts)))
    return with_section(6, "## 6. Technology Stack Rationale\n\n" + form(found) + "\n\n")


def table(found):
    rows = "\n".join(f"| {' | '.join(row)} |" for row in found)
    return f"| Technology | Why | Alternative | Trade-off |\n|---|---|---|---|\n{rows}"


def wide_table(found):
    rows = "\n".join(
        f"| {name.split(': ')[0]} | **{name.split(': ')[1]}** | {why} | {other} | {price} |"
        for name, why, other, price in found
    )
    head = "| Concern | Choice | Justification | Alternatives considered | Drawbacks |"
    return f"{head}\n|:--|:-:|---|---|---|\n{rows}"


def items(found):
    return "\n".join(
        f"- **{name}**\n  - *Justification:* {why}\n  - *Alternative:* {other}\n"
        f"  - *Trade-off:* {price}"
        for name, why, other, price in found
    )


def one_liners(found):
    return "\n".join(
        f"{n}. **{name}** — Chosen because {why} Compared with: {other} The trade-off: {price}"
        for n, (name, why, other, price) in enumerate(found, start=1)
    )


def paragraphs(found):
    return "\n\n".join(
        f"**{name}.** {why} Unlike it, {other} The price is this: {price} It is the trade-off."
        for name, why, other, price in found
    )


def sub_headings(found):
    return "\n\n".join(
        f"### {name}\n\n#### Why {name}\n\n{why}\n\n#### Alternatives considered\n\n{other}\n\n"
        f"#### Trade-offs\n\n{price}"
        for name, why, other, price in found
    )


def grouped(found):
    kept = [f"#### {name}\n\n**Why:** {why} **Instead of:** {other} **Cons:** {price}"
            for name, why, other, price in found]  # fmt: skip
    return "### Data\n\n" + "\n\n".join(kept[:3]) + "\n\n### Messaging\n\n" + kept[3]


def considerations_as(form):
    texts = [
        part(f"### 7.{n} ").split("\n", 1)[1].strip() for n, _ in enumerate(CONSIDERED, start=1)
    ]
    said = form(list(zip(CONSIDERED, texts, strict=True)))
    return with_section(7, f"## 7. Key Considerations\n\n{said}\n")


def block(text, old=r"```sql\n.*?```"):
    return re.sub(old, lambda _: text, CONFORMING, count=1, flags=re.DOTALL)


PRISMA = """```prisma
model Berth {
  berthId  String    @id
  bookings Booking[]
}
model Booking {
  bookingId String @id
  berth     Berth  @relation(fields: [berthId], references: [berthId])
  berthId   String
}
```"""
JSON_LIKE = """```json
{
  "marina": {"_id": "uuid", "name": "string"},
  "berth": {"_id": "uuid", "marina_id": "-> marina", ...},
  "booking": {"_id": "uuid", "berth_id": "-> berth"}  // one for each stay
}
```"""
MYSQL = """```sql
CREATE TABLE `berth` (
  `berth_id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  `name` VARCHAR(80) NOT NULL,
  PRIMARY KEY (`berth_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `booking` (
  `booking_id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `berth_id` BIGINT UNSIGNED NOT NULL,
  CONSTRAINT `fk_berth` FOREIGN KEY (`berth_id`) REFERENCES `berth` (`berth_id`)
) ENGINE=InnoDB;
```"""
OPAQUE = "DO $$ BEGIN PERFORM set_limit(0.2); END $$;\n```\n"
COMMON = """### 4.0 Errors of every endpoint

| Status | Meaning |
|---|---|
| 400 | The request cannot be read |
| 401 | No valid token |
| 404 | There is no such thing |

```json
{"error": "not_found", "message": "There is none."}
```

"""

EDITS = {
    "windows line ends": CONFORMING.replace("\n", "\r\n"),
    "headings one level deeper": leveled(1),
    "no numbers": re.sub(r"(?m)^(#{2,3}) \d\.\d? ?", r"\1 ", CONFORMING),
    "numbers in brackets": re.sub(r"(?m)^## (\d)\. ", r"## \1) ", CONFORMING),
    "the word section": re.sub(r"(?m)^## (\d)\. ", r"## Section \1: ", CONFORMING),
    "titles in capitals": re.sub(r"(?m)^## .*$", lambda m: m[0].upper(), CONFORMING),
    "titles in bold": re.sub(r"(?m)^## (.*)$", r"## **\1**", CONFORMING),
    "bold lines for headings": re.sub(r"(?m)^## (.*)$", r"**\1**", CONFORMING),
    "underlined headings": re.sub(r"(?m)^## \d\. (.*)$", r"\1\n----", CONFORMING),
    "no title": CONFORMING.split("\n", 2)[2],
    "sections at the end": CONFORMING + "\n## 8. Rollout\n\nIn March.\n\n## Glossary\n\nBerth.\n",
    "a section between": swapped("## 5. Data", "## Events\n\nBooked, moved, gone.\n\n## 5. Data"),
    "rules between sections": re.sub(r"(?m)^## ", "---\n\n## ", CONFORMING),
    "a comment": swapped("## 2.", "<!-- TBD: a picture -->\n\n## 2."),
    "spaces at the ends": CONFORMING.replace("\n", "  \n"),
    "tildes for fences": re.sub(r"(?m)^```", "~~~", CONFORMING),
    "a heading in a fence": swapped("```text\n", "```text\n# 3. Service Definitions\n"),
    "a mermaid diagram": swapped("## 3.", "```mermaid\nflowchart LR\n  a --> b\n```\n\n## 3."),
    "other languages": swapped("## 2.", "Das System steht am Anfang. 系统概述。 Обзор.\n\n## 2."),
    "emoji": CONFORMING.replace("## 7. Key", "## 🔑 7. Key").replace("## 5. Data", "## 5. 📦 Data"),
    "considerations as items": considerations_as(
        lambda found: "\n".join(f"- **{name}:** {text}" for name, text in found)
    ),
    "considerations as questions": considerations_as(
        lambda found: "\n\n".join(f"**{name}** — {text}" for name, text in found)
    ),
    "considerations renamed": CONFORMING.replace("7.1 Scalability", "7.1 Scaling to 10x")
    .replace("7.3 Observability", "7.3 Monitoring & Observability")
    .replace("7.4 Deployment & CI/CD", "7.4 Deployment"),
    "choices in a table": choices_as(table),
    "choices in a wide table": choices_as(wide_table),
    "choices as items": choices_as(items),
    "choices in a line each": choices_as(one_liners),
    "choices as paragraphs": choices_as(paragraphs),
    "choices with sub-headings": choices_as(sub_headings),
    "choices in groups": choices_as(grouped),
    "a comparison table in a choice": swapped(
        "### Documents: MongoDB",
        "| Criterion | PostgreSQL | DynamoDB |\n|---|---|---|\n| Rules | yes | no |\n\n"
        "### Documents: MongoDB",
    ),
    "a summary of the choices": swapped("## 7.", "### Summary\n\nFour products in all.\n\n## 7."),
    "colons for path parameters": re.sub(r"\{(\w+)\}", r":\1", CONFORMING),
    "endpoints in bold": re.sub(r"(?m)^### 4\.\d `(.*)`$", r"**`\1`**", CONFORMING),
    "endpoints without marks": re.sub(r"(?m)^### 4\.\d `(.*)`$", r"### \1", CONFORMING),
    "a prefix before the paths": with_section(4, section(4).replace("/v1/", "/api/v1/")),
    "an overview of the endpoints": swapped(
        "### 4.1",
        "| Method | Path |\n|---|---|\n| POST | `/v1/bookings` |\n\n### 4.1",
    ),
    "errors for all endpoints": re.sub(
        r"(?s)\n\*\*Error response:\*\*[^\n]*(?:\n\n```json.*?```)?\n", "\n", CONFORMING
    ).replace("### 4.1", f"{COMMON}### 4.1"),
    "statuses in words": CONFORMING.replace("**Success response:** `", "Returns `").replace(
        "**Error response:** `", "Fails with `"
    ),
    "a Prisma schema": block(PRISMA),
    "a JSON-like schema": block(JSON_LIKE),
    "MySQL": block(MYSQL)
    .replace("PostgreSQL", "MySQL")
    .replace("primary key of `booking_day`", "primary key"),
    "SQL in lower case": block(re.search(r"```sql\n.*?```", CONFORMING, re.DOTALL)[0].lower()),
    "comments in the SQL": swapped("CREATE TABLE berth", "-- a berth; 'one\nCREATE TABLE berth"),
    "a statement that is not read": swapped(");\n```\n", f");\n{OPAQUE}"),
    "a foreign key of another schema": swapped(
        "skipper_id  uuid PRIMARY KEY,",
        "skipper_id  uuid PRIMARY KEY REFERENCES auth.users (id),",
    ),
    "names in other spellings": with_section(
        2, section(2).replace("Booking Service", "booking-service").replace("Berth\n", "berth ")
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", EDITS.values(), ids=EDITS.keys())
def test_the_same_proposal_written_otherwise_has_neither_error_nor_warning(text):
    assert text != CONFORMING
    assert [f for f in check_proposal(text) if f.severity != "info"] == []


@pytest.mark.parametrize("name", ["a Prisma schema", "a JSON-like schema"])
def test_a_schema_in_another_form_is_accepted_and_said_to_be_unchecked(name):
    messages = [f.message for f in check_proposal(EDITS[name]) if f.rule == "D08"]
    assert len(messages) == 2
    assert all("not checked" in message for message in messages)


def test_a_statement_that_is_not_read_is_said_to_be_unchecked_never_right():
    found = [f for f in check_proposal(EDITS["a statement that is not read"]) if f.rule == "D07"]
    assert [f.message[:40] for f in found] == ["Not checked: “DO $$ BEGIN PERFORM set_li"]


def test_functions_and_policies_are_said_to_be_unchecked_in_one_finding():
    more = """CREATE POLICY own ON booking USING (true);
CREATE OR REPLACE FUNCTION f() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER t BEFORE UPDATE ON booking FOR EACH ROW EXECUTE FUNCTION f();
"""
    found = check_proposal(swapped(");\n```\n", f");\n{more}```\n"))
    assert [f.message for f in found if f.rule == "D07"] == [
        "Not checked: statements of this block that make no table "
        "(1 policy, 1 function, 1 trigger)."
    ]
    assert found.counts["error"] == found.counts["warning"] == 0
