-- Made-up counts of a request's queries before and after a change.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  measured_at AS recorded_at,
  'measurement' AS kind,
  '' AS agent,
  session_id,
  id AS entity_id,
  to_json({
    label: 'Simulated: ' || slug,
    n: n,
    queries_before: queries_before,
    queries_after: queries_after,
    pattern: slug,
    decision_id: decision_id,
    rows: NULL,
    before_ms: NULL,
    after_ms: NULL,
    source: 'simulated',
    measured_at: iso(measured_at),
    measurement_id: id,
    extra: {}
  }) AS payload
FROM drawn_measurement;
