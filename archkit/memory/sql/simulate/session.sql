-- A made-up session: its start, and its end two hours on.
INSERT INTO drawn_event BY NAME
SELECT
  id || '-start' AS event_id,
  started_at AS recorded_at,
  'session_started' AS kind,
  agent,
  id AS session_id,
  id AS entity_id,
  to_json({
    title: 'Simulated: ' || title, brief: 'Simulated: ' || title, workspace: '', model: 'simulated',
    client: 'simulated', aml_enabled: aml_enabled,
    aml_reason: CASE WHEN aml_enabled THEN '' ELSE 'simulated: held without the memory' END,
    card_hash: ''
  }) AS payload
FROM drawn_session
UNION ALL BY NAME
SELECT
  id || '-end' AS event_id,
  started_at + INTERVAL 2 HOUR AS recorded_at,
  'session_status' AS kind,
  agent,
  id AS session_id,
  id AS entity_id,
  to_json({status: 'ended', stage: 'decided', reason: ''}) AS payload
FROM drawn_session;
