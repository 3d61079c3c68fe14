// The callers of Emmett, in one event loop: asked in lines of JSON, each answered with one.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";
import pg from "pg";

const MOST_CALLERS = 64;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const settings = JSON.parse((await lines.next()).value);
// Connections are kept between rounds: to open them is not what is measured.
const pool = new pg.Pool({ ...settings.connection, max: MOST_CALLERS, idleTimeoutMillis: 0 });
const store = getPostgreSQLEventStore("postgresql://", { connectionOptions: { pool } });
const event = { type: "ContactRecorded", data: settings.event };

/** Appends to one stream after the other, each from its beginning. */
function caller() {
  let stream;
  let version = BigInt(settings.length);
  return async () => {
    if (version === BigInt(settings.length)) {
      stream = `participant-${randomUUID()}`;
      version = 0n;
    }
    const appended = await store.appendToStream(stream, [event], { expectedStreamVersion: version });
    version = appended.nextExpectedStreamVersion;
  };
}

const callers = [];

/** Let so many callers append for so long; they go on where they stopped. */
async function record(number, seconds) {
  while (callers.length < number) callers.push(caller());
  const waits = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const calling = async (append) => {
    let before = began;
    while (before < until) {
      await append();
      const after = performance.now();
      waits.push((after - before) / 1000);
      before = after;
    }
  };
  await Promise.all(callers.slice(0, number).map(calling));
  return { seconds: (performance.now() - began) / 1000, waits };
}

function answer(said) {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

await store.schema.migrate();
answer({});
for await (const line of lines) {
  const asked = JSON.parse(line);
  answer(await record(asked.callers, asked.seconds));
}
await pool.end();
