INSERT INTO solution_use BY NAME
SELECT
  e.event_id,
  e.payload->>'$.slug' AS slug,
  flag(e.payload->>'$.effective') AS effective,
  e.payload->>'$.applied' AS applied,
  coalesce(e.payload->>'$.source', 'team') AS source,
  e.session_id,
  coalesce(instant(e.payload->>'$.used_at'), e.recorded_at) AS used_at
FROM new_event e
WHERE e.kind = 'solution_use' AND e.payload->>'$.slug' IS NOT NULL;
