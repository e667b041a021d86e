-- One row: one step of the learning protocol in one session, as last noted.
CREATE VIEW step_log AS
SELECT s.session_id, s.n, s.phase, s.name, s.status, s.reason, s.recorded_at
FROM (
  SELECT
    step.*,
    row_number() OVER (PARTITION BY session_id, n ORDER BY recorded_at DESC, event_id DESC) AS place
  FROM step
) s
WHERE s.place = 1;
COMMENT ON VIEW step_log IS 'One step of the learning protocol in one session, as last noted.';
COMMENT ON COLUMN step_log.session_id IS 'The session.';
COMMENT ON COLUMN step_log.n IS 'Which step (1 to 12).';
COMMENT ON COLUMN step_log.phase IS 'Before, during or after the design.';
COMMENT ON COLUMN step_log.name IS 'What the step is.';
COMMENT ON COLUMN step_log.status IS 'done or skipped.';
COMMENT ON COLUMN step_log.reason IS 'Why, or with what result.';
COMMENT ON COLUMN step_log.recorded_at IS 'When it was noted (UTC).';
