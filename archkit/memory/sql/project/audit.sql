-- Whether a row is withheld is a set of who withholds it less a set of who took that back, so
-- neither the order in which events arrive nor a clock decides.
CREATE OR REPLACE TEMP TABLE new_audit AS
SELECT e.*
FROM new_event e
WHERE e.kind = 'archived' OR e.kind = 'restored' OR e.kind = 'forgotten' OR e.kind = 'reset'
  OR e.kind = 'imported' OR e.kind = 'exported' OR e.kind = 'backed_up' OR e.kind = 'trained'
  OR e.kind = 'pinned';

INSERT OR IGNORE INTO audit BY NAME
SELECT
  e.event_id,
  e.kind AS action,
  e.agent,
  e.payload->>'$.reason' AS reason,
  e.payload->>'$.file' AS file,
  e.payload->>'$.sha256' AS sha256,
  whole(e.payload->>'$.events') AS events,
  whole(e.payload->>'$.bytes') AS bytes,
  e.payload->'$.detail' AS detail,
  e.recorded_at
FROM new_audit e;

INSERT OR IGNORE INTO withheld BY NAME
SELECT w.event_id, w.by_event, w.action, whole(w.bytes) AS bytes,
  number(w.value_density) AS value_density, w.why
FROM (
  SELECT
    unnest(e.payload->>'$.withholds.event_id[*]') AS event_id,
    unnest(e.payload->>'$.withholds.bytes[*]') AS bytes,
    unnest(e.payload->>'$.withholds.value_density[*]') AS value_density,
    unnest(e.payload->>'$.withholds.why[*]') AS why,
    e.event_id AS by_event,
    e.kind AS action
  FROM new_audit e
) w
WHERE w.event_id IS NOT NULL;

INSERT OR IGNORE INTO undone BY NAME
SELECT u.by_event, u.undone_by
FROM (
  SELECT unnest(e.payload->>'$.undoes[*]') AS by_event, e.event_id AS undone_by FROM new_audit e
) u
WHERE u.by_event IS NOT NULL;

INSERT OR REPLACE INTO imported_event BY NAME
SELECT i.event_id, i.origin, i.by_event, i.imported_at
FROM (
  SELECT
    unnest(e.payload->>'$.imports[*]') AS event_id,
    coalesce(e.payload->>'$.origin', 'unknown') AS origin,
    e.event_id AS by_event,
    e.recorded_at AS imported_at
  FROM new_audit e
  WHERE e.kind = 'imported'
) i
ANTI JOIN imported_event k
  ON k.event_id = i.event_id AND (k.imported_at, k.by_event) < (i.imported_at, i.by_event)
WHERE i.event_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY i.event_id ORDER BY i.imported_at, i.by_event) = 1;

INSERT OR REPLACE INTO pin BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  coalesce(flag(e.payload->>'$.pinned'), true) AS pinned,
  e.recorded_at,
  e.event_id
FROM new_audit e
ANTI JOIN pin p
  ON p.slug = e.payload->>'$.slug' AND (p.recorded_at, p.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'pinned' AND e.payload->>'$.slug' IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug' ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
