INSERT INTO step BY NAME
SELECT
  e.event_id,
  e.session_id,
  whole(e.payload->>'$.n') AS n,
  e.payload->>'$.phase' AS phase,
  e.payload->>'$.name' AS name,
  e.payload->>'$.status' AS status,
  e.payload->>'$.reason' AS reason,
  e.recorded_at
FROM new_event e
WHERE e.kind = 'step';
