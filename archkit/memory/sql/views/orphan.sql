-- One row: a row that speaks of something the memory does not hold; none, when all is well.
CREATE VIEW orphan AS
SELECT u.relation, u.id, u.missing, u.missing_id
FROM (
  SELECT 'pattern_use' AS relation, use_id AS id, 'pattern' AS missing, slug AS missing_id FROM pattern_use
  UNION ALL
  SELECT 'pattern_use', use_id, 'decision', decision_id FROM pattern_use
  UNION ALL
  SELECT 'reported_figure', slug, 'pattern', slug FROM reported_figure
  UNION ALL
  SELECT 'pattern_version', content_hash, 'pattern', slug FROM pattern_version
  UNION ALL
  SELECT 'pattern_status', event_id, 'pattern', slug FROM pattern_status
  UNION ALL
  SELECT 'epoch', event_id, 'pattern', slug FROM epoch
  UNION ALL
  SELECT
    'epoch_undone', u.event_id, 'epoch',
    CASE WHEN e.slug IS NULL THEN u.slug END
  FROM epoch_undone u LEFT JOIN epoch e ON e.slug = u.slug AND e.began_at = u.began_at
  UNION ALL
  SELECT 'decision', decision_id, 'session', session_id FROM decision
  UNION ALL
  SELECT 'decision_context', event_id, 'decision', decision_id FROM decision_context
  UNION ALL
  SELECT 'alternative', decision_id, 'decision', decision_id FROM alternative
  UNION ALL
  SELECT 'alternative', decision_id, 'pattern', pattern FROM alternative
  UNION ALL
  SELECT 'outcome', outcome_id, 'decision', decision_id FROM outcome
  UNION ALL
  SELECT 'score', outcome_id, 'outcome', outcome_id FROM score
  UNION ALL
  SELECT 'session', session_id, 'start', start_event FROM session WHERE start_event IS NULL
  UNION ALL
  SELECT 'message', event_id, 'session', session_id FROM message
  UNION ALL
  SELECT 'tool_call', event_id, 'session', session_id FROM tool_call
  UNION ALL
  SELECT 'step', event_id, 'session', session_id FROM step
  UNION ALL
  SELECT 'proposal', event_id, 'session', session_id FROM proposal
  UNION ALL
  SELECT 'solution_use', event_id, 'solution', slug FROM solution_use
  UNION ALL
  SELECT 'lesson', lesson_id, 'decision', decision_id FROM lesson
  UNION ALL
  SELECT 'lesson', lesson_id, 'pattern', pattern FROM lesson
  UNION ALL
  SELECT 'query_measurement', measurement_id, 'decision', decision_id FROM query_measurement
  UNION ALL
  SELECT 'query_measurement', measurement_id, 'pattern', pattern FROM query_measurement
  UNION ALL
  SELECT 'adr', adr_id, 'decision', decision_id FROM adr
  UNION ALL
  SELECT 'adr_link', adr_id, 'adr', adr_id FROM adr_link
) u
LEFT JOIN (
  SELECT 'pattern' AS relation, slug AS id FROM pattern
  UNION ALL
  SELECT 'decision', decision_id FROM decision
  UNION ALL
  SELECT 'outcome', outcome_id FROM outcome
  UNION ALL
  SELECT 'session', session_id FROM session
  UNION ALL
  SELECT 'adr', adr_id FROM adr
  UNION ALL
  SELECT 'solution', slug FROM solution
) k ON k.relation = u.missing AND k.id = u.missing_id
WHERE k.id IS NULL AND (u.missing_id IS NOT NULL OR u.missing = 'start');
COMMENT ON VIEW orphan IS 'One row that speaks of something the memory does not hold; empty when all is well.';
COMMENT ON COLUMN orphan.relation IS 'The table that the row is in.';
COMMENT ON COLUMN orphan.id IS 'The row.';
COMMENT ON COLUMN orphan.missing IS 'What it speaks of.';
COMMENT ON COLUMN orphan.missing_id IS 'Which one is not there.';
