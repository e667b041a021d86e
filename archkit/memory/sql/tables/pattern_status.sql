CREATE TABLE pattern_status (
  event_id VARCHAR PRIMARY KEY,
  slug VARCHAR NOT NULL,
  status VARCHAR NOT NULL,
  reason VARCHAR,
  said_by VARCHAR NOT NULL,
  agent VARCHAR,
  said_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE pattern_status IS 'One time a pattern was promoted, retired or reinstated, with the reason.';
COMMENT ON COLUMN pattern_status.said_by IS 'hand: somebody said so; learning: it followed from the evidence.';
COMMENT ON COLUMN pattern_status.said_at IS 'When (UTC).';
