CREATE TABLE embedding (
  event_id VARCHAR NOT NULL,
  model VARCHAR NOT NULL,
  vector FLOAT[] NOT NULL CHECK (len(vector) > 0),
  PRIMARY KEY (event_id, model)
);
COMMENT ON TABLE embedding IS 'The vector of one event''s text by one model: derived, and made anew when it is missing.';
COMMENT ON COLUMN embedding.model IS 'Model, its version, and how it is given texts; vectors of two models are never compared.';
COMMENT ON COLUMN embedding.vector IS 'Of length 1, so that a dot product is a cosine (-1 to 1).';
