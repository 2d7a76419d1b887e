/** Every theme and width: nothing overflows, everything has a name, contrasts hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertLooks, drawn, reads, SMALL, stage } from "./support.mjs";

const { open } = stage();

/** How far the layout has shifted since the page began to load: https://web.dev/articles/cls */
const shifted = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0))).observe({
          type: "layout-shift",
          buffered: true,
        });
        setTimeout(resolve, 1000, 0);
      }),
  );

/** Holds back what the page asks for by such addresses, as a network does. */
const late = (page, addresses, milliseconds) =>
  page.context().route(addresses, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await route.continue();
  });

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`${colorScheme} at ${width} pixels`, async () => {
      const page = await open(`?device=cpu&epochs=1&${SMALL}`, { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      await page.getByTestId("play").click();
      await reads(page, "status-right", /Finished/, 300_000);
      await reads(page, "status-left", /Finished/, 300_000);
      await page.locator("#more summary").click();
      await page.locator(".formulas summary").click();
      await drawn(page);
      await assertLooks(page, width);
    });
  }
}

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`hardly anything moves while the page comes, at ${width} pixels`, async () => {
    const page = await open("", { viewport: { width, height } });
    // What stands there before the program runs is on the screen first, as over a network.
    await late(page, "**/*.js", 700);
    await page.reload();
    await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
    await drawn(page);
    const moved = await shifted(page);
    // Above this, browsers' makers call it bad.
    assert.ok(moved < 0.1, `the layout shifted by ${moved}`);
  });
}

for (const delay of [0, 60, 600]) {
  test(`fonts that come after ${delay} ms move nothing`, async () => {
    const page = await open();
    await late(page, "**/*.woff2", delay);
    // Without the program, only fonts could move what the page begins with.
    await page.context().route("**/*.js", (route) => route.abort());
    const fonts = ["latin", "greek"].flatMap((script) => [`inter-${script}`, `source-serif-4-${script}`]);
    await Promise.all([...fonts.map((name) => page.waitForResponse((response) => response.url().includes(name))), page.reload()]);
    await page.waitForTimeout(300);
    assert.equal(await shifted(page), 0);
  });
}
