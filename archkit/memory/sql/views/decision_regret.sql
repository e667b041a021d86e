-- One row: a decision that had a forecast, beside the alternative that was predicted best.
CREATE VIEW decision_regret AS
SELECT
  d.decision_id,
  d.decided_at,
  d.title,
  d.kind,
  d.chosen,
  d.confidence AS predicted,
  a.name AS runner_up,
  a.predicted AS runner_up_predicted,
  o.value,
  o.source,
  o.observed_at
FROM decision d
JOIN (
  SELECT
    event_id,
    name,
    predicted,
    row_number() OVER (PARTITION BY event_id ORDER BY predicted DESC, n) AS place
  FROM alternative
  WHERE predicted IS NOT NULL
) a ON a.event_id = d.event_id AND a.place = 1
LEFT JOIN latest_outcome o ON o.decision_id = d.decision_id
WHERE d.confidence IS NOT NULL;
COMMENT ON VIEW decision_regret IS 'One decision with a forecast, beside the alternative that was predicted best, and what came of it.';
COMMENT ON COLUMN decision_regret.decision_id IS 'The decision.';
COMMENT ON COLUMN decision_regret.decided_at IS 'When it was decided (UTC).';
COMMENT ON COLUMN decision_regret.title IS 'Its title.';
COMMENT ON COLUMN decision_regret.kind IS 'The choice that was made.';
COMMENT ON COLUMN decision_regret.chosen IS 'What was chosen.';
COMMENT ON COLUMN decision_regret.predicted IS 'The forecast for it when deciding (0 to 1).';
COMMENT ON COLUMN decision_regret.runner_up IS 'The alternative with the highest forecast then, the first named of equals.';
COMMENT ON COLUMN decision_regret.runner_up_predicted IS 'That forecast (0 to 1).';
COMMENT ON COLUMN decision_regret.value IS 'How the decision went by the latest outcome that says so (0 to 1); null if not known yet.';
COMMENT ON COLUMN decision_regret.source IS 'Who says so; null if nobody does.';
COMMENT ON COLUMN decision_regret.observed_at IS 'When that outcome was observed (UTC).';
