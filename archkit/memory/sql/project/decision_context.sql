-- What belongs to a record goes with its latest wording.
DELETE FROM decision_context
WHERE decision_id IN (
    SELECT coalesce(e.payload->>'$.decision_id', e.entity_id, e.event_id) FROM new_event e
    WHERE e.kind = 'decision'
  )
  AND event_id NOT IN (SELECT d.event_id FROM decision d);

INSERT OR IGNORE INTO decision_context BY NAME
SELECT
  d.decision_id,
  m.key,
  CASE
    WHEN v.type = 'BOOLEAN' THEN CASE WHEN v.value->>'$' = 'true' THEN 'yes' ELSE 'no' END
    ELSE lower(trim(v.value->>'$'))
  END AS value,
  d.event_id
FROM new_event e
JOIN decision d ON d.event_id = e.event_id,
  json_each(members(e.payload->'$.context')) m,
  json_each(CASE WHEN m.type = 'ARRAY' THEN m.value ELSE json_array(m.value) END) v
WHERE e.kind = 'decision' AND v.type NOT IN ('NULL', 'OBJECT', 'ARRAY')
  AND trim(v.value->>'$') <> '';
