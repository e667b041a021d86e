INSERT INTO proposal BY NAME
SELECT
  e.event_id,
  e.session_id,
  whole(e.payload->>'$.version') AS version,
  whole(e.payload->>'$.repair_of') AS repair_of,
  coalesce(e.payload->>'$.stands', 'true') <> 'false' AS stands,
  e.payload->>'$.text' AS text,
  e.payload->>'$.missing[*]' AS missing,
  e.payload->'$.findings' AS findings,
  e.recorded_at
FROM new_event e
WHERE e.kind = 'proposal';
