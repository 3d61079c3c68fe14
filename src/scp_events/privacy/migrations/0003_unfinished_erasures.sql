-- Why an erasure could not be finished when it was last tried. The log says that it was approved and is not done.
CREATE TABLE keyring.unfinished_erasures (
    case_id  uuid        PRIMARY KEY,
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_by text        NOT NULL,
    reasons  jsonb       NOT NULL     -- sentences: what holds it, since when, and how to end that
);
