/** Builds the npm package in ../npm: entries for browsers and for Node.js, the worker, both .wasm files, images and types. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const npm = at("../npm");
const dist = `${npm}/dist`;

/** Files beside the scripts, by the names that they have there. */
const ASSETS = {
  "cpu.wasm": "src/wasm/cpu/lambda_darts_wasm_bg.wasm",
  "webgpu.wasm": "src/wasm/webgpu/lambda_darts_wasm_bg.wasm",
  "digits.bin": "../core/src/data/digits.bin",
  "fashion_train.bin": "../core/src/data/fashion/fashion_train.bin",
  "fashion_test.bin": "../core/src/data/fashion/fashion_test.bin",
  "cifar10_test.bin": "../core/src/benchmark/cifar10_test.bin",
};

/**
 * Leaves `new URL("./NAME", import.meta.url)` in the scripts, the form in which every bundler finds the files of a package;
 * Vite itself would write it in a form that only browsers understand.
 */
const plainAddresses = {
  name: "plain-addresses",
  enforce: "pre",
  transform(code, id) {
    const folder = /\/wasm\/(cpu|webgpu)\/lambda_darts_wasm\.js$/.exec(id)?.[1];
    if (folder !== undefined) return code.replace(/'lambda_darts_wasm_bg\.wasm'/, `__plain("${folder}.wasm")`);
    if (id.endsWith("/spawn.ts")) return code.replace('"./worker.ts"', '__plain("worker.js")');
    return undefined;
  },
  load(id) {
    const [path, query] = id.split("?");
    const name = Object.keys(ASSETS).find((one) => at(ASSETS[one]) === path);
    return query === "url" && name !== undefined ? `export default new URL(__plain("${name}"), import.meta.url).href` : undefined;
  },
  renderChunk: (code) => code.replaceAll(/__plain\("([^"]+)"\)/g, '"./$1"'),
};

/** One script without parts: bundlers that make classic workers of module workers take no others. */
function script(entry, name) {
  return build({
    root: at("."),
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [plainAddresses],
    build: {
      target: "es2022",
      outDir: dist,
      emptyOutDir: false,
      minify: false,
      lib: { entry: at(`src/${entry}`), formats: ["es"], fileName: () => name },
      rolldownOptions: { external: [/^node:/], output: { codeSplitting: false } },
    },
  });
}

/** Types for every kind of module resolution, which needs the endings of files. */
async function types() {
  execFileSync(process.execPath, [at("node_modules/typescript/bin/tsc"), "--project", at("tsconfig.npm.json")], { stdio: "inherit" });
  await mkdir(`${dist}/types/wasm/cpu`, { recursive: true });
  await copyFile(at("src/wasm/cpu/lambda_darts_wasm.d.ts"), `${dist}/types/wasm/cpu/lambda_darts_wasm.d.ts`);
  for (const file of await readdir(`${dist}/types`, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const text = await readFile(`${dist}/types/${file}`, "utf8");
    await writeFile(`${dist}/types/${file}`, text.replaceAll(/(from |import\()"(\.{1,2}\/[^"]+?)(?:\.js)?"/g, '$1"$2.js"'));
  }
}

const { version } = JSON.parse(await readFile(`${npm}/package.json`, "utf8"));
const workspace = /^version = "(.+)"/m.exec(await readFile(at("../Cargo.toml"), "utf8"))?.[1];
assert.equal(version, workspace, "npm/package.json and Cargo.toml have different versions");

await rm(dist, { recursive: true, force: true });
await script("client.ts", "client.js");
await script("worker.ts", "worker.js");
await script("node.ts", "node.js");
for (const [name, from] of Object.entries(ASSETS)) await copyFile(at(from), `${dist}/${name}`);
await types();
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) await cp(at(`../${licence}`), `${npm}/${licence}`);
await copyFile(at("src/wasm/licences.txt"), `${dist}/licences.txt`);
console.log("the package is in npm/");
