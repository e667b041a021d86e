-- A made-up decision between the patterns of one kind.
INSERT INTO drawn_event BY NAME
SELECT
  d.id AS event_id,
  d.decided_at AS recorded_at,
  'decision' AS kind,
  d.agent,
  d.session_id,
  d.id AS entity_id,
  to_json({
    chosen: d.slug,
    kind: d.kind,
    title: 'Simulated: ' || replace(d.kind, '-', ' '),
    context: {tenancy: d.tenancy},
    rationale: '',
    alternatives: list_transform(
      list_filter(
        [
          {slug: d.alternative_1, predicted: d.predicted_1},
          {slug: d.alternative_2, predicted: d.predicted_2},
          {slug: d.alternative_3, predicted: d.predicted_3}
        ],
        lambda a: a.slug IS NOT NULL
      ),
      lambda a: {
        name: a.slug, pattern: a.slug, why_not: '', pros: [], cons: [],
        predicted: CASE WHEN NOT isnan(a.predicted) THEN a.predicted END
      }
    ),
    patterns: [d.slug],
    confidence: d.confidence,
    status: 'accepted',
    review_after_days: 30,
    decided_at: iso(d.decided_at),
    session_id: d.session_id,
    agent: d.agent,
    project: 'simulated',
    decision_id: d.id,
    extra: {source: 'simulated'}
  }) AS payload
FROM drawn_decision d;
