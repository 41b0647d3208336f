// Sends HL7 v2 files over MLLP with the npm package node-hl7-client, on one connection, and prints each ACK as JSON.
// node send-hl7.mjs PORT [--tls CA.pem] FILE...
// A line each: {"file","id","code","ackId","text"} or {"file","id","error"}; the exit code is 1 after an error.
import { readFileSync } from "node:fs";
import Client, { Message } from "node-hl7-client";

const ACK_TIMEOUT_MS = 10_000;
const args = process.argv.slice(2);
const at = args.indexOf("--tls");
const ca = at >= 0 ? args.splice(at, 2)[1] : undefined;
const [port, ...files] = args;
if (!(Number(port) > 0) || files.length === 0) {
    process.stderr.write("usage: node send-hl7.mjs PORT [--tls CA.pem] FILE...\n");
    process.exit(2);
}

const client = new Client({ host: "127.0.0.1", ...(ca ? { tls: { ca: readFileSync(ca) } } : {}) });
let settle; // what waits for the next ACK, or for the end of the connection
// Read and sent as Latin-1, so that every byte arrives as it stands in the file, whatever its charset is.
const connection = client.createConnection({ port: Number(port), encoding: "latin1" }, (reply) =>
    settle?.({ reply: reply.getMessage() }),
);
connection.on("data.error", (error) => settle?.({ error: String(error.message ?? error) }));

let failed = false;
try {
    await open();
    for (const file of files) {
        for (const text of messages(readFileSync(file, "latin1"))) {
            const result = await send(text);
            print(file, text, result);
            if (result.error && !result.unsent) throw new Error("stopped");
        }
    }
} catch (error) {
    failed = true;
    if (error.message !== "stopped") process.stdout.write(JSON.stringify({ error: error.message }) + "\n");
}
await connection.close();
process.exit(failed ? 1 : 0);

/** The messages of a file, without MLLP frames and batch envelopes. */
function messages(text) {
    const segments = text
        .replace(/[\x0b\x1c]/g, "\r")
        .split(/[\r\n]+/)
        .filter(Boolean);
    const found = [];
    for (const segment of segments) {
        if (/^(FHS|BHS|BTS|FTS)/.test(segment)) continue;
        if (segment.startsWith("MSH") || found.length === 0) found.push([]);
        found.at(-1).push(segment);
    }
    return found.map((lines) => lines.join("\r") + "\r");
}

/** Waits for the connection: a message that is sent too early makes the package open a second one. */
async function open() {
    const result = withTimeout("no connection");
    connection.once("connect", () => settle?.({}));
    watch();
    const { error } = await result;
    if (error) throw new Error(error);
}

/** The package says nothing when the other side hangs up, so its socket is watched. */
function watch() {
    connection._socket.on("error", (error) => settle?.({ error: error.message }));
    connection._socket.on("close", () => settle?.({ error: "the connection was closed" }));
}

function withTimeout(text) {
    return new Promise((done) => {
        const timer = setTimeout(
            () => settle?.({ error: `${text} within ${ACK_TIMEOUT_MS / 1000} s` }),
            ACK_TIMEOUT_MS,
        );
        settle = (value) => {
            clearTimeout(timer);
            settle = undefined;
            done(value);
        };
    });
}

async function send(text) {
    let message;
    try {
        message = new Message({ text });
    } catch (error) {
        return { error: `not sent: ${error.message}`, unsent: true };
    }
    const result = withTimeout("no ACK");
    await connection.sendMessage(message);
    return result;
}

function print(file, text, { reply, error }) {
    const id = text.split("\r")[0].split(text[3])[9] ?? "";
    const value = (path) => reply.get(path).toString();
    if (error) failed = true;
    const line = error
        ? { file, id, error }
        : { file, id, code: value("MSA.1"), ackId: value("MSA.2"), text: value("MSA.3") };
    process.stdout.write(JSON.stringify(line) + "\n");
}
