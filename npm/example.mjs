/** Two small searches from one seed, DARTS and Λ-DARTS: `node example.mjs [epochs]`. */
import { builtIn, defaults, presets, Search } from "lambda-darts/node";

const epochs = Number(process.argv[2] ?? 2);
const methods = presets().filter(({ name }) => ["darts", "lambda-darts"].includes(name));

for (const { name, paper, method } of methods) {
  const config = { ...defaults("nas-bench-201"), epochs, method };
  config.data.images = 400;
  const { images, table } = await builtIn(config);
  const search = await Search.create(config, "cpu", images, table);
  console.log(`${name} (${paper}) on ${search.device()}`);
  for (let event = await search.next(); event !== undefined; event = await search.next()) {
    if (event.event !== "epoch") continue;
    const { epoch, valid_loss, parameter_free, benchmark } = event;
    const trained = benchmark === undefined ? "" : `, trained in full ${(100 * benchmark.cifar10_test).toFixed(1)} %`;
    console.log(`  epoch ${epoch}: loss ${valid_loss.toFixed(3)}, ${parameter_free} operations without weights${trained}`);
  }
}
