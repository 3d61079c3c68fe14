-- Files with personal data that our own programs wrote. No key makes them unreadable, so an erasure names them.
CREATE TABLE keyring.copies (
    reference  text        NOT NULL,  -- of the case; empty where what is in the file names none
    kind       text        NOT NULL CHECK (kind IN ('rejected-rows', 'bundle', 'case-file', 'uploaded-sheets')),
    machine    text        NOT NULL,
    path       text        NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (reference, kind, machine, path)
);
