-- One row: one score of one outcome; success is a score like the others.
CREATE VIEW outcome_trend AS
SELECT
  o.outcome_id,
  o.decision_id,
  d.title,
  d.chosen,
  d.kind,
  d.decided_at,
  o.observed_at,
  o.horizon_days,
  o.source,
  coalesce(s.provenance, o.source) AS provenance,
  v.score,
  v.value
FROM (
  SELECT
    w.outcome_id, w.decision_id, w.observed_at, w.horizon_days,
    CASE
      WHEN i.event_id IS NULL OR w.source IN ('reported', 'simulated') THEN w.source
      WHEN w.source = 'model' THEN 'imported_model'
      ELSE 'imported'
    END AS source
  FROM outcome w
  LEFT JOIN imported_event i ON i.event_id = w.event_id
) o
JOIN (
  SELECT outcome_id, score, value FROM score WHERE score <> 'success'
  UNION ALL
  SELECT outcome_id, 'success' AS score, CASE WHEN success THEN 1.0 ELSE 0.0 END AS value
  FROM outcome
  WHERE success IS NOT NULL
) v ON v.outcome_id = o.outcome_id
LEFT JOIN decision d ON d.decision_id = o.decision_id
LEFT JOIN source s ON s.source = o.source;
COMMENT ON VIEW outcome_trend IS 'One score of one outcome of a decision.';
COMMENT ON COLUMN outcome_trend.outcome_id IS 'The outcome.';
COMMENT ON COLUMN outcome_trend.decision_id IS 'The decision it looks at.';
COMMENT ON COLUMN outcome_trend.title IS 'Title of the decision.';
COMMENT ON COLUMN outcome_trend.chosen IS 'What was chosen.';
COMMENT ON COLUMN outcome_trend.kind IS 'The choice that was made.';
COMMENT ON COLUMN outcome_trend.decided_at IS 'When it was decided (UTC).';
COMMENT ON COLUMN outcome_trend.observed_at IS 'When the outcome was observed (UTC).';
COMMENT ON COLUMN outcome_trend.horizon_days IS 'How long after the decision it looks (days); null if not said.';
COMMENT ON COLUMN outcome_trend.source IS 'Who says so.';
COMMENT ON COLUMN outcome_trend.provenance IS 'How it is drawn: measured, observed, reported or simulated.';
COMMENT ON COLUMN outcome_trend.score IS 'Name of the score; success is one.';
COMMENT ON COLUMN outcome_trend.value IS '0 to 1, higher is better.';
