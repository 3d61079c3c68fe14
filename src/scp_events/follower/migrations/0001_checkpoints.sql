-- How far each version of each projection has come. A row moves in the transaction that writes the projection's
-- own rows (schema rm_<name>_v<version>), so that every event counts exactly once.

CREATE TABLE follower.checkpoints (
    name            text    NOT NULL,
    version         integer NOT NULL,
    position        bigint  NOT NULL DEFAULT 0,  -- everything up to here was taken in or deliberately left out
    owner           uuid,                        -- the follower that may move it; any other is fenced
    state           text    NOT NULL DEFAULT 'following' CHECK (state IN ('following', 'paused', 'stopped')),
    failed_position bigint,                      -- where it stopped, and on what
    failed_type     text,
    error           text,                        -- never a value out of the event
    tables_sha256   text    NOT NULL,            -- of the TABLES its schema was made with
    PRIMARY KEY (name, version),
    CHECK ((state = 'stopped') = (error IS NOT NULL))
);
