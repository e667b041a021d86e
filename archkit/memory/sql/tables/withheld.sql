CREATE TABLE withheld (
  event_id VARCHAR NOT NULL,
  by_event VARCHAR NOT NULL,
  action VARCHAR NOT NULL,
  bytes BIGINT,
  value_density DOUBLE,
  why VARCHAR,
  PRIMARY KEY (event_id, by_event)
);
COMMENT ON TABLE withheld IS 'One event that was taken out, by one audit event; no drain and no import brings it back.';
COMMENT ON COLUMN withheld.event_id IS 'The event; for a broken line of the spool its file, a colon and its byte.';
COMMENT ON COLUMN withheld.bytes IS 'Its size (bytes).';
COMMENT ON COLUMN withheld.value_density IS 'What it was worth when it was archived: L25 x P(reuse) a byte.';
