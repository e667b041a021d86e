CREATE TABLE alternative (
  decision_id VARCHAR NOT NULL,
  n BIGINT NOT NULL,
  name VARCHAR,
  pattern VARCHAR,
  why_not VARCHAR,
  pros VARCHAR[],
  cons VARCHAR[],
  predicted DOUBLE,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (event_id, n)
);
COMMENT ON TABLE alternative IS 'One alternative that a decision passed over.';
COMMENT ON COLUMN alternative.predicted IS 'Its posterior mean success rate when deciding (0 to 1).';
