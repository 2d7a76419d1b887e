/** The package as others get it: packed, installed without a network, used from Vite, Node.js and TypeScript. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "../../web/node_modules/vite/dist/node/index.js";
import { serve } from "../../web/e2e/server.mjs";
import { launch } from "../../web/e2e/support.mjs";

const run = promisify(execFile);
const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
const own = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../../web/node_modules/typescript/bin/tsc", import.meta.url));
let folder;

/** Writes a file of the project that uses the package. */
async function write(path, text) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambda-darts-npm-"));
  const { stdout } = await run(NPM, ["pack", "--json", "--pack-destination", folder], { cwd: own });
  const [{ filename, files }] = Object.values(JSON.parse(stdout));
  const paths = files.map(({ path }) => path);
  for (const path of ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "example.mjs", "dist/licences.txt"]) assert.ok(paths.includes(path), path);
  await write("package.json", JSON.stringify({ name: "user", private: true, type: "module" }));
  await run(NPM, ["install", "--offline", "--no-save", "--no-audit", "--no-fund", filename], { cwd: folder });
  assert.deepEqual((await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")), ["lambda-darts"]);
});

/** Builds a page with Vite, opens it and checks what it leaves in `globalThis.told`. */
async function page(name, script, check) {
  await write(`${name}/index.html`, '<!doctype html><title>user</title><script type="module" src="./main.js"></script>');
  await write(`${name}/main.js`, script);
  await build({ root: join(folder, name), configFile: false, logLevel: "warn", base: "./" });
  const { server, address } = await serve(join(folder, name, "dist"));
  const browser = await launch();
  try {
    const tab = await browser.newPage();
    const complaints = [];
    tab.on("pageerror", (error) => complaints.push(error.message));
    await tab.goto(address);
    await tab.waitForFunction(() => globalThis.told !== undefined, null, { timeout: 60_000 }).catch(() => assert.fail(complaints.join()));
    check(await tab.evaluate(() => globalThis.told));
  } finally {
    await browser.close();
    server.close();
  }
}

test("Vite builds a page that takes one step of a search", async () => {
  await page(
    "search",
    `import { createSearch, defaults, devices, presets } from "lambda-darts";
     const config = { ...(await defaults("nas-bench-201")), batch: 16, epochs: 1 };
     config.data.images = 64;
     const events = [];
     const search = await createSearch(config, { device: "cpu", onEvent: (event) => events.push(event) });
     const ended = [await search.run("step")];
     ended.push(search.ended, await search.run(), search.ended);
     const names = (await presets()).map(({ name }) => name);
     const [first] = await devices();
     search.close();
     const later = await search.run().catch((error) => error.message);
     globalThis.told = { events, ended, names, first, later, device: search.device };`,
    ({ events, ended, names, first, later, device }) => {
      assert.deepEqual(events.map(({ event }) => event), ["start", "step", "step", "epoch", "end"]);
      assert.deepEqual(ended, [false, false, true, true]);
      assert.equal(events[0].config.data.images, 64);
      assert.ok(events[1].train_loss > 1 && events[1].train_loss < 4, JSON.stringify(events[1]));
      assert.deepEqual([first, later], ["cpu", "the worker was closed"]);
      assert.match(device, /cpu/i);
      assert.ok(names.includes("darts") && names.includes("lambda-darts"), names.join());
    },
  );
});

test("a page trains the cell that it has found, and the network classifies", async () => {
  await page(
    "train",
    `import { createSearch, defaults, train, trainingDefaults } from "lambda-darts";
     const searched = { ...(await defaults("nas-bench-201")), batch: 16, epochs: 1 };
     searched.data = { ...searched.data, set: "digits", images: 64 };
     let found;
     const search = await createSearch(searched, { device: "cpu", onEvent: (event) => event.event === "end" && (found = event.genotype) });
     await search.run();
     const config = { ...(await trainingDefaults("nas-bench-201", found)), batch: 16, epochs: 1, data: searched.data };
     const events = [];
     const training = await train(config, { device: "cpu", onEvent: ({ event }) => events.push(event) });
     const ended = await training.run();
     const images = { pixels: new Uint8Array(2 * 64).fill(90), channels: 1, height: 8, width: 8 };
     const probabilities = [...(await training.predict(images))];
     training.close();
     const later = await training.predict(images).catch((error) => error.message);
     globalThis.told = { events, ended, classes: training.classes(), probabilities, later };`,
    ({ events, ended, classes, probabilities, later }) => {
      assert.deepEqual([events[0], events.at(-2), events.at(-1)], ["training_start", "training_epoch", "training_end"]);
      assert.deepEqual([ended, later], [true, "the network is gone"]);
      assert.deepEqual([classes.length, probabilities.length], [10, 20]);
      for (const half of [probabilities.slice(0, 10), probabilities.slice(10)]) assert.ok(Math.abs(half.reduce((a, b) => a + b) - 1) < 1e-5, half.join());
    },
  );
});

test("node --test runs a search of two steps", async () => {
  await write(
    "steps.test.mjs",
    `import assert from "node:assert/strict";
     import { test } from "node:test";
     import { builtIn, defaults, Search } from "lambda-darts/node";
     test("two steps", async () => {
       const config = { ...defaults("nas-bench-201"), batch: 32, epochs: 1 };
       config.data.images = 128;
       const { images, table } = await builtIn(config);
       assert.deepEqual([images.length > 100_000, table.length > 10_000], [true, true]);
       const search = await Search.create(config, "cpu", images, table);
       const events = [];
       for (let event = await search.next(); event !== undefined; event = await search.next()) events.push(event);
       assert.deepEqual(events.map(({ event }) => event), ["start", "step", "step", "epoch", "end"]);
       const { benchmark, genotype } = events[3];
       assert.equal(benchmark.cells, 15_625);
       assert.deepEqual(genotype, search.genotype());
       await assert.rejects(Search.create({ ...config, space: "s9" }, "cpu"), /s9/);
     });`,
  );
  // Of a test within a test, Node.js would want to hear in a form of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap", "steps.test.mjs"], { cwd: folder, env });
  assert.match(stdout, /^# pass 1$/m);
});

test("the example says what both methods find", async () => {
  const example = join(folder, "node_modules/lambda-darts/example.mjs");
  const { stdout } = await run(process.execPath, [example, "1"], { cwd: folder });
  const epoch = "  epoch 1: loss [\\d.]+, \\d operations without weights, trained in full [\\d.]+ %\\n";
  assert.match(stdout, new RegExp(`^lambda-darts \\(arXiv:2210\\.07998\\) on .+\\n${epoch}darts \\(arXiv:1806\\.09055\\) on .+\\n${epoch}$`));
});

test("TypeScript knows the types, by both ways to find modules", async () => {
  await write(
    "types.ts",
    `import { createSearch, train, trainingDefaults, type Event, type Genotype, type Session } from "lambda-darts";
     import { defaults, type SearchConfig } from "lambda-darts/node";
     const config: SearchConfig = defaults("s2");
     export const losses: (number | null)[] = [];
     const hear = (event: Event): void => void (event.event === "step" && losses.push(event.train_loss));
     export const search: Promise<Session> = createSearch(config, { device: "cpu", onEvent: hear });
     export const classify = async (found: Genotype, image: Uint8Array): Promise<Float32Array> => {
       const training = await train(await trainingDefaults("s2", found));
       await training.run();
       return training.predict({ pixels: image, channels: 1, height: 28, width: 28 });
     };
     // @ts-expect-error: no such device
     void createSearch(config, { device: "abacus" });`,
  );
  for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable", "--types", ""];
    await run(process.execPath, [tsc, ...options, "--module", module, "--moduleResolution", resolution, "types.ts"], { cwd: folder }).catch(
      ({ stdout }) => assert.fail(`${resolution}: ${stdout}`),
    );
  }
});
