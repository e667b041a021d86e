CREATE TABLE outcome (
  outcome_id VARCHAR PRIMARY KEY,
  decision_id VARCHAR NOT NULL,
  success BOOLEAN,
  would_repeat BOOLEAN,
  source VARCHAR NOT NULL,
  horizon_days BIGINT,
  note VARCHAR,
  value DOUBLE,
  observed_at TIMESTAMP NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE outcome IS 'One look at what came of a decision.';
COMMENT ON COLUMN outcome.value IS 'The outcome as one number (0 to 1): success if known, else the mean score; null if neither is.';
COMMENT ON COLUMN outcome.horizon_days IS 'How long after the decision it looks (days).';
