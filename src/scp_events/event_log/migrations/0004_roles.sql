-- What programs may do: a reader reads, a writer also appends through the functions made for it and names a case.
-- Nothing else, whatever they are made to say. A role belongs to the whole server; where we may not make one,
-- whoever keeps the server does (the grants are then made by hand, from here).

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['scp_log_reader', 'scp_log_writer'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            -- Who makes a role may give it to others, and since PostgreSQL 16 not take it, unless they say so.
            IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('GRANT %I TO CURRENT_USER', wanted) || CASE
                    WHEN current_setting('server_version_num')::integer >= 160000
                    THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
            WHEN insufficient_privilege THEN
                RAISE WARNING 'the role % is missing and cannot be made: programs have all rights of their user', wanted;
        END;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION event_log.append, event_log.append_one FROM PUBLIC;

DO $$
DECLARE
    given text;
BEGIN
    FOREACH given IN ARRAY ARRAY['scp_log_reader', 'scp_log_writer'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = given);
        EXECUTE format('GRANT USAGE ON SCHEMA event_log TO %I', given);
        EXECUTE format('GRANT SELECT ON event_log.events, event_log.head, event_log.commands, event_log.cases,'
                       ' event_log.installation TO %I', given);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scp_log_writer') THEN
        GRANT INSERT ON event_log.cases TO scp_log_writer;
        GRANT EXECUTE ON FUNCTION event_log.append, event_log.append_one TO scp_log_writer;
    END IF;
END $$;
