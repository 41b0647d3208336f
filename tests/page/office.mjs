// A practice whose page is served: the sandbox, the daemon, users, a book, and questions to the database.
import { execFile, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdtempSync, writeFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const PASSWORD = "correct horse battery";
const LEADTIME = process.env.LEADTIME;

// Without these flags, Chromium looks for its maker's servers.
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });

const freePort = () => new Promise((resolve) => {
  const server = createServer();
  server.listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

// Resolves at the first line of a process that matches.
const line = (stream, pattern) => new Promise((resolve, reject) => {
  const lines = createInterface({ input: stream });
  const heard = [];
  lines.on("line", (text) => { heard.push(text); if (pattern.test(text)) resolve(text); });
  lines.on("close", () => reject(new Error(`it ended:\n${heard.join("\n")}`)));
});

// A time zone without clock changes where it is about noon now.
const zone = () => {
  const hours = 12 - new Date().getUTCHours();
  return hours === 0 ? "Etc/GMT" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
};

export const inHours = (hours) => new Date(Date.now() + hours * 3600e3).toISOString().replace(/\.\d+Z/, "Z");

// The arguments of a Python that asks the database.
const asked = (statement, values) => ["-c", "import sqlite3,sys,json\n" +
  "c=sqlite3.connect('test.db',timeout=20)\nrows=c.execute(sys.argv[1],json.loads(sys.argv[2])).fetchall()\n" +
  "c.commit()\nprint(json.dumps(rows))", statement, JSON.stringify(values)];

export class Office {
  static async open(book, { language = "en", more = "", sandbox = [], perMinute = 60000 } = {}) {
    const office = new Office();
    office.folder = mkdtempSync(join(tmpdir(), "leadtime-page-"));
    office.sandbox = spawn(LEADTIME, ["sandbox", "--port", "0", "--key", "k", ...sandbox], { cwd: office.folder });
    const first = await line(office.sandbox.stdout, /base_url/);
    office.port = await freePort();
    office.url = `http://127.0.0.1:${office.port}`;
    writeFileSync(join(office.folder, "config.toml"), `[practice]
name = "Maple Dental"
phone = "+13035550100"
from_number = "+13035550199"
timezone = "${zone()}"
[annie]
base_url = "${first.split('"')[1]}"
requests_per_minute = ${perMinute}
[sending]
mode = "live"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[[rule]]
name = "day-before"
lead = "24 hours"
message = "{{ practice.name }}: See you {{ appointment.when }}"
[schedule]
tick = "* * * * * *"
[database]
path = "test.db"
[desk]
listen = "127.0.0.1:${office.port}"
language = "${language}"
${more}`);
    office.write("book.csv", book);
    office.run("import", "book.csv");
    for (const [user, role] of [["lou", "look"], ["dan", "desk"], ["eve", "desk"], ["mia", "manager"]]) {
      execFileSync(LEADTIME, ["desk", "add-user", user, "--role", role], { cwd: office.folder, input: `${PASSWORD}\n` });
    }
    office.log = "";
    office.daemon = spawn(LEADTIME, ["run"], { cwd: office.folder, env: { ...process.env, ANNIE_API_KEY: "k" } });
    office.daemon.stderr.on("data", (text) => { office.log += text; });
    await line(office.daemon.stderr, /front desk's page is served/);
    return office;
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  run(...words) {
    return execFileSync(LEADTIME, words, { cwd: this.folder, encoding: "utf8" });
  }

  // Rows of a statement, or nothing.
  sql(statement, ...values) {
    return JSON.parse(execFileSync("python3", asked(statement, values), { cwd: this.folder, encoding: "utf8" }));
  }

  // The same, without holding up everything else in this process.
  async sqlLater(statement, ...values) {
    const options = { cwd: this.folder, encoding: "utf8" };
    const { stdout } = await promisify(execFile)("python3", asked(statement, values), options);
    return JSON.parse(stdout);
  }

  one(statement, ...values) {
    return this.sql(statement, ...values)[0]?.[0];
  }

  async close() {
    const ended = new Promise((resolve) => this.daemon.on("exit", resolve));
    this.daemon.kill("SIGTERM");
    const code = await ended;
    this.sandbox.kill();
    rmSync(this.folder, { recursive: true });
    return code;
  }
}
