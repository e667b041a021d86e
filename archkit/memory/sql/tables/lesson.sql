CREATE TABLE lesson (
  lesson_id VARCHAR PRIMARY KEY,
  text VARCHAR,
  kind VARCHAR,
  severity VARCHAR,
  decision_id VARCHAR,
  pattern VARCHAR,
  session_id VARCHAR,
  agent VARCHAR,
  learned_at TIMESTAMP NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE lesson IS 'One thing learnt, about a decision, a pattern, or by itself.';
