CREATE TABLE message (
  event_id VARCHAR PRIMARY KEY,
  session_id VARCHAR,
  n BIGINT,
  role VARCHAR,
  content JSON,
  text VARCHAR,
  model VARCHAR,
  stop_reason VARCHAR,
  input_tokens BIGINT,
  output_tokens BIGINT,
  cache_read_tokens BIGINT,
  cache_write_tokens BIGINT,
  cost_usd DOUBLE,
  prices VARCHAR,
  duration_ms DOUBLE,
  status VARCHAR,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE message IS 'One message of a session, of the user or of the model.';
COMMENT ON COLUMN message.cost_usd IS 'What the model''s turn cost (US dollars); null if unknown.';
COMMENT ON COLUMN message.prices IS 'The price list behind it: package and version; null if unknown.';
COMMENT ON COLUMN message.duration_ms IS 'How long the model''s turn took (milliseconds).';
