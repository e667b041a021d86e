CREATE OR REPLACE TEMP TABLE new_decision AS
SELECT coalesce(e.payload->>'$.decision_id', e.entity_id, e.event_id) AS decision_id, e.*
FROM new_event e
WHERE e.kind = 'decision';

INSERT OR REPLACE INTO decision BY NAME
SELECT
  e.decision_id,
  e.payload->>'$.kind' AS kind,
  coalesce(nullif(e.payload->>'$.title', ''), e.payload->>'$.chosen') AS title,
  e.payload->>'$.chosen' AS chosen,
  e.payload->'$.context' AS context,
  e.payload->>'$.rationale' AS rationale,
  e.payload->>'$.alternatives[*].name' AS alternatives,
  e.payload->>'$.patterns[*]' AS patterns,
  rate(e.payload->>'$.confidence') AS confidence,
  coalesce(e.payload->>'$.status', 'accepted') AS status,
  whole(e.payload->>'$.review_after_days') AS review_after_days,
  coalesce(instant(e.payload->>'$.decided_at'), e.recorded_at) AS decided_at,
  on_calendar(
    TRY(
      coalesce(instant(e.payload->>'$.decided_at'), e.recorded_at)
      + whole(e.payload->>'$.review_after_days') * INTERVAL 1 DAY
    )
  ) AS due_at,
  coalesce(e.payload->>'$.session_id', e.session_id) AS session_id,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  coalesce(nullif(e.payload->>'$.project', ''), e.project) AS project,
  e.recorded_at,
  e.event_id
FROM new_decision e
ANTI JOIN decision d
  ON d.decision_id = e.decision_id AND (d.recorded_at, d.event_id) > (e.recorded_at, e.event_id)
QUALIFY row_number() OVER (
  PARTITION BY e.decision_id ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;

-- What belongs to a record goes with its latest wording.
DELETE FROM alternative
WHERE decision_id IN (SELECT n.decision_id FROM new_decision n)
  AND event_id NOT IN (SELECT d.event_id FROM decision d);

DELETE FROM pattern_use
WHERE decision_id IN (SELECT n.decision_id FROM new_decision n)
  AND event_id NOT IN (SELECT d.event_id FROM decision d);

INSERT INTO alternative BY NAME
SELECT
  d.decision_id,
  CAST(a.key AS BIGINT) + 1 AS n,
  a.value->>'$.name' AS name,
  a.value->>'$.pattern' AS pattern,
  a.value->>'$.why_not' AS why_not,
  a.value->>'$.pros[*]' AS pros,
  a.value->>'$.cons[*]' AS cons,
  rate(a.value->>'$.predicted') AS predicted,
  d.event_id
FROM new_decision e
JOIN decision d ON d.event_id = e.event_id,
  json_each(items(e.payload->'$.alternatives')) a;

INSERT INTO pattern_use BY NAME
SELECT
  d.decision_id || ':' || u.slug AS use_id,
  u.slug,
  d.decision_id,
  d.session_id,
  d.decided_at AS used_at,
  d.event_id
FROM decision d
JOIN (SELECT DISTINCT e.event_id, unnest(e.payload->>'$.patterns[*]') AS slug FROM new_decision e) u
  ON u.event_id = d.event_id
WHERE u.slug IS NOT NULL;
