INSERT OR REPLACE INTO agent BY NAME
SELECT
  e.payload->>'$.name' AS name,
  coalesce(e.payload->>'$.card_hash', '') AS card_hash,
  e.payload->>'$.model' AS model,
  e.payload->>'$.description' AS description,
  e.payload->>'$.tools[*]' AS tools,
  flag(e.payload->>'$.aml_enabled') AS aml_enabled,
  rate(e.payload->>'$.learning_rate') AS learning_rate,
  whole(e.payload->>'$.pattern_threshold') AS pattern_threshold,
  number(e.payload->>'$.memory_limit_mb') AS memory_limit_mb,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN agent a
  ON a.name = e.payload->>'$.name' AND a.card_hash = coalesce(e.payload->>'$.card_hash', '')
  AND (a.recorded_at, a.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'agent' AND e.payload->>'$.name' IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.name', coalesce(e.payload->>'$.card_hash', '')
  ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
