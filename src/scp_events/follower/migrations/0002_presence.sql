-- Whether anybody follows: a follower holds a lock under its own id for as long as its connection lasts, so that
-- nobody has to believe a row which says "following" and was written by a program that is gone.

CREATE FUNCTION follower.lock_of(owner uuid) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN hashtextextended('follower ' || owner::text, 0);

CREATE FUNCTION follower.is_there(owner uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32 | objid::bigint) = follower.lock_of(owner));
