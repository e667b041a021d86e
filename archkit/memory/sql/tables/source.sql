CREATE TABLE source (
  source VARCHAR PRIMARY KEY,
  provenance VARCHAR NOT NULL,
  weight DOUBLE NOT NULL
);
COMMENT ON TABLE source IS 'Who says so: one source of evidence.';
COMMENT ON COLUMN source.provenance IS 'How its evidence is drawn: measured, observed, reported or simulated.';
COMMENT ON COLUMN source.weight IS 'How much one piece of its evidence counts (0 to 1).';
