INSERT INTO pattern_use BY NAME
SELECT
  e.event_id AS use_id,
  e.payload->>'$.slug' AS slug,
  e.session_id,
  coalesce(e.payload->>'$.source', 'team') AS source,
  rate(e.payload->>'$.y') AS y,
  coalesce(instant(e.payload->>'$.used_at'), e.recorded_at) AS used_at,
  e.payload->>'$.note' AS note,
  e.event_id
FROM new_event e
WHERE e.kind = 'pattern_use' AND e.payload->>'$.slug' IS NOT NULL;
