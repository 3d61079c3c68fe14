-- What a program may do that writes the log: read it, append through the one function, name a case. Nothing
-- else, whatever it is made to say. A role belongs to the whole server; where we may not make one, whoever
-- keeps the server does (the grants are then made by hand, from here).

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'scp_log_writer') THEN
        CREATE ROLE scp_log_writer NOLOGIN;
        -- Who makes a role may give it to others, and since PostgreSQL 16 not take it, unless they say so.
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            IF current_setting('server_version_num')::integer >= 160000 THEN
                EXECUTE 'GRANT scp_log_writer TO CURRENT_USER WITH INHERIT FALSE, SET TRUE';
            ELSE
                GRANT scp_log_writer TO CURRENT_USER;
            END IF;
        END IF;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
    WHEN insufficient_privilege THEN
        RAISE WARNING 'the role scp_log_writer is missing and cannot be made: programs write with all rights they have';
END $$;

REVOKE ALL ON FUNCTION event_log.append FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scp_log_writer') THEN
        GRANT USAGE ON SCHEMA event_log TO scp_log_writer;
        GRANT SELECT ON event_log.events, event_log.head, event_log.commands, event_log.cases TO scp_log_writer;
        GRANT INSERT ON event_log.cases TO scp_log_writer;
        GRANT EXECUTE ON FUNCTION event_log.append TO scp_log_writer;
    END IF;
END $$;
