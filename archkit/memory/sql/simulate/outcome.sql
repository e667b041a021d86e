-- A made-up look at what came of a decision.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  observed_at AS recorded_at,
  'outcome' AS kind,
  '' AS agent,
  session_id,
  id AS entity_id,
  to_json({
    decision_id: decision_id,
    success: success,
    scores: {performance: performance, maintainability: maintainability},
    would_repeat: success,
    source: 'simulated',
    horizon_days: horizon_days,
    note: '',
    observed_at: iso(observed_at),
    outcome_id: id,
    extra: {}
  }) AS payload
FROM drawn_outcome;
