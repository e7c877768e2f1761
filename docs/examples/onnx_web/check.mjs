// Scores files with the page in headless Chromium, and prints what it says: node check.mjs FILE...
// Beside the page there have to be detector.onnx and what `npm install onnxruntime-web puppeteer-core` makes.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { basename, extname, join, normalize } from "node:path";
import puppeteer from "puppeteer-core";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const server = createServer(async (request, response) => {
  const asked = normalize(new URL(request.url, "http://localhost").pathname);
  const path = asked === "/" ? "/index.html" : asked;
  try {
    const content = await readFile(join(import.meta.dirname, path));
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const asked = [];
  page.on("request", request => asked.push(request.url()));
  page.on("pageerror", error => console.error(error.message));
  await page.goto(origin);
  await page.waitForFunction(() => !document.getElementById("status").textContent.startsWith("Loading"), { timeout: 120000 });
  const files = process.argv.slice(2);
  const contents = await Promise.all(files.map(async path => [basename(path), await readFile(path, "base64")]));
  await page.evaluate(contents => { // as if they were dropped there
    window.dropped = new DataTransfer();
    for (const [name, content] of contents) {
      dropped.items.add(new File([Uint8Array.from(atob(content), letter => letter.charCodeAt(0))], name));
    }
    document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped }));
  }, contents);
  await page.waitForFunction(n => document.querySelectorAll("#results tr td:nth-child(3)").length === n, { timeout: 120000 }, files.length);
  const rows = await page.$$eval("#results tr", rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  const exact = await page.evaluate(async () => {
    const found = [];
    for (const file of dropped.files) found.push(await score(file).catch(error => error.message));
    return found;
  });
  const elsewhere = asked.filter(url => !url.startsWith(origin) && !url.startsWith("blob:") && !url.startsWith("data:"));
  console.log(JSON.stringify({ status: await page.$eval("#status", node => node.textContent), rows, exact, elsewhere }, null, 1));
} finally {
  await browser.close();
  server.close();
}
