CREATE OR REPLACE TEMP TABLE new_outcome AS
SELECT coalesce(e.payload->>'$.outcome_id', e.entity_id, e.event_id) AS outcome_id, e.*
FROM new_event e
WHERE e.kind = 'outcome' AND e.payload->>'$.decision_id' IS NOT NULL;

CREATE OR REPLACE TEMP TABLE new_score AS
SELECT e.event_id, s.key AS score, any_value(rate(s.value)) AS value
FROM new_outcome e, json_each(members(e.payload->'$.scores')) s
WHERE s.type NOT IN ('VARCHAR', 'BOOLEAN') AND rate(s.value) IS NOT NULL
GROUP BY e.event_id, s.key;

INSERT OR REPLACE INTO outcome BY NAME
SELECT
  e.outcome_id,
  e.payload->>'$.decision_id' AS decision_id,
  flag(e.payload->>'$.success') AS success,
  flag(e.payload->>'$.would_repeat') AS would_repeat,
  coalesce(e.payload->>'$.source', 'team') AS source,
  whole(e.payload->>'$.horizon_days') AS horizon_days,
  e.payload->>'$.note' AS note,
  coalesce(CAST(CAST(flag(e.payload->>'$.success') AS INTEGER) AS DOUBLE), s.mean) AS value,
  coalesce(instant(e.payload->>'$.observed_at'), e.recorded_at) AS observed_at,
  e.recorded_at,
  e.event_id
FROM new_outcome e
LEFT JOIN (SELECT event_id, avg(value) AS mean FROM new_score GROUP BY event_id) s
  ON s.event_id = e.event_id
ANTI JOIN outcome o
  ON o.outcome_id = e.outcome_id AND (o.recorded_at, o.event_id) > (e.recorded_at, e.event_id)
QUALIFY row_number() OVER (
  PARTITION BY e.outcome_id ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;

-- What belongs to a record goes with its latest wording.
DELETE FROM score
WHERE outcome_id IN (SELECT n.outcome_id FROM new_outcome n)
  AND event_id NOT IN (SELECT o.event_id FROM outcome o);

INSERT INTO score BY NAME
SELECT o.outcome_id, s.score, s.value, s.event_id
FROM new_score s
JOIN outcome o ON o.event_id = s.event_id;
