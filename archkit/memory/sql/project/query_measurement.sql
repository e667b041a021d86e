INSERT OR REPLACE INTO query_measurement BY NAME
SELECT
  coalesce(e.payload->>'$.measurement_id', e.entity_id, e.event_id) AS measurement_id,
  e.payload->>'$.label' AS label,
  whole(e.payload->>'$.queries_before') AS queries_before,
  whole(e.payload->>'$.queries_after') AS queries_after,
  whole(e.payload->>'$.n') AS n,
  e.payload->>'$.pattern' AS pattern,
  e.payload->>'$.decision_id' AS decision_id,
  whole(e.payload->>'$.rows') AS rows_read,
  number(e.payload->>'$.before_ms') AS before_ms,
  number(e.payload->>'$.after_ms') AS after_ms,
  nullif(e.payload->>'$.cache', '') AS cache,
  coalesce(e.payload->>'$.source', 'measured') AS source,
  coalesce(instant(e.payload->>'$.measured_at'), e.recorded_at) AS measured_at,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN query_measurement m
  ON m.measurement_id = coalesce(e.payload->>'$.measurement_id', e.entity_id, e.event_id)
  AND (m.recorded_at, m.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'measurement'
QUALIFY row_number() OVER (
  PARTITION BY coalesce(e.payload->>'$.measurement_id', e.entity_id, e.event_id)
  ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
