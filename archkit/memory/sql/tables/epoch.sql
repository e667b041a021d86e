CREATE TABLE epoch (
  slug VARCHAR NOT NULL,
  began_at TIMESTAMP NOT NULL,
  noticed_at TIMESTAMP NOT NULL,
  weight DOUBLE NOT NULL,
  bayes_factor DOUBLE,
  rate_before DOUBLE,
  n_before BIGINT,
  rate_after DOUBLE,
  n_after BIGINT,
  reason VARCHAR,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (slug, began_at)
);
COMMENT ON TABLE epoch IS 'One time from which on a pattern is taken to work otherwise than before.';
COMMENT ON COLUMN epoch.began_at IS 'When the first outcome that tells was seen (UTC).';
COMMENT ON COLUMN epoch.noticed_at IS 'When the last outcome that tells was seen (UTC).';
COMMENT ON COLUMN epoch.weight IS 'What an outcome from before still counts (0 to 1).';
COMMENT ON COLUMN epoch.bayes_factor IS 'How many times likelier the outcomes since are under a rate of their own.';
COMMENT ON COLUMN epoch.rate_before IS 'Success rate of the outcomes before (posterior mean, 0 to 1), over n_before outcomes.';
COMMENT ON COLUMN epoch.rate_after IS 'Success rate of the outcomes that tell (posterior mean, 0 to 1), over n_after outcomes.';
