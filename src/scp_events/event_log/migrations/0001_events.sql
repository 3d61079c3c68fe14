-- The event log. Rows are inserted and read, never changed: see the triggers at the end.

CREATE TABLE event_log.events (
    position       bigint      PRIMARY KEY,      -- dense, from 1, in commit order
    stream_id      uuid        NOT NULL,
    version        integer     NOT NULL CHECK (version >= 0),
    recorded_at    timestamptz NOT NULL,         -- when we learned it; never decreases along positions
    type           text        NOT NULL,
    body           bytea       NOT NULL,         -- envelope and event as JSON, exactly as they were handed in
    -- Copies of what the body says, to find it by.
    event_id       uuid        NOT NULL UNIQUE,
    category       text        NOT NULL,         -- the kind of stream: referral, participant, irp, ...
    case_id        uuid,                         -- whose case it belongs to; NULL where it belongs to none
    command_id     uuid        NOT NULL,
    schema_version smallint    NOT NULL,
    occurred_at    timestamptz NOT NULL,         -- when it was so in the world; of an act, when it was recorded
    precision      text        NOT NULL CHECK (precision IN ('minute', 'day')),
    is_decision    boolean     NOT NULL,
    UNIQUE (stream_id, version)
);

-- What an event is about is its case or, where it belongs to none, its stream. The history of that, and what has
-- come of it since somebody gathered evidence: few rows, or none.
CREATE INDEX events_about ON event_log.events (coalesce(case_id, stream_id), position);
-- What belongs to no case, by kind: people look for it by its name, which its first event says.
CREATE INDEX things ON event_log.events (category, position) WHERE case_id IS NULL AND version = 1;

-- One row: the last position given out, and its time. Locking it puts appends into one order.
CREATE TABLE event_log.head (
    position     bigint      NOT NULL,
    recorded_at  timestamptz NOT NULL,
    contended    uuid,       -- the stream or case for which somebody came too late last, and when: whoever was
    contended_at timestamptz, -- faster is told, and lets others go first
    the_only     boolean     PRIMARY KEY DEFAULT true CHECK (the_only)
);
INSERT INTO event_log.head (position, recorded_at) VALUES (0, 'epoch');

-- What each command came to, so that the same command sent again gets the first answer.
CREATE TABLE event_log.commands (
    command_id     uuid   PRIMARY KEY,
    fingerprint    bytea  NOT NULL,              -- SHA-256 of what was asked, to tell a repeat from a reuse
    first_position bigint NOT NULL,              -- of its own event; what it brought about in other streams follows
    event_count    integer NOT NULL
);

-- The register of case references: which case people mean by `SC-2025-014`.
CREATE TABLE event_log.cases (
    reference text PRIMARY KEY,
    case_id   uuid NOT NULL UNIQUE
);

-- One row: whose days these are. Which day an event belongs to follows from it, so it never changes.
CREATE TABLE event_log.installation (
    time_zone text    NOT NULL,
    the_only  boolean PRIMARY KEY DEFAULT true CHECK (the_only)
);

CREATE FUNCTION event_log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is never changed: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING HINT = 'record a correction that names the event it corrects', ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log.events
    FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change();
ALTER TABLE event_log.events ENABLE ALWAYS TRIGGER never_changed;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log.commands
    FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change();
ALTER TABLE event_log.commands ENABLE ALWAYS TRIGGER never_changed;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log.installation
    FOR EACH STATEMENT EXECUTE FUNCTION event_log.refuse_change();
ALTER TABLE event_log.installation ENABLE ALWAYS TRIGGER never_changed;

-- The last position recorded at or before an instant, 0 where there is none. Times never decrease along
-- positions and positions are dense, so halving finds it without an index that every append would pay for.
CREATE FUNCTION event_log.position_at(instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low  bigint := 0;
    high bigint := (SELECT position FROM event_log.head);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT e.recorded_at FROM event_log.events e WHERE e.position = middle) <= instant THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
