-- A status may be drained before the start it belongs to, so both halves of a row come by themselves.
INSERT INTO session BY NAME
SELECT
  e.session_id,
  e.agent,
  e.project,
  e.payload->>'$.title' AS title,
  e.payload->>'$.brief' AS brief,
  e.payload->>'$.workspace' AS workspace,
  e.payload->>'$.model' AS model,
  e.payload->>'$.client' AS client,
  flag(e.payload->>'$.aml_enabled') AS aml_enabled,
  e.payload->>'$.aml_reason' AS aml_reason,
  e.payload->>'$.card_hash' AS card_hash,
  e.payload->>'$.parent_session_id' AS parent_session_id,
  e.recorded_at AS started_at,
  e.event_id AS start_event
FROM new_event e
WHERE e.kind = 'session_started' AND e.session_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY e.session_id ORDER BY e.recorded_at, e.event_id) = 1
ON CONFLICT (session_id) DO UPDATE SET
  agent = excluded.agent,
  project = excluded.project,
  title = excluded.title,
  brief = excluded.brief,
  workspace = excluded.workspace,
  model = excluded.model,
  client = excluded.client,
  aml_enabled = excluded.aml_enabled,
  aml_reason = excluded.aml_reason,
  card_hash = excluded.card_hash,
  parent_session_id = excluded.parent_session_id,
  started_at = excluded.started_at,
  start_event = excluded.start_event
WHERE session.start_event IS NULL
  OR (excluded.started_at, excluded.start_event) < (session.started_at, session.start_event);

INSERT INTO session BY NAME
SELECT
  e.session_id,
  e.payload->>'$.status' AS status,
  e.payload->>'$.stage' AS stage,
  e.payload->>'$.reason' AS reason,
  e.recorded_at AS status_at,
  e.event_id AS status_event
FROM new_event e
WHERE e.kind = 'session_status' AND e.session_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY e.session_id ORDER BY e.recorded_at DESC, e.event_id DESC) = 1
ON CONFLICT (session_id) DO UPDATE SET
  status = excluded.status,
  stage = excluded.stage,
  reason = excluded.reason,
  status_at = excluded.status_at,
  status_event = excluded.status_event
WHERE session.status_event IS NULL
  OR (excluded.status_at, excluded.status_event) > (session.status_at, session.status_event);
