CREATE TABLE undone (
  by_event VARCHAR NOT NULL,
  undone_by VARCHAR NOT NULL,
  PRIMARY KEY (by_event, undone_by)
);
COMMENT ON TABLE undone IS 'One audit event that another took back; what is forgotten stays forgotten.';
