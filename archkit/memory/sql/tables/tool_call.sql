CREATE TABLE tool_call (
  event_id VARCHAR PRIMARY KEY,
  session_id VARCHAR,
  n BIGINT,
  tool_use_id VARCHAR,
  tool VARCHAR,
  input JSON,
  output JSON,
  is_error BOOLEAN,
  refused BOOLEAN,
  reason VARCHAR,
  duration_ms DOUBLE,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE tool_call IS 'One call of a tool by the model, carried out or refused.';
COMMENT ON COLUMN tool_call.duration_ms IS 'How long it took (milliseconds).';
