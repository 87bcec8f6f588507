-- What statistics keep of what happened, by minute and again by hour: sums, and for minutes the
-- facts that they were made of. Several rows may share a span. The bodies are packed; the facts,
-- which are seldom read, come last.
CREATE TABLE statistics (
  number INTEGER PRIMARY KEY,
  workspace_sid TEXT NOT NULL,
  span_ms INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  codec_version INTEGER NOT NULL,
  tasks BLOB NOT NULL,
  workers BLOB NOT NULL,
  spells BLOB NOT NULL,
  facts BLOB NOT NULL
);

CREATE UNIQUE INDEX statistics_by_start ON statistics (
  workspace_sid, span_ms, start_ms, first_position
);
