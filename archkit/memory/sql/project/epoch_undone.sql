INSERT OR REPLACE INTO epoch_undone BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  instant(e.payload->>'$.began_at') AS began_at,
  e.payload->>'$.reason' AS reason,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN epoch_undone p
  ON p.slug = e.payload->>'$.slug' AND p.began_at = instant(e.payload->>'$.began_at')
  AND (p.recorded_at, p.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'epoch_undone' AND e.payload->>'$.slug' IS NOT NULL
  AND instant(e.payload->>'$.began_at') IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug', instant(e.payload->>'$.began_at')
  ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
