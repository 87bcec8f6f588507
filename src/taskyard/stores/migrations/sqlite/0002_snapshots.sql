-- What a workspace's journal comes to up to a position, so that a start need not fold all of it.
-- Everything here can be made anew from the journal. The body comes last, as in the journal.
CREATE TABLE snapshots (
  number INTEGER PRIMARY KEY,
  workspace_sid TEXT NOT NULL,
  position INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  codec_version INTEGER NOT NULL,
  length INTEGER NOT NULL,
  digest BLOB NOT NULL,
  body BLOB NOT NULL
);

CREATE UNIQUE INDEX snapshots_by_position ON snapshots (workspace_sid, position);
