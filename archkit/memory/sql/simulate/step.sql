-- A made-up step of the learning protocol, done or skipped.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  recorded_at,
  'step' AS kind,
  agent,
  session_id,
  to_json({
    n: n,
    phase: phase,
    name: name,
    status: status,
    reason: CASE WHEN reason <> '' THEN 'simulated: ' || reason ELSE '' END
  }) AS payload
FROM drawn_step;
