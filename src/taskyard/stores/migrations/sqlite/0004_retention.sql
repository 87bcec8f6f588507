-- Which snapshots were read back and found good: rows of the journal may go only behind such a one.
-- A table of its own, because a mark in the snapshot's row would have its megabytes written again;
-- with the digest of what was read, so that no mark speaks for another body at the same position.
CREATE TABLE verified_snapshots (
  workspace_sid TEXT NOT NULL,
  position INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (workspace_sid, position)
) WITHOUT ROWID;
