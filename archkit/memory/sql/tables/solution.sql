CREATE TABLE solution (
  slug VARCHAR PRIMARY KEY,
  signature VARCHAR,
  name VARCHAR,
  area VARCHAR,
  root_cause VARCHAR,
  diagnosis VARCHAR[],
  fix VARCHAR[],
  prevention VARCHAR[],
  best_practice VARCHAR,
  applied VARCHAR,
  tags VARCHAR[],
  reported_rate DOUBLE,
  reported_uses DOUBLE,
  origin VARCHAR,
  agent VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE solution IS 'What to do about one error, in its latest wording; event_id leads to the whole record.';
COMMENT ON COLUMN solution.reported_rate IS 'Share of uses in which it helped, as origin reports (0 to 1).';
