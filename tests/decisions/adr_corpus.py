"""Decision records of our own, one of each form and each odd case seen in real ones."""

MADR = """---
# a comment
status: accepted
date: 2024-03-05
decision-makers: [Ada Byron, "Bo, Chen"]
consulted:
  - Cy
informed: ""
---

# Use a queue between orders and billing

## Context and Problem Statement

Billing is slow. How do orders not wait for it?

## Decision Drivers

* orders answer within 200 ms
* no order is lost

## Considered Options

* Queue
* Direct call – simplest
* [Outbox](https://example.org/outbox)

## Decision Outcome

Chosen option: "Queue", because it lets orders answer at once.

### Consequences

* Good, because orders are quick
* Bad, because billing lags

### Confirmation

A load test each month.

## Pros and Cons of the Options

### Queue

* Good, because loose
* Neutral, because known
* Bad, because one more part

### Direct call

* Bad, because slow

## More Information

Amends [ADR 2](0002-billing.md).
"""

NYGARD = """# 7. Keep sessions in Redis

Date: 2020-02-13

## Status

Accepted

Amended by [9. Two Redis nodes](0009-two-redis-nodes.md)

## Context

Sessions must outlive a deploy.

```markdown
## Decision

This heading is in a fence.
```

## Decision

We keep sessions in Redis.

### Detail

One key a session.

## Consequences

Redis must be up.
"""

LOG4BRAINS = """# Use one repository

- Status: superseded by [20210401-split](20210401-split.md)
- Deciders: Ada, Bo
- Date: 2021-01-09
- Tags: repo, build

Technical Story: ARCH-12

## Context and Problem Statement

Two teams, one product.

## Decision

One repository.

## Links <!-- optional -->

- Superseded by [20210401-split](20210401-split.md)
"""

TABLE = """# Platform - Cache

| Field | Value |
|-------|-------|
| Date | 22-10-2024 |
| Scope | Cache |
| Status | Approved |
| Authors | [Ada Byron](@ada), Bo |
| Supersedes | N/A |
| Superseded by: | |

## What

A cache for reads.

## Why

Reads are slow.

## Goals

- quick reads

## How

A cache before the database.

## Alternatives

### A faster disk

Costs more.

### Nothing

Stays slow.
"""

ONE_LINE = """# ADR 012: Mail authentication

**Status:** Proposed | **Date:** 2025-08-15 | **Review:** 2026-08-15

## Context

Mail is forged.

## Decision

Sign it.
"""

TAGS = """---
slug: 22
title: |
  22. Test by models
authors: []
tags: [Accepted]
---

## Status

Accepted

## Context

Tests miss cases.

## Decision

We write a model.
"""

HEADER_ROW = """---
id: adr010
title: 'ADR010: Luxury dates'
---

| Created | Status |
| ------- | ------ |
| 2021-01-16 | Open |

# ADR010: Luxury dates

## Status

Proposed

## Context

Dates are hard.

## Decision

One library.
"""

BOLD = """**Use gRPC inside**

**Status**

Accepted on 12 March 2021

**Context**

Services talk a lot.

**Decision:**

We use gRPC.

**Consequences**

Browsers need a bridge.
"""
