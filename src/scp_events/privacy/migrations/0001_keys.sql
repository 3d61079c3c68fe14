-- The keys that personal data is encrypted with, each wrapped by the key of an epoch, which is kept elsewhere.
-- Back this schema up by itself and keep those copies for a short time: a destroyed key comes back with them.

-- One row: which installation this is. Copies of the database are the same one; no other has these keys.
CREATE TABLE keyring.installation (
    id       uuid    NOT NULL DEFAULT gen_random_uuid(),
    the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only)
);
INSERT INTO keyring.installation DEFAULT VALUES;

CREATE TABLE keyring.epochs (
    epoch      integer     PRIMARY KEY CHECK (epoch > 0),
    proof      bytea       NOT NULL,     -- a known text wrapped by the epoch's key: tells whose keyring this is
    began_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz               -- no key is left on it; its own key is destroyed, or is about to be
);

-- One key a person and group, for ever. The row stays when its key is destroyed, so there is never another.
CREATE TABLE keyring.keys (
    key_id       uuid        PRIMARY KEY,
    subject      uuid        NOT NULL,
    field_group  text        NOT NULL CHECK (field_group IN ('core', 'narrative')),
    epoch        integer     REFERENCES keyring.epochs,  -- NULL where there never was a key
    wrapped      bytea,                  -- NULL once it is destroyed
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    fenced_at    timestamptz,            -- since then the key is about to be destroyed
    destroyed_at timestamptz,
    UNIQUE (subject, field_group),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK (wrapped IS NULL OR epoch IS NOT NULL),
    CHECK (destroyed_at IS NULL OR fenced_at IS NOT NULL)
) WITH (fillfactor = 50);                -- a key wrapped anew fits beside the old one: no index is touched
-- Or ANALYZE would keep copies of wrapped keys in the catalogue.
ALTER TABLE keyring.keys ALTER COLUMN wrapped SET STATISTICS 0;

CREATE FUNCTION keyring.refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a key is made once and destroyed once: % of keyring.keys is refused', TG_OP
        USING HINT = 'register the person anew, under another id', ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER never_comes_back BEFORE UPDATE ON keyring.keys FOR EACH ROW
    WHEN (OLD.key_id <> NEW.key_id OR OLD.subject <> NEW.subject OR OLD.field_group <> NEW.field_group
          OR (OLD.fenced_at IS NOT NULL AND NEW.fenced_at IS DISTINCT FROM OLD.fenced_at)
          OR (OLD.destroyed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD))
    EXECUTE FUNCTION keyring.refuse_return();
ALTER TABLE keyring.keys ENABLE ALWAYS TRIGGER never_comes_back;
CREATE TRIGGER never_forgotten BEFORE DELETE OR TRUNCATE ON keyring.keys FOR EACH STATEMENT
    EXECUTE FUNCTION keyring.refuse_return();
ALTER TABLE keyring.keys ENABLE ALWAYS TRIGGER never_forgotten;

CREATE TYPE keyring.new_key AS (key_id uuid, field_group text, wrapped bytea);

-- Make a person's keys unless they are there, fenced or destroyed, and return them as they stand. The unique
-- constraint is the lock: whoever makes or fences the same key waits here for the other.
CREATE FUNCTION keyring.mint(of_subject uuid, on_epoch integer, fresh keyring.new_key[]) RETURNS SETOF keyring.keys
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM keyring.epochs e WHERE e.epoch = on_epoch AND e.retired_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'epoch % is retired', on_epoch USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO keyring.keys (key_id, subject, field_group, epoch, wrapped)
    SELECT n.key_id, of_subject, n.field_group, on_epoch, n.wrapped FROM unnest(fresh) n
    ON CONFLICT (subject, field_group) DO NOTHING;
    RETURN QUERY SELECT * FROM keyring.keys k WHERE k.subject = of_subject;
END $$;

-- From the commit of this on, no key of these groups is ever made for this person. One that is there stays
-- until it is destroyed; where there is none, its place is taken, so that what is said later has a key id.
CREATE FUNCTION keyring.fence(of_subject uuid, groups text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO keyring.keys AS k (key_id, subject, field_group, fenced_at, destroyed_at)
    SELECT gen_random_uuid(), of_subject, g, now(), now() FROM unnest(groups) g
    ON CONFLICT (subject, field_group) DO UPDATE SET fenced_at = now() WHERE k.fenced_at IS NULL;
$$;

-- Destroy a person's keys; returns them as they stand. Every process hears of it and forgets its copies.
CREATE FUNCTION keyring.destroy(of_subject uuid, groups text[]) RETURNS SETOF keyring.keys LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM keyring.keys k
        WHERE k.subject = of_subject AND k.field_group = ANY(groups) AND k.fenced_at IS NOT NULL)
       < cardinality(groups) THEN
        RAISE EXCEPTION 'keys are fenced before they are destroyed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE keyring.keys k SET wrapped = NULL, destroyed_at = clock_timestamp()
    WHERE k.subject = of_subject AND k.field_group = ANY(groups) AND k.destroyed_at IS NULL;
    PERFORM pg_notify('keyring', of_subject::text);
    RETURN QUERY SELECT * FROM keyring.keys k WHERE k.subject = of_subject AND k.field_group = ANY(groups);
END $$;
