// The front desk's page, as its users use it. Each check looks at the page and at the database.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Office, PASSWORD, inHours, launch } from "./office.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("shots/", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

const hostile = `<img src=x onerror=alert(1)>`;
const book = [
  "id,patient_id,first_name,last_name,phone,starts_at,status,provider,booked_at",
  `A1,P1,Ann,Lee,+13035551001,${inHours(30)},booked,Dr. Reed,2026-01-01T00:00:00Z`,
  `A2,P2,${hostile},"O'Brien & ""Sons"" \u202Egnirts",+13035551002,${inHours(30.5)},booked,Dr. Reed,2026-01-01T00:00:00Z`,
  `A3,P3,Cy,Nophone,,${inHours(5)},booked,Kim RDH,2026-01-01T00:00:00Z`,
  `A4,P4,Dana,Cohen,+13035551004,${inHours(31)},booked,Kim RDH,2026-01-01T00:00:00Z`,
  `A5,P5,Ema,Held,+13035551005,${inHours(32)},booked,Kim RDH,2026-01-01T00:00:00Z`,
  `A6,P6,Fay,Confirmed,+13035551006,${inHours(4)},confirmed,Kim RDH,2026-01-01T00:00:00Z`,
].join("\n") + "\n";

const office = await Office.open(book);
const browser = await launch();
let passed = 0;
const check = async (name, work) => {
  try {
    await work();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    console.log(`FAILED  ${name}\n${error.stack}`);
    process.exitCode = 1;
  }
};

const logIn = async (user, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (said) => { if (["error", "warning"].includes(said.type())) page.faults.push(said.text()); });
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("dialog", (dialog) => { page.faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(`${office.url}/`);
  await page.fill("#user", user);
  await page.fill("#password", PASSWORD);
  await page.click("button.main");
  await page.waitForURL(`${office.url}/`);
  return page;
};
const at = (page, path) => page.goto(office.url + path);
const said = (page) => page.locator(".flash p").first().innerText();
const audited = (act, who) => office.one("SELECT count(*) FROM audit WHERE act = ? AND who = ?", act, who);
// Clicks a button and waits for the page that follows the form.
const press = async (page, locator) => {
  await Promise.all([page.waitForNavigation(), locator.click()]);
};

const insertTask = (cause, code, phone, said, appointment) => {
  office.sql(`INSERT INTO tasks (cause, kind, code, phone, since, opened_at, due_at, said)
    SELECT ?, 'reply', ?, ?, unixepoch(), unixepoch(), starts_unix, ? FROM appointments WHERE id = ?`, cause, code, phone, said, appointment);
  office.sql(`INSERT INTO task_appointments SELECT (SELECT max(id) FROM tasks), id, starts_unix FROM appointments WHERE id = ?`, appointment);
  return office.one("SELECT max(id) FROM tasks");
};

await check("a wrong password is refused and nothing of the practice is shown", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${office.url}/worklist`);
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.fill("#user", "dan");
  await page.fill("#password", "something else");
  await press(page, page.locator("button.main"));
  assert.match(await page.locator("[role=alert]").innerText(), /user name or the password is wrong/);
  await context.close();
});

const dan = await logIn("dan");
const mia = await logIn("mia");

await check("Today shows who is reached, in words and colors, and hostile names as text", async () => {
  const rows = await dan.locator("tbody tr").allInnerTexts();
  await at(dan, "/days");
  const days = await dan.locator("tbody th a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  let all = rows.join("\n");
  for (const day of days) { await at(dan, day); all += await dan.locator("main").innerText(); }
  for (const part of ["Ann Lee", hostile, "text planned", "not reached", "confirmed", "Dr. Reed"]) assert.ok(all.includes(part), part);
  assert.ok(!all.includes("\u202E"), "a mark that turns text around is shown as an escape");
  assert.equal(await dan.locator("main img").count(), 0);
});

await check("a task: called, put off, done with a note, undone", async () => {
  const id = insertTask("t1", "needs_a_look", "+13035551001", "Can my husband come along?", "A1");
  await at(dan, "/worklist");
  const task = dan.locator(`#task-${id}`);
  assert.match(await task.innerText(), /Can my husband come along/);
  assert.match(await dan.title(), /^\(\d+\) /);
  await press(dan, task.getByRole("button", { name: "No answer" }));
  assert.equal(await said(dan), "Recorded: no answer.");
  assert.deepEqual(office.sql("SELECT result, who, appointment_id FROM calls WHERE undone_at IS NULL"), [["no-answer", "dan", "A1"]]);
  await press(dan, dan.getByRole("button", { name: "Undo" }));
  assert.equal(office.one("SELECT count(*) FROM calls WHERE undone_at IS NULL"), 0);
  await task.locator("summary").click();
  await press(dan, task.getByRole("button", { name: "In an hour" }));
  assert.equal(office.one("SELECT count(*) FROM snoozes WHERE task_id = ?", id), 1);
  await press(dan, dan.getByRole("button", { name: "Undo" }));
  assert.equal(office.one("SELECT count(*) FROM snoozes"), 0);
  await task.getByLabel("Note (no names)").fill("yes, he can");
  await press(dan, task.getByRole("button", { name: "Done", exact: true }));
  assert.deepEqual(office.sql("SELECT closed_how, who, note FROM tasks WHERE id = ?", id), [["done", "dan", "yes, he can"]]);
  assert.equal(audited("task-done", "dan"), 1);
  await press(dan, dan.getByRole("button", { name: "Undo" }));
  assert.equal(office.one("SELECT count(*) FROM tasks WHERE cause = 't1' AND closed_at IS NULL"), 1);
  assert.equal(await dan.locator("[data-rows] article.task", { hasText: "husband" }).count(), 1);
});

await check("two browsers on one task: the second one is told who closed it", async () => {
  const eve = await logIn("eve");
  const id = office.one("SELECT id FROM tasks WHERE cause = 't1' AND closed_at IS NULL");
  await at(dan, "/worklist");
  await at(eve, "/worklist");
  await press(dan, dan.locator(`#task-${id}`).getByRole("button", { name: "Done", exact: true }));
  await press(eve, eve.locator(`#task-${id}`).getByRole("button", { name: "Done", exact: true }));
  assert.match(await said(eve), /^dan closed this task already/);
  assert.equal(audited("task-done", "eve"), 0);
  await eve.context().close();
});

await check("an appointment: note, skip, give back, opt out, lift, wrong number", async () => {
  await at(dan, "/appointments/A4");
  const act = (name) => press(dan, dan.getByRole("button", { name, exact: true }));
  await act("Is coming");
  assert.match(await said(dan), /Dana Cohen: confirmed/);
  assert.deepEqual(office.sql("SELECT outcome, source, who FROM outcomes WHERE appointment_id = 'A4'"), [["confirmed", "desk", "dan"]]);
  await act("Undo");
  assert.equal(office.one("SELECT outcome FROM outcomes WHERE appointment_id = 'A4'"), "none");
  await act("Send none");
  assert.equal(office.one("SELECT count(*) FROM skips WHERE appointment_id = 'A4' AND who = 'dan'"), 1);
  await act("Undo");
  assert.equal(office.one("SELECT count(*) FROM skips"), 0);
  await act("Never text this number again");
  assert.deepEqual(office.sql("SELECT phone, source, who FROM opt_outs"), [["+13035551004", "desk", "dan"]]);
  await act("Text this number again");
  assert.equal(office.one("SELECT count(*) FROM opt_outs"), 0);
  await act("It is not this patient's number");
  assert.deepEqual(office.sql("SELECT phone, patient_id, who FROM wrong_numbers"), [["+13035551004", "P4", "dan"]]);
  await act("It is this patient's number after all");
  assert.equal(office.one("SELECT count(*) FROM wrong_numbers"), 0);
  for (const act of ["outcome-noted", "skipped", "unskipped", "opted-out", "opt-out-lifted", "wrong-number", "wrong-number-lifted", "viewed"]) {
    assert.ok(audited(act, "dan") > 0, act);
  }
});

await check("an opt-out in the patient's words is lifted by a manager only, with a reason", async () => {
  office.sql("INSERT INTO opt_outs (phone, at, source) VALUES ('+13035551004', unixepoch(), 'reply')");
  await at(dan, "/appointments/A4");
  assert.equal(await dan.getByRole("button", { name: "Text this number again" }).count(), 0);
  await at(mia, "/appointments/A4");
  await mia.fill("#reason", "asked for them on the phone");
  await press(mia, mia.getByRole("button", { name: "Text this number again" }));
  assert.equal(office.one("SELECT count(*) FROM opt_outs"), 0);
});

await check("search finds any part of a name, a number in any spelling, four digits, an id; no address contains them", async () => {
  for (const [words, found] of [["nopho", "Cy Nophone"], ["303.555.1004", "Dana Cohen"], ["1004", "Dana Cohen"], ["A5", "Ema Held"], ["LEE ann", "Ann Lee"]]) {
    await dan.fill("#q", words);
    await Promise.all([dan.waitForNavigation(), dan.press("#q", "Enter")]);
    assert.match(await dan.locator("main").innerText(), new RegExp(found), words);
    assert.equal(dan.url(), `${office.url}/search`);
  }
  await dan.getByRole("link", { name: "Ann Lee" }).click();
  await dan.waitForURL("**/appointments/A1");
  await dan.goBack();
  assert.match(await dan.locator("main").innerText(), /Ann Lee/);
  assert.ok(audited("searched", "dan") >= 5);
});

await check("the call list keeps its calls and prints with boxes", async () => {
  await at(dan, "/not-reached");
  const row = dan.locator("tr", { hasText: "Cy Nophone" });
  await press(dan, row.getByRole("button", { name: "Left a message" }));
  await at(dan, "/not-reached");
  assert.match(await dan.locator("tr", { hasText: "Cy Nophone" }).innerText(), /left a message · dan/);
  await dan.emulateMedia({ media: "print" });
  assert.equal(await dan.locator("header nav").isVisible(), false);
  assert.equal(await dan.locator("tr", { hasText: "Cy Nophone" }).locator(".box").isVisible(), true);
  await dan.screenshot({ path: `${shots}print.png`, fullPage: true });
  await dan.emulateMedia({ media: "screen" });
});

await check("a manager pauses and resumes; the desk cannot", async () => {
  await at(dan, "/rules");
  assert.equal(await dan.getByRole("button", { name: "Pause sending" }).count(), 0);
  await at(mia, "/rules");
  await mia.fill("#why", "power cut");
  await press(mia, mia.getByRole("button", { name: "Pause sending" }));
  assert.deepEqual(office.sql("SELECT location, who, why FROM pauses"), [["", "mia", "power cut"]]);
  await at(dan, "/");
  assert.match(await dan.locator(".band").innerText(), /paused everywhere/);
  await at(mia, "/rules");
  await press(mia, mia.getByRole("button", { name: "Resume sending" }));
  assert.equal(office.one("SELECT count(*) FROM pauses"), 0);
});

await check("a manager adds a user, limits the role and removes the user again", async () => {
  await at(dan, "/");
  assert.equal(await dan.getByRole("link", { name: "Users" }).count(), 0);
  await at(mia, "/users");
  await mia.getByLabel("User name").fill("Pat");
  await mia.locator("#role-add").selectOption("look");
  await mia.locator("#new-add").fill("a quiet blue lamp");
  await mia.locator("#again-add").fill("a quiet blue lamp");
  await press(mia, mia.getByRole("button", { name: "Add a user" }));
  assert.equal(await said(mia), "pat may now log in.");
  assert.equal(office.one("SELECT role FROM desk_users WHERE name = 'pat'"), "look");
  await mia.screenshot({ path: `${shots}users.png`, fullPage: true });
  const row = mia.locator("article", { hasText: "pat" });
  await row.getByText("Change role").click();
  await row.getByLabel("May").selectOption("desk");
  await press(mia, row.getByRole("button", { name: "Save" }));
  assert.equal(office.one("SELECT role FROM desk_users WHERE name = 'pat'"), "desk");
  await press(mia, mia.getByRole("button", { name: "Undo" }));
  assert.equal(office.one("SELECT role FROM desk_users WHERE name = 'pat'"), "look");
  await row.getByText("Remove").first().click();
  await press(mia, row.getByRole("button", { name: "Remove" }));
  assert.equal(office.one("SELECT count(*) FROM desk_users WHERE name = 'pat'"), 0);
  assert.equal(audited("user-removed", "mia"), 1);
});

await check("a held text is decided with the consequence in words", async () => {
  office.sql("INSERT INTO messages (id, phone, body, made_at, made_local) VALUES (900, '+13035551005', '{\"message\": \"See you\"}', unixepoch(), '')");
  office.sql("INSERT INTO attempts (id, message_id, api_key, phone, started_ms) VALUES (900, 900, 'default', '+13035551005', unixepoch() * 1000)");
  for (const state of ["sending", "unknown", "held"]) {
    if (state === "sending") {
      office.sql("DELETE FROM reminders WHERE appointment_id = 'A5' AND state = 'planned'");
      office.sql(`INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, phone, api_key, state, message_id, starts_local)
        SELECT id, 'day-before', starts_unix, patient_id, phone, 'default', 'sending', 900, '' FROM appointments WHERE id = 'A5'`);
      office.sql("INSERT INTO message_reminders (message_id, reminder_id) SELECT 900, id FROM reminders WHERE message_id = 900");
    } else {
      office.sql("UPDATE reminders SET state = ? WHERE message_id = 900", state);
    }
    if (state === "unknown") office.sql("UPDATE attempts SET outcome = 'unknown', ended_ms = started_ms + 1, unresolved = 1, detail = 'the connection ended' WHERE id = 900");
  }
  await at(mia, "/held");
  const held = mia.locator("article", { hasText: "Ema Held" });
  assert.match(await held.innerText(), /What Leadtime saw[\s\S]*the connection ended[\s\S]*gets no text\. Call the patient/);
  await mia.screenshot({ path: `${shots}held.png`, fullPage: true });
  await press(mia, held.getByRole("button", { name: "Do not send it" }));
  assert.equal(audited("resolved-drop", "mia"), 1);
  assert.equal(office.one("SELECT state FROM reminders WHERE message_id = 900") !== "held", true);
});

await check("what somebody does appears elsewhere within two seconds, and no row moves", async () => {
  await at(dan, "/worklist");
  const before = await dan.locator("article.task").count();
  insertTask("t2", "question", "+13035551001", "Is there parking?", "A1");
  await mia.goto(`${office.url}/appointments/A1`);
  await press(mia, mia.getByRole("button", { name: "Is coming", exact: true }));
  const began = Date.now();
  await dan.locator("#news").waitFor({ state: "visible", timeout: 2000 });
  console.log(`        after ${Date.now() - began} ms`);
  assert.equal(await dan.locator("article.task").count(), before);
  await Promise.all([dan.waitForNavigation(), dan.click("#news-show")]);
  assert.match(await dan.locator("main").innerText(), /parking/);
});

await check("what somebody types stays when the page learns of a change", async () => {
  await at(dan, "/worklist");
  const note = dan.getByLabel("Note (no names)").first();
  await note.fill("half a sen");
  office.sql("UPDATE tasks SET detail = 'x' WHERE cause = 't2'");
  await mia.goto(`${office.url}/appointments/A4`);
  await press(mia, mia.getByRole("button", { name: "Send none", exact: true }));
  await dan.waitForResponse((answer) => answer.url() === `${office.url}/worklist`, { timeout: 4000 });
  assert.equal(await note.inputValue(), "half a sen");
});

await check("without scripts, every act works", async () => {
  const plain = await logIn("dan", { javaScriptEnabled: false });
  await at(plain, "/worklist");
  const id = office.one("SELECT id FROM tasks WHERE cause = 't2' AND closed_at IS NULL");
  await plain.locator(`#task-${id}`).getByRole("button", { name: "Done", exact: true }).click();
  await plain.waitForURL("**/worklist");
  assert.equal(office.one("SELECT closed_how FROM tasks WHERE id = ?", id), "done");
  await plain.context().close();
});

await check("hostile words of 10 kB are shown as text, and nothing runs", async () => {
  insertTask("t3", "needs_a_look", "+13035551002", `<script>alert(1)</script> \u202E ${"x<b>y ".repeat(1700)}`, "A2");
  await at(dan, "/worklist");
  assert.match(await dan.locator("main").innerText(), /<script>alert\(1\)<\/script>/);
  assert.equal(await dan.locator("main script, main b").count(), 0);
  await dan.getByRole("link", { name: /onerror/ }).first().click();
  await dan.waitForURL("**/appointments/A2");
  assert.deepEqual(dan.faults, []);
});

await check("an ended session leads to the login, and the act is not done", async () => {
  const eve = await logIn("eve");
  await at(eve, "/appointments/A1");
  office.sql("UPDATE desk_tokens SET seen_at = seen_at - 3600 WHERE user = 'eve'");
  await eve.getByRole("button", { name: "Never text this number again" }).click();
  await eve.waitForURL("**/login");
  assert.equal(office.one("SELECT count(*) FROM opt_outs"), 0);
  await eve.context().close();
});

await check("after logging out, the back button shows nothing", async () => {
  const lou = await logIn("lou");
  await at(lou, "/appointments/A1");
  assert.equal(await lou.getByRole("button", { name: "Is coming" }).count(), 0, "a user who only looks has no acts");
  await press(lou, lou.getByRole("button", { name: "Log out" }));
  await lou.goBack().catch(() => {});
  await lou.waitForLoadState();
  assert.ok(!(await lou.content()).includes("Ann"));
  await lou.context().close();
});

const pages = ["/", "/worklist", "/appointments/A1", "/appointments/A2", "/search", "/not-reached", "/held", "/days", "/feeds", "/rules", "/health", "/users", "/password"];
for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 360, height: 740 } }]]) {
  await check(`every page is accessible and fits: ${name}`, async () => {
    const page = await logIn("mia", options);
    for (const path of [...pages, "/login", "/nothing"]) {
      if (path === "/login") await page.context().clearCookies();
      await at(page, path);
      // The checker is a script of its own; the page's policy allows none, so it runs beside the page.
      const found = await page.evaluate(async (source) => {
        (0, eval)(source);
        const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
        return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join("; ")}`);
      }, axe).catch((error) => [error.message]);
      assert.deepEqual(found, [], path);
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(tooWide <= 0, `${path} is ${tooWide} px too wide`);
      await page.screenshot({ path: `${shots}${name}${path.replaceAll("/", "-")}.png`, fullPage: true });
    }
    await page.context().close();
  });
}

await check("the keyboard reaches everything, and keys lead to pages", async () => {
  await at(dan, "/");
  await dan.keyboard.press("Tab");
  assert.equal(await dan.evaluate(() => document.activeElement.className), "jump");
  await dan.keyboard.press("/");
  assert.equal(await dan.evaluate(() => document.activeElement.id), "q");
  await dan.evaluate(() => document.activeElement.blur());
  await dan.keyboard.press("g");
  await Promise.all([dan.waitForURL("**/worklist"), dan.keyboard.press("w")]);
});

await browser.close();
const log = office.log;
const code = await office.close();
await check("the service ends well, and its log contains no name, number or words", () => {
  assert.equal(code, 0, log);
  for (const name of ["Ann Lee", "Nophone", "Dana", "Cohen", "5551001", "5551004", "husband", PASSWORD]) assert.ok(!log.includes(name), `${name}: ${log}`);
});
console.log(`${passed} checks passed${process.exitCode ? ", some failed" : ""}`);
