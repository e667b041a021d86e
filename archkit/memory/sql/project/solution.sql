INSERT OR REPLACE INTO solution BY NAME
SELECT
  e.payload->>'$.slug' AS slug,
  e.payload->>'$.signature' AS signature,
  e.payload->>'$.name' AS name,
  e.payload->>'$.area' AS area,
  e.payload->>'$.root_cause' AS root_cause,
  e.payload->>'$.diagnosis[*]' AS diagnosis,
  e.payload->>'$.fix[*]' AS fix,
  e.payload->>'$.prevention[*]' AS prevention,
  e.payload->>'$.best_practice' AS best_practice,
  e.payload->>'$.applied' AS applied,
  e.payload->>'$.tags[*]' AS tags,
  rate(e.payload->>'$.reported.success_rate') AS reported_rate,
  number(e.payload->>'$.reported.uses') AS reported_uses,
  e.payload->>'$.reported.origin' AS origin,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN solution s
  ON s.slug = e.payload->>'$.slug' AND (s.recorded_at, s.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'solution' AND e.payload->>'$.slug' IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY e.payload->>'$.slug' ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
