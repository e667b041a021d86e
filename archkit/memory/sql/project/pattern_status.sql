INSERT OR IGNORE INTO pattern_status BY NAME
SELECT
  e.event_id,
  e.payload->>'$.slug' AS slug,
  e.payload->>'$.status' AS status,
  e.payload->>'$.reason' AS reason,
  CASE WHEN e.payload->>'$.said_by' = 'learning' THEN 'learning' ELSE 'hand' END AS said_by,
  e.agent,
  e.recorded_at AS said_at
FROM new_event e
WHERE e.kind = 'pattern_status' AND e.payload->>'$.slug' IS NOT NULL
  AND e.payload->>'$.status' IN ('candidate', 'active', 'retired');
