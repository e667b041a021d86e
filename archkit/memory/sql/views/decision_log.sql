-- One row: one decision with what came of it so far.
CREATE VIEW decision_log AS
SELECT
  d.decision_id,
  d.decided_at,
  d.agent,
  d.project,
  d.session_id,
  d.kind,
  d.title,
  d.chosen,
  d.rationale,
  d.confidence,
  d.status,
  d.review_after_days,
  d.due_at,
  d.alternatives,
  d.patterns,
  coalesce(o.outcomes, 0) AS outcomes,
  o.success AS last_success,
  o.value AS last_value,
  o.observed_at AS last_outcome_at,
  o.source AS last_source,
  i.origin
FROM decision d
LEFT JOIN latest_outcome o ON o.decision_id = d.decision_id
LEFT JOIN imported_event i ON i.event_id = d.event_id;
COMMENT ON VIEW decision_log IS 'One decision in its latest wording, with its latest outcome.';
COMMENT ON COLUMN decision_log.decision_id IS 'The decision.';
COMMENT ON COLUMN decision_log.decided_at IS 'When it was decided (UTC).';
COMMENT ON COLUMN decision_log.agent IS 'The agent that proposed it.';
COMMENT ON COLUMN decision_log.project IS 'The project it was made for.';
COMMENT ON COLUMN decision_log.session_id IS 'The session it was made in; null if none.';
COMMENT ON COLUMN decision_log.kind IS 'The choice that was made.';
COMMENT ON COLUMN decision_log.title IS 'Its title.';
COMMENT ON COLUMN decision_log.chosen IS 'What was chosen.';
COMMENT ON COLUMN decision_log.rationale IS 'Why, in words or as JSON.';
COMMENT ON COLUMN decision_log.confidence IS 'The forecast made when deciding: probability that it turns out well (0 to 1).';
COMMENT ON COLUMN decision_log.status IS 'accepted, proposed, superseded or rejected.';
COMMENT ON COLUMN decision_log.review_after_days IS 'How long after deciding an outcome is due (days).';
COMMENT ON COLUMN decision_log.due_at IS 'When an outcome is due (UTC).';
COMMENT ON COLUMN decision_log.alternatives IS 'Names of the alternatives, in order.';
COMMENT ON COLUMN decision_log.patterns IS 'Slugs of the patterns used.';
COMMENT ON COLUMN decision_log.outcomes IS 'Outcomes recorded (count).';
COMMENT ON COLUMN decision_log.last_success IS 'Whether it succeeded, by the latest outcome; null if not said.';
COMMENT ON COLUMN decision_log.last_value IS 'How it went by the latest outcome that says so (0 to 1).';
COMMENT ON COLUMN decision_log.last_outcome_at IS 'When that outcome was observed (UTC).';
COMMENT ON COLUMN decision_log.last_source IS 'Who says so.';
COMMENT ON COLUMN decision_log.origin IS 'The memory that it was imported from; null if it was recorded here.';
