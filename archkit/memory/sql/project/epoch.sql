INSERT OR REPLACE INTO epoch BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  instant(e.payload->>'$.began_at') AS began_at,
  coalesce(instant(e.payload->>'$.noticed_at'), instant(e.payload->>'$.began_at')) AS noticed_at,
  coalesce(rate(e.payload->>'$.weight'), 1) AS weight,
  number(e.payload->>'$.bayes_factor') AS bayes_factor,
  rate(e.payload->>'$.rate_before') AS rate_before,
  whole(e.payload->>'$.n_before') AS n_before,
  rate(e.payload->>'$.rate_after') AS rate_after,
  whole(e.payload->>'$.n_after') AS n_after,
  e.payload->>'$.reason' AS reason,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN epoch p
  ON p.slug = e.payload->>'$.slug' AND p.began_at = instant(e.payload->>'$.began_at')
  AND (p.recorded_at, p.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'epoch' AND e.payload->>'$.slug' IS NOT NULL
  AND instant(e.payload->>'$.began_at') IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug', instant(e.payload->>'$.began_at')
  ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
