-- One row: one use of a pattern whose outcome is known, by one value of its decision's context.
CREATE VIEW evidence_by_context AS
SELECT
  e.slug,
  e.name,
  e.kind,
  c.key,
  c.value,
  count(*) OVER (PARTITION BY e.use_id, c.key) AS value_count,
  e.use_id,
  e.decision_id,
  e.source,
  e.provenance,
  e.y,
  e.outcome_at,
  e.weight
FROM pattern_evidence e
JOIN decision_context c ON c.decision_id = e.decision_id
WHERE e.y IS NOT NULL;
COMMENT ON VIEW evidence_by_context IS 'One use of a pattern whose outcome is known, by one value of the context it was decided in.';
COMMENT ON COLUMN evidence_by_context.slug IS 'The pattern.';
COMMENT ON COLUMN evidence_by_context.name IS 'Its name.';
COMMENT ON COLUMN evidence_by_context.kind IS 'The choice that the pattern answers.';
COMMENT ON COLUMN evidence_by_context.key IS 'The key of the context.';
COMMENT ON COLUMN evidence_by_context.value IS 'Its value, or one of several, in lower case.';
COMMENT ON COLUMN evidence_by_context.value_count IS 'How many values the key has there (count): above 1, a use is in several slices.';
COMMENT ON COLUMN evidence_by_context.use_id IS 'The use.';
COMMENT ON COLUMN evidence_by_context.decision_id IS 'The decision that used it.';
COMMENT ON COLUMN evidence_by_context.source IS 'Who says how it went.';
COMMENT ON COLUMN evidence_by_context.provenance IS 'How it is drawn: measured, observed, reported or simulated.';
COMMENT ON COLUMN evidence_by_context.y IS 'How it went (0 to 1): value of the latest outcome.';
COMMENT ON COLUMN evidence_by_context.outcome_at IS 'When its outcome was observed (UTC).';
COMMENT ON COLUMN evidence_by_context.weight IS 'What it counts (0 to 1): 1, or less if it is from before an epoch of the pattern began.';
