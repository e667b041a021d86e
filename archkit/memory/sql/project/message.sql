INSERT INTO message BY NAME
SELECT
  e.event_id,
  e.session_id,
  whole(e.payload->>'$.n') AS n,
  e.payload->>'$.role' AS role,
  e.payload->'$.content' AS content,
  e.payload->>'$.text' AS text,
  e.payload->>'$.model' AS model,
  e.payload->>'$.stop_reason' AS stop_reason,
  whole(e.payload->>'$.input_tokens') AS input_tokens,
  whole(e.payload->>'$.output_tokens') AS output_tokens,
  whole(e.payload->>'$.cache_read_tokens') AS cache_read_tokens,
  whole(e.payload->>'$.cache_write_tokens') AS cache_write_tokens,
  number(e.payload->>'$.cost_usd') AS cost_usd,
  nullif(e.payload->>'$.prices', '') AS prices,
  number(e.payload->>'$.duration_ms') AS duration_ms,
  e.payload->>'$.status' AS status,
  e.recorded_at
FROM new_event e
WHERE e.kind = 'message';
