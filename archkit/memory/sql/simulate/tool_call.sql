-- A made-up call of a tool in a session.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  recorded_at,
  'tool_call' AS kind,
  agent,
  session_id,
  to_json({
    n: n,
    tool_use_id: '',
    tool: tool,
    input: {query: 'Simulated: a made-up call'},
    output: 'Simulated: a made-up reply.',
    is_error: refused,
    refused: refused,
    reason: CASE WHEN refused THEN 'simulated: not permitted' ELSE '' END,
    duration_ms: CASE WHEN NOT refused THEN duration_ms END,
    granted_by: ''
  }) AS payload
FROM drawn_tool_call;
