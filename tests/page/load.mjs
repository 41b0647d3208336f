// How fast the page is with 100,000 appointments, beside a burst of texts, and what that costs the burst. Run it by hand:
// LEADTIME=target/dist/leadtime tests/page/run load   (docs/performance.md has the figures)
// With AT_ANNIES_RATE=1, the sandbox accepts 60 requests a minute, as Annie does, and one burst of 150 texts lasts minutes.
import { Office, PASSWORD, inHours } from "./office.mjs";

const LIMITED = process.env.AT_ANNIES_RATE === "1";
const ROUNDS = LIMITED ? 1 : 5;
const BURST = LIMITED ? 150 : 1000;
const CLIENTS = 4;
// Each of them asks for a page about once a second.
const PAUSE = 1000;
const head = "id,patient_id,first_name,last_name,phone,starts_at,status,booked_at";
const number = (n) => `+1303${2000000 + n}`;
const firsts = ["Ann", "José", "Maria", "Wei", "Olga", "Noah", "Grace", "Ivan", "Priya", "Lucía"];
const lasts = ["Lee", "Núñez", "Lopez", "Chen", "Petrova", "Brown", "Miller", "Novak", "Patel", "O'Brien"];
const row = (n, hours) =>
  `B${n},P${n},${firsts[n % 10]},${lasts[Math.floor(n / 10) % 10]} ${n},${number(n)},${inHours(hours)},booked,2026-01-01T00:00:00Z`;

// 400 a day for 250 days, today among them; none has a text due now.
const rows = [head];
for (let n = 0; n < 100_000; n += 1) rows.push(row(n, (n % 250) * 24 + 2 + (n % 400) / 100));
const office = await Office.open(rows.join("\n") + "\n", LIMITED ? { perMinute: 60 } : { sandbox: ["--enforce", "none"] });
const settled = async () => {
  while (office.one("SELECT count(*) FROM replan_queue") > 0) await new Promise((resolve) => setTimeout(resolve, 500));
};
await settled();

const logIn = async () => {
  const form = new URLSearchParams({ user: "mia", password: PASSWORD });
  const answer = await fetch(`${office.url}/login`, {
    method: "POST", body: form, redirect: "manual", headers: { origin: office.url },
  });
  return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
};
const cookie = await logIn();
const page = await (await fetch(`${office.url}/password`, { headers: { cookie } })).text();
const token = page.match(/name="token" value="([0-9a-f]+)"/)[1];
const took = { "/": [], "/worklist": [], "/search": [] };
// The same at the server: from the request to the answer.
const served = { "/": [], "/worklist": [], "/search": [] };
const ask = async (path, words) => {
  if (words) {
    const body = new URLSearchParams({ token, q: words });
    await fetch(`${office.url}/search`, { method: "POST", body, redirect: "manual", headers: { cookie, origin: office.url } });
  }
  const began = performance.now();
  const answer = await fetch(office.url + path, { headers: { cookie } }).catch((error) => {
    throw new Error(`${path} after ${Math.round(performance.now() - began)} ms: ${error.cause}\n${office.log.slice(-2000)}`);
  });
  await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  took[path].push(performance.now() - began);
  served[path].push(Number(answer.headers.get("server-timing").match(/dur=([0-9.]+)/)[1]));
};

let next = 1_000_000;
const burst = async (withPage) => {
  const lines = [head];
  const first = next;
  for (let n = 0; n < BURST; n += 1, next += 1) lines.push(row(next, 24 + 15 / 3600));
  office.write("burst.csv", lines.join("\n") + "\n");
  office.run("import", "burst.csv", "--partial");
  let isOver = false;
  const clients = withPage ? Array.from({ length: CLIENTS }, async (_, at) => {
    for (let n = at; !isOver; n += 1) {
      await ask(["/", "/worklist", "/search"][n % 3], n % 3 === 2 ? ["lopez 77", "nunez", "5551", "B4711"][n % 4] : "");
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }) : [];
  const ids = [`B${first}`, `B${first + BURST - 1}`];
  const about = `SELECT count(*), min(t.started_ms), max(t.ended_ms) FROM reminders AS r
    JOIN attempts AS t ON t.message_id = r.message_id
    WHERE r.state = 'sent' AND r.appointment_id BETWEEN ? AND ? AND length(r.appointment_id) = length(?)`;
  for (;;) {
    const [count, from, to] = (await office.sqlLater(about, ...ids, ids[0]))[0];
    if (count === BURST) {
      isOver = true;
      await Promise.all(clients);
      return to - from;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

const alone = [], beside = [];
for (let round = 0; round < ROUNDS; round += 1) {
  if (!LIMITED) alone.push(await burst(false));
  beside.push(await burst(true));
  console.log(`round ${round + 1}: ${alone.at(-1) ?? "-"} ms alone, ${beside.at(-1)} ms beside`);
}
const sorted = (all) => all.toSorted((a, b) => a - b);
const quantile = (all, part) => sorted(all)[Math.min(all.length - 1, Math.floor(all.length * part))];
for (const [path, all, where] of [took, served].flatMap((of, n) => Object.entries(of).map((one) => [...one, n ? "server" : "browser"]))) {
  console.log(`${where.padEnd(8)} ${path.padEnd(10)} ${all.length} requests: median ${quantile(all, 0.5).toFixed(0)} ms, p99 ${quantile(all, 0.99).toFixed(0)} ms, most ${Math.max(...all).toFixed(0)} ms`);
}
if (LIMITED) {
  await office.close();
  process.exit(0);
}
const [one, other] = [quantile(alone, 0.5), quantile(beside, 0.5)];
console.log(`a burst of ${BURST} texts: alone ${one} ms, beside ${CLIENTS} browsers ${other} ms (medians of ${ROUNDS}): ${(other / one).toFixed(2)}`);
console.log(`each: ${alone.join(" ")} / ${beside.join(" ")}`);
await office.close();
