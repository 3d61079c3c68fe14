// Draws an audit sample anew from its frame, knowing nothing of us but what `format/sample.py` tells in words.
//
//     node redraw.mjs DIRECTORY      an unpacked document; prints the strata as JSON
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (path) => readFileSync(join(process.argv[2], "data", path), "utf8");
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

const { format, checkpoint, purpose, by, size } = JSON.parse(read("about.json"));
const lines = [format, checkpoint.origin, checkpoint.size, checkpoint.root, purpose];
const seed = sha256(lines.map((line) => `${line}\n`).join(""));

const strata = new Map();
let total = 0;
for (const line of read("frame.txt").split("\n")) {
  const [kind, id, , leaf] = line.split(" ");
  if (kind !== "stream") continue;
  const record = Buffer.from(leaf, "base64");
  const type = record.subarray(56, 56 + record.readUInt16BE(54)).toString();
  const year = new Date(Number(record.readBigInt64BE(46) / 1000n)).getUTCFullYear();
  const stratum = { category: type.split(".")[0], year: String(year), nothing: "all" }[by];
  const number = sha256(seed, Buffer.from(id.replaceAll("-", ""), "hex")).toString("hex");
  strata.set(stratum, [...(strata.get(stratum) ?? []), { id, number }]);
  total += 1;
}

const names = [...strata.keys()].sort();
const share = new Map(names.map((name) => [name, Math.floor((size * strata.get(name).length) / total)]));
const rest = (name) => (size * strata.get(name).length) % total;
const left = size - [...share.values()].reduce((sum, each) => sum + each, 0);
for (const name of [...names].sort((a, b) => rest(b) - rest(a) || (a < b ? -1 : 1)).slice(0, left)) {
  share.set(name, share.get(name) + 1);
}
const drawn = names.map((name) => {
  const inOrder = strata.get(name).sort((a, b) => (a.number < b.number ? -1 : 1));
  return { stratum: name, streams: inOrder.length, drawn: inOrder.slice(0, share.get(name)).map(({ id }) => id) };
});
console.log(JSON.stringify(drawn));
