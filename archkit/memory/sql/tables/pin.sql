CREATE TABLE pin (
  slug VARCHAR PRIMARY KEY,
  pinned BOOLEAN NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE pin IS 'One pattern of which somebody has said whether it must never be archived.';
