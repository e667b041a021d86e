-- One row: a decision that has been looked at, with the look that counts.
CREATE VIEW latest_outcome AS
SELECT
  o.decision_id,
  o.outcome_id,
  o.success,
  o.value,
  CASE
    WHEN i.event_id IS NULL OR o.source IN ('reported', 'simulated') THEN o.source
    WHEN o.source = 'model' THEN 'imported_model'
    ELSE 'imported'
  END AS source,
  o.observed_at,
  o.looks AS outcomes,
  i.origin
FROM (
  SELECT
    outcome.*,
    count(*) OVER (PARTITION BY decision_id) AS looks,
    row_number() OVER (
      PARTITION BY decision_id
      ORDER BY CASE WHEN value IS NULL THEN 1 ELSE 0 END, observed_at DESC, outcome_id DESC
    ) AS place
  FROM outcome
) o
LEFT JOIN imported_event i ON i.event_id = o.event_id
WHERE o.place = 1;
COMMENT ON VIEW latest_outcome IS 'One decision that has an outcome: the latest one that says how it went, else the latest.';
COMMENT ON COLUMN latest_outcome.decision_id IS 'The decision.';
COMMENT ON COLUMN latest_outcome.outcome_id IS 'The outcome that counts.';
COMMENT ON COLUMN latest_outcome.success IS 'Whether it succeeded; null if not said.';
COMMENT ON COLUMN latest_outcome.value IS 'How it went (0 to 1): success if known, else the mean score; null if neither is.';
COMMENT ON COLUMN latest_outcome.source IS 'Who says so; imported or imported_model if somebody of another memory does.';
COMMENT ON COLUMN latest_outcome.observed_at IS 'When it was looked at (UTC).';
COMMENT ON COLUMN latest_outcome.outcomes IS 'How many outcomes the decision has.';
COMMENT ON COLUMN latest_outcome.origin IS 'The memory that it was imported from; null if it was recorded here.';
