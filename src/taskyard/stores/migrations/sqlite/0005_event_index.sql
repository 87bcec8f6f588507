-- What happened, as people search for it: made from the journal, a little behind it. A block holds a
-- run of one workspace's events; its terms say what it can be found by, so that a search reads them
-- alone. The body comes last, as in the journal.
CREATE TABLE event_blocks (
  number INTEGER PRIMARY KEY,
  workspace_sid TEXT NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  count INTEGER NOT NULL,
  codec_version INTEGER NOT NULL,
  terms BLOB NOT NULL,
  body BLOB NOT NULL
);

CREATE UNIQUE INDEX event_blocks_by_position ON event_blocks (workspace_sid, first_position);

-- For letting go of the oldest.
CREATE INDEX event_blocks_by_end ON event_blocks (last_ms);

-- How far each view has followed each journal, kept with what it has made of it.
CREATE TABLE view_positions (
  view TEXT NOT NULL,
  workspace_sid TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (view, workspace_sid)
) WITHOUT ROWID;
