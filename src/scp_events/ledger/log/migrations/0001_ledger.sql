-- What the ledger says of the log. The tree writer alone writes here; everybody may read and check.

-- Tiles that are full: 256 hashes each. A full tile never changes.
CREATE TABLE tiles (
    level  smallint NOT NULL,
    index  bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (level, index)
);
ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;  -- hashes cannot be compressed: do not try

-- One row, the right edge: how many events are covered, and the tiles that still have room, level by level.
-- Whoever writes the tree locks it first, so two tree writers take turns.
CREATE TABLE edge (
    size     bigint  NOT NULL,
    rows     bytea[] NOT NULL,
    the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only)
);
ALTER TABLE edge ALTER COLUMN rows SET STORAGE EXTERNAL;
INSERT INTO edge (size, rows) VALUES (0, '{}');

-- How many events each stream and each case has at that size: see head_pages.py.
CREATE TABLE head_pages (
    page    bigint PRIMARY KEY,  -- a node's number in the tree: 1, then 2 and 3, then 4 to 7
    hash    bytea  NOT NULL CHECK (octet_length(hash) = 32),
    entries bytea  NOT NULL
) WITH (fillfactor = 80);        -- a page is written often and in place

-- What the log has signed, one checkpoint a step of the tree writer, and the cosignatures witnesses gave.
CREATE TABLE checkpoints (
    size         bigint      PRIMARY KEY,
    note         text        NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz             -- NULL while too few witnesses have cosigned it
);
CREATE INDEX published_checkpoints ON checkpoints (size) WHERE published_at IS NOT NULL;

-- The keys these checkpoints are signed with, oldest first. A key follows another only by a note that both have
-- signed, which says from which size on: see format/log_keys.py. Any other key is another log.
CREATE TABLE log_keys (
    number    integer PRIMARY KEY,
    vkey      text    NOT NULL UNIQUE,
    hand_over text    CHECK ((hand_over IS NULL) = (number = 0))
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a checkpoint covers is never changed: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE tiles ENABLE ALWAYS TRIGGER never_changed;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON log_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_keys ENABLE ALWAYS TRIGGER never_changed;
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE checkpoints ENABLE ALWAYS TRIGGER never_deleted;
