CREATE TABLE pattern_version (
  slug VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  name VARCHAR,
  status VARCHAR,
  agent VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (slug, content_hash)
);
COMMENT ON TABLE pattern_version IS 'One wording of a pattern; event_id leads to the first event that held it.';
