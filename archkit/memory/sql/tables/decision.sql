CREATE TABLE decision (
  decision_id VARCHAR PRIMARY KEY,
  kind VARCHAR,
  title VARCHAR,
  chosen VARCHAR,
  context JSON,
  rationale VARCHAR,
  alternatives VARCHAR[],
  patterns VARCHAR[],
  confidence DOUBLE,
  status VARCHAR,
  review_after_days BIGINT,
  decided_at TIMESTAMP NOT NULL,
  due_at TIMESTAMP,
  session_id VARCHAR,
  agent VARCHAR,
  project VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE decision IS 'One decision in its latest wording; event_id leads to the whole record.';
COMMENT ON COLUMN decision.confidence IS 'The forecast made when deciding: probability that it turns out well (0 to 1).';
COMMENT ON COLUMN decision.due_at IS 'When an outcome is due: decided_at and review_after_days (UTC).';
