CREATE TABLE pattern (
  slug VARCHAR PRIMARY KEY,
  name VARCHAR NOT NULL,
  area VARCHAR,
  kind VARCHAR,
  status VARCHAR,
  problem VARCHAR,
  summary VARCHAR,
  context JSON,
  approach JSON,
  applies_when VARCHAR[],
  not_when VARCHAR[],
  pros VARCHAR[],
  cons VARCHAR[],
  tags VARCHAR[],
  setup_hours DOUBLE,
  reported_rate DOUBLE,
  reported_uses DOUBLE,
  origin VARCHAR,
  agent VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE pattern IS 'One pattern in its latest wording; event_id leads to the whole record.';
COMMENT ON COLUMN pattern.setup_hours IS 'Effort to set it up (hours).';
COMMENT ON COLUMN pattern.reported_rate IS 'Success rate that origin reports (0 to 1).';
COMMENT ON COLUMN pattern.reported_uses IS 'How many uses that rate was taken over; may be a fraction, null if not said.';
