INSERT INTO tool_call BY NAME
SELECT
  e.event_id,
  e.session_id,
  whole(e.payload->>'$.n') AS n,
  e.payload->>'$.tool_use_id' AS tool_use_id,
  e.payload->>'$.tool' AS tool,
  e.payload->'$.input' AS input,
  e.payload->'$.output' AS output,
  coalesce(flag(e.payload->>'$.is_error'), false) AS is_error,
  coalesce(flag(e.payload->>'$.refused'), false) AS refused,
  e.payload->>'$.reason' AS reason,
  number(e.payload->>'$.duration_ms') AS duration_ms,
  nullif(e.payload->>'$.granted_by', '') AS granted_by,
  e.recorded_at
FROM new_event e
WHERE e.kind = 'tool_call';
