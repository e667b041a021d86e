CREATE TABLE event (
  event_id VARCHAR PRIMARY KEY,
  recorded_at TIMESTAMP NOT NULL,
  writer VARCHAR NOT NULL,
  seq BIGINT NOT NULL,
  kind VARCHAR NOT NULL,
  kind_version SMALLINT NOT NULL,
  agent VARCHAR NOT NULL,
  project VARCHAR NOT NULL,
  session_id VARCHAR,
  entity_id VARCHAR,
  payload JSON NOT NULL
);
COMMENT ON TABLE event IS 'One thing that happened. The truth: every other table is derived from this one and can be rebuilt.';
COMMENT ON COLUMN event.recorded_at IS 'When it was written down (UTC).';
COMMENT ON COLUMN event.writer IS 'The process that wrote it; seq counts its events from 1.';
COMMENT ON COLUMN event.payload IS 'What happened, as JSON, secrets hidden; its shape goes with kind and kind_version.';
