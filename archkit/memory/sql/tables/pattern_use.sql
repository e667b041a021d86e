CREATE TABLE pattern_use (
  use_id VARCHAR NOT NULL,
  slug VARCHAR NOT NULL,
  decision_id VARCHAR,
  session_id VARCHAR,
  source VARCHAR,
  y DOUBLE,
  used_at TIMESTAMP,
  note VARCHAR,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (event_id, slug)
);
COMMENT ON TABLE pattern_use IS 'One use of a pattern: by a decision (its outcome says how it went), or noted by itself.';
COMMENT ON COLUMN pattern_use.y IS 'How it went (0 to 1), for a use noted by itself; null for a decision''s.';
