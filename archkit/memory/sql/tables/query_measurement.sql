CREATE TABLE query_measurement (
  measurement_id VARCHAR PRIMARY KEY,
  label VARCHAR,
  queries_before BIGINT,
  queries_after BIGINT,
  n BIGINT,
  pattern VARCHAR,
  decision_id VARCHAR,
  rows_read BIGINT,
  before_ms DOUBLE,
  after_ms DOUBLE,
  cache VARCHAR,
  source VARCHAR NOT NULL,
  measured_at TIMESTAMP NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE query_measurement IS 'Queries counted before and after a change, for the same request.';
COMMENT ON COLUMN query_measurement.n IS 'Size of the request (items asked for).';
COMMENT ON COLUMN query_measurement.before_ms IS 'Time the request took before (milliseconds).';
COMMENT ON COLUMN query_measurement.cache IS 'State of the cache that was measured, cold or warm; null where there is none.';
