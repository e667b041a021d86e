CREATE TABLE score (
  outcome_id VARCHAR NOT NULL,
  score VARCHAR NOT NULL,
  value DOUBLE NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (event_id, score)
);
COMMENT ON TABLE score IS 'One named figure of an outcome.';
COMMENT ON COLUMN score.value IS '0 to 1, higher is better.';
