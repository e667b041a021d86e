CREATE TABLE step (
  event_id VARCHAR PRIMARY KEY,
  session_id VARCHAR,
  n BIGINT,
  phase VARCHAR,
  name VARCHAR,
  status VARCHAR,
  reason VARCHAR,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE step IS 'One note that a step of the learning protocol was done or skipped in a session.';
COMMENT ON COLUMN step.n IS 'Which step (1 to 12).';
