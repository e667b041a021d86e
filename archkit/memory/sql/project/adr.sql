CREATE OR REPLACE TEMP TABLE new_adr AS
SELECT coalesce(e.payload->>'$.adr_id', e.entity_id, e.event_id) AS adr_id, e.*
FROM new_event e
WHERE e.kind = 'adr';

INSERT OR REPLACE INTO adr BY NAME
SELECT
  e.adr_id,
  e.payload->>'$.path' AS path,
  whole(e.payload->>'$.number') AS number,
  e.payload->>'$.title' AS title,
  e.payload->>'$.status' AS status,
  e.payload->>'$.status_text' AS status_text,
  flag(e.payload->>'$.conflict') AS conflict,
  e.payload->>'$.family' AS family,
  instant(e.payload->>'$.decided_at') AS decided_at,
  e.payload->>'$.decided_from' AS decided_from,
  instant(e.payload->>'$.ended_at') AS ended_at,
  e.payload->>'$.ended_from' AS ended_from,
  instant(e.payload->>'$.first_committed_at') AS first_committed_at,
  instant(e.payload->>'$.last_committed_at') AS last_committed_at,
  e.payload->>'$.deciders[*]' AS deciders,
  e.payload->>'$.tags[*]' AS tags,
  e.payload->>'$.options[*]' AS options,
  e.payload->>'$.chosen' AS chosen,
  e.payload->>'$.text' AS text,
  e.payload->>'$.sha256' AS sha256,
  e.payload->>'$.facts_sha256' AS facts_sha256,
  e.payload->>'$.decision_id' AS decision_id,
  coalesce(nullif(e.payload->>'$.project', ''), e.project) AS project,
  e.recorded_at,
  e.event_id
FROM new_adr e
ANTI JOIN adr a
  ON a.adr_id = e.adr_id AND (a.recorded_at, a.event_id) > (e.recorded_at, e.event_id)
QUALIFY row_number() OVER (
  PARTITION BY e.adr_id ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;

-- What belongs to a record goes with its latest wording.
DELETE FROM adr_link
WHERE adr_id IN (SELECT n.adr_id FROM new_adr n)
  AND event_id NOT IN (SELECT a.event_id FROM adr a);

INSERT INTO adr_link BY NAME
SELECT
  a.adr_id,
  CAST(l.key AS BIGINT) + 1 AS n,
  coalesce(l.value->>'$.relation', 'unresolved') AS relation,
  l.value->>'$.adr_id' AS to_adr_id,
  l.value->>'$.text' AS text,
  a.event_id
FROM new_adr e
JOIN adr a ON a.event_id = e.event_id,
  json_each(items(e.payload->'$.links')) l;
