-- One row: an accepted decision that nobody has looked at since.
CREATE VIEW outcome_debt AS
SELECT d.decision_id, d.title, d.chosen, d.decided_at, d.due_at, d.confidence
FROM decision d
LEFT JOIN latest_outcome o ON o.decision_id = d.decision_id
WHERE o.decision_id IS NULL AND d.status = 'accepted';
COMMENT ON VIEW outcome_debt IS 'One accepted decision without an outcome, due or not.';
COMMENT ON COLUMN outcome_debt.decision_id IS 'The decision.';
COMMENT ON COLUMN outcome_debt.title IS 'Its title.';
COMMENT ON COLUMN outcome_debt.chosen IS 'What was chosen.';
COMMENT ON COLUMN outcome_debt.decided_at IS 'When it was decided (UTC).';
COMMENT ON COLUMN outcome_debt.due_at IS 'When an outcome is due (UTC); null if never.';
COMMENT ON COLUMN outcome_debt.confidence IS 'The forecast made when deciding (0 to 1).';
