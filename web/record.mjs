/**
 * Records `dist`: `npm run record -- FOLDER [QUERY]` writes into the folder
 *
 * - `recording.webp`, a time lapse of a whole run in some 20 s, an animation that README files show,
 * - `start`, `middle` and `end` as full pages, at three widths, light and dark: `start-390-light.png` and so on.
 *
 * QUERY is the address's part after `?`; without it the page runs as it does for a visitor.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launch } from "./e2e/browser.mjs";
import { serve } from "./e2e/server.mjs";
import { encode } from "./record/encode.mjs";

const SIZE = { width: 1120, height: 700 };
const WIDTHS = [390, 820, 1440];
const SCHEMES = ["light", "dark"];
const FRAMES_PER_SECOND = 8;
const MOST_BYTES = 3_000_000;
/** What is looked at while the searches run, with its share of their epochs and its seconds of the recording. */
const SEARCH = [
  { section: "#cell", until: 0.4, seconds: 6 },
  { section: "#saturation", until: 0.75, seconds: 4.5 },
  { section: "#curves", until: 1, seconds: 2.5 },
];
const RACE = { section: '[data-testid="race"]', seconds: 3.5 };
const DRAW = { section: "#draw", seconds: 3.5 };
/** Outline of a T-shirt and strokes that fill it, in parts of the square. */
const SHIRT = [[0.36, 0.16], [0.14, 0.4], [0.22, 0.48], [0.34, 0.34], [0.34, 0.86], [0.66, 0.86], [0.66, 0.34], [0.78, 0.48], [0.86, 0.4], [0.64, 0.16], [0.5, 0.24], [0.38, 0.18], [0.44, 0.3], [0.44, 0.8], [0.54, 0.8], [0.54, 0.28], [0.6, 0.4]];
/** Pause between two looks at the run, in ms. */
const LOOK_MS = 300;

const [folder, query = ""] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: npm run record -- FOLDER [QUERY]");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const { server, address } = await serve();
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await page.goto(query === "" ? address : `${address}?${query}`);
  await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
  await screenshots(page, "start");
  const shots = await record(page);
  await screenshots(page, "end");
  const { bytes, quality, frames } = await encode(page, shots, MOST_BYTES);
  await writeFile(join(folder, "recording.webp"), bytes);
  const seconds = shots.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  console.log(`recording.webp: ${seconds.toFixed(1)} s, ${frames} frames, ${(bytes.length / 1e6).toFixed(2)} MB at quality ${quality}`);
} finally {
  await browser.close();
  server.close();
}

/** Full pages at all widths, light and dark; then the page is as before. */
async function screenshots(page, name) {
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await sleep(400);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(SIZE);
  await page.emulateMedia({ colorScheme: "light" });
}

/** A whole run, from Play to a drawing; sections that this page does not have are left out. */
async function record(page) {
  const shots = [];
  const begin = Date.now();
  let half = false;
  await page.getByTestId("play").click();
  for (const { section, until, seconds } of SEARCH) {
    shots.push(...(await scene(page, section, seconds, async () => (await progress(page)) >= until && (until < 1 || (await searched(page))))));
    if (!half && (await progress(page)) >= 0.4) {
      half = true;
      const running = await page.getByTestId("pause").isEnabled();
      if (running) await page.getByTestId("pause").click();
      await screenshots(page, "middle");
      if (running) await page.getByTestId("play").click();
    }
  }
  if (await page.locator(RACE.section).isVisible()) shots.push(...(await scene(page, RACE.section, RACE.seconds, () => ended(page))));
  console.log(`the run took ${((Date.now() - begin) / 1000).toFixed(0)} s`);
  if (await page.getByTestId("draw").isVisible()) shots.push(...(await draw(page)));
  // The end stays for a moment before it begins again.
  shots.at(-1).ms += 1000;
  return shots;
}

async function count(page, selector) {
  return Number((await page.locator(selector).innerText()).replace(/\D/g, ""));
}

/** Share of the epochs that is done. */
async function progress(page) {
  return (await count(page, '[data-testid="epoch"]')) / Math.max(1, await count(page, "#of-epochs"));
}

async function searched(page) {
  const words = await page.locator(".status").allInnerTexts();
  return words.every((status) => /^Finished/.test(status));
}

/** The networks are trained, or nothing runs any more. */
async function ended(page) {
  return (await page.getByTestId("draw").isVisible()) || !(await page.evaluate(() => document.body.classList.contains("running")));
}

/** Pictures of a section until something holds, thinned out evenly to some seconds. */
async function scene(page, section, seconds, done) {
  await page.locator(section).evaluate((host) => host.scrollIntoView({ behavior: "instant", block: "start" }));
  const taken = [];
  do {
    taken.push(await page.screenshot());
    await sleep(LOOK_MS);
  } while (!(await done()));
  taken.push(await page.screenshot());
  return thinned(taken, seconds);
}

function thinned(taken, seconds) {
  const wanted = Math.min(taken.length, Math.round(seconds * FRAMES_PER_SECOND));
  return Array.from({ length: wanted }, (_, at) => ({ png: taken[Math.round((at * (taken.length - 1)) / Math.max(1, wanted - 1))], ms: Math.round((1000 * seconds) / wanted) }));
}

/** Somebody draws a T-shirt. */
async function draw(page) {
  await page.locator(DRAW.section).evaluate((host) => host.scrollIntoView({ behavior: "instant", block: "start" }));
  const box = await page.getByTestId("draw").boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  const taken = [await page.screenshot()];
  await page.mouse.move(...at(SHIRT[0]));
  await page.mouse.down();
  for (const point of SHIRT) {
    await page.mouse.move(...at(point), { steps: 5 });
    await sleep(LOOK_MS);
    taken.push(await page.screenshot());
  }
  await page.mouse.up();
  await sleep(1000);
  taken.push(await page.screenshot());
  return thinned(taken, DRAW.seconds);
}
