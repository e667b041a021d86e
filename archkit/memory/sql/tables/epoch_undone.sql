CREATE TABLE epoch_undone (
  slug VARCHAR NOT NULL,
  began_at TIMESTAMP NOT NULL,
  reason VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (slug, began_at)
);
COMMENT ON TABLE epoch_undone IS 'One epoch of a pattern that somebody took back, with the reason.';
