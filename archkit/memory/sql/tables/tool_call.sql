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
  granted_by VARCHAR,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE tool_call IS 'One call of a tool by the model, carried out or refused.';
COMMENT ON COLUMN tool_call.duration_ms IS 'How long it took (milliseconds).';
COMMENT ON COLUMN tool_call.granted_by IS 'Who let it happen: a rule, the user, a budget; null if it needed no leave.';
