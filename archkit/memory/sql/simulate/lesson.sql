-- A made-up lesson from a decision that failed.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  learned_at AS recorded_at,
  'lesson' AS kind,
  agent,
  session_id,
  id AS entity_id,
  to_json({
    text: 'Simulated: ' || slug || ' did not hold for ' || tenancy || ' tenancy.',
    kind: 'incident',
    severity: 'medium',
    decision_id: decision_id,
    pattern: slug,
    learned_at: iso(learned_at),
    session_id: session_id,
    agent: agent,
    lesson_id: id,
    extra: {source: 'simulated'}
  }) AS payload
FROM drawn_lesson;
