-- A made-up turn of a session: the model's, with what it took, or the architect's.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  recorded_at,
  'message' AS kind,
  agent,
  session_id,
  to_json({
    n: n,
    role: role,
    content: [{type: 'text', text: text}],
    text: text,
    model: CASE WHEN role = 'assistant' THEN 'simulated' END,
    stop_reason: CASE WHEN role = 'assistant' THEN 'end_turn' END,
    input_tokens: input_tokens,
    output_tokens: output_tokens,
    cache_read_tokens: cache_read_tokens,
    cache_write_tokens: NULL,
    cost_usd: cost_usd,
    prices: CASE WHEN role = 'assistant' THEN 'simulated' ELSE '' END,
    duration_ms: duration_ms,
    status: status
  }) AS payload
FROM (
  SELECT *, 'Simulated: ' || ['a made-up brief.', 'questions about scale, tenancy and clients.',
    'answers to the questions.', 'a look at the evidence.',
    'a proposal in seven sections.'][said + 1] AS text
  FROM drawn_message
);
