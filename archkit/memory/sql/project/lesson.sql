INSERT OR REPLACE INTO lesson BY NAME
SELECT
  coalesce(e.payload->>'$.lesson_id', e.entity_id, e.event_id) AS lesson_id,
  e.payload->>'$.text' AS text,
  e.payload->>'$.kind' AS kind,
  e.payload->>'$.severity' AS severity,
  e.payload->>'$.decision_id' AS decision_id,
  e.payload->>'$.pattern' AS pattern,
  coalesce(e.payload->>'$.session_id', e.session_id) AS session_id,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  coalesce(instant(e.payload->>'$.learned_at'), e.recorded_at) AS learned_at,
  e.recorded_at,
  e.event_id
FROM new_event e
ANTI JOIN lesson l
  ON l.lesson_id = coalesce(e.payload->>'$.lesson_id', e.entity_id, e.event_id)
  AND (l.recorded_at, l.event_id) > (e.recorded_at, e.event_id)
WHERE e.kind = 'lesson'
QUALIFY row_number() OVER (
  PARTITION BY coalesce(e.payload->>'$.lesson_id', e.entity_id, e.event_id)
  ORDER BY e.recorded_at DESC, e.event_id DESC
) = 1;
