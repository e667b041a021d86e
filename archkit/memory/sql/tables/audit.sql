CREATE TABLE audit (
  event_id VARCHAR PRIMARY KEY,
  action VARCHAR NOT NULL,
  agent VARCHAR,
  reason VARCHAR,
  file VARCHAR,
  sha256 VARCHAR,
  events BIGINT,
  bytes BIGINT,
  detail JSON,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE audit IS 'One thing done to the memory itself: archived, restored, forgotten, reset, imported, exported, backed up, trained, pinned.';
COMMENT ON COLUMN audit.file IS 'The archive, backup or export that it made or read: a name, not a place.';
COMMENT ON COLUMN audit.events IS 'Events that it was done to.';
COMMENT ON COLUMN audit.bytes IS 'Their size: canonical JSON in UTF-8 (bytes).';
COMMENT ON COLUMN audit.detail IS 'How it was asked for.';
