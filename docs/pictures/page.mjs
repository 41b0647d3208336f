// Makes docs/pictures/page.png: the demo's page once some of its patients have answered. tests/page/run installs what
// it needs. Arguments: the program, the picture's path, and how many seconds to wait.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [program, picture, seconds] = process.argv.slice(2);
const { chromium } = createRequire(`${process.cwd()}/target/page/`)("playwright-core");
const demo = spawn(program, ["demo", "--page"]);
const address = await new Promise((resolve) => {
  createInterface({ input: demo.stdout }).on("line", (line) => {
    const found = line.match(/http:\S+\/once\/[0-9a-f]+/);
    if (found) resolve(found[0]);
  });
});
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
await page.goto(address);
await page.screenshot({ path: picture });
await browser.close();
const ended = new Promise((resolve) => demo.on("exit", resolve));
demo.kill("SIGINT");
await ended;
