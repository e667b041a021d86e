INSERT OR REPLACE INTO pattern BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  coalesce(e.payload->>'$.name', e.payload->>'$.slug') AS name,
  e.payload->>'$.area' AS area,
  e.payload->>'$.kind' AS kind,
  coalesce(e.payload->>'$.status', 'candidate') AS status,
  e.payload->>'$.problem' AS problem,
  e.payload->>'$.summary' AS summary,
  e.payload->'$.context' AS context,
  e.payload->'$.approach' AS approach,
  e.payload->>'$.when[*].text' AS applies_when,
  e.payload->>'$.when_not[*].text' AS not_when,
  e.payload->>'$.pros[*]' AS pros,
  e.payload->>'$.cons[*]' AS cons,
  e.payload->>'$.tags[*]' AS tags,
  number(e.payload->>'$.setup_hours') AS setup_hours,
  rate(e.payload->>'$.reported.success_rate') AS reported_rate,
  number(e.payload->>'$.reported.uses') AS reported_uses,
  e.payload->>'$.reported.origin' AS origin,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN pattern p
  ON p.slug = e.payload->>'$.slug' AND (p.recorded_at, p.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'pattern' AND e.payload->>'$.slug' IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug' ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;

INSERT OR REPLACE INTO pattern_version BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  md5(CAST(e.payload AS VARCHAR)) AS content_hash,
  e.payload->>'$.name' AS name,
  e.payload->>'$.status' AS status,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN pattern_version v
  ON v.slug = e.payload->>'$.slug' AND v.content_hash = md5(CAST(e.payload AS VARCHAR))
  AND (v.recorded_at, v.event_id) < (e.recorded_at, e.event_id)
WHERE e.kind = 'pattern' AND e.payload->>'$.slug' IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug', md5(CAST(e.payload AS VARCHAR))
  ORDER BY e.recorded_at, e.event_id
) = 1;

-- What belongs to a record goes with its latest wording.
DELETE FROM reported_figure
WHERE slug IN (SELECT e.payload->>'$.slug' FROM new_event e WHERE e.kind = 'pattern')
  AND event_id NOT IN (SELECT p.event_id FROM pattern p);

INSERT OR IGNORE INTO reported_figure BY NAME
SELECT
  e.event_id,
  p.slug,
  f.key AS metric,
  CASE WHEN f.type NOT IN ('VARCHAR', 'BOOLEAN') THEN number(f.value) END AS value,
  f.value->>'$' AS text,
  p.origin
FROM new_event e
JOIN pattern p ON p.event_id = e.event_id,
  json_each(members(e.payload->'$.reported.metrics')) f
WHERE f.type <> 'NULL';

INSERT OR IGNORE INTO reported_figure BY NAME
SELECT e.event_id, p.slug, 'success_rate' AS metric, p.reported_rate AS value,
  e.payload->>'$.reported.success_rate' AS text, p.origin
FROM new_event e JOIN pattern p ON p.event_id = e.event_id
WHERE p.reported_rate IS NOT NULL
UNION ALL BY NAME
SELECT e.event_id, p.slug, 'uses' AS metric, p.reported_uses AS value,
  e.payload->>'$.reported.uses' AS text, p.origin
FROM new_event e JOIN pattern p ON p.event_id = e.event_id
WHERE p.reported_uses IS NOT NULL;
