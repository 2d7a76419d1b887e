/** The drawing without searches: two simple rules stand in for the trained networks, and `nets` shows what they are asked. */
import "../../src/styles/page.css";
import "../../src/styles/controls.css";
import "../../src/styles/views.css";
import "../../src/styles/drawing.css";
import { mountDrawing } from "../../src/drawing.ts";
import { listen, recognize } from "../../src/drop.ts";

const CLASSES = ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
const nets = { trained: false, shape: { channels: 1, height: 14, width: 14 }, calls: [], asked: 0, most: 0, slow: 30, fault: "" };

/** The left net counts what is bright, the right net what is bright in the lower half: by hundreds of the square. */
function shares(side, pixels, height, width) {
  const seen = pixels.slice(side === "left" ? 0 : (height * width) / 2, height * width);
  const bright = seen.filter((level) => level > 127).length / seen.length;
  const scores = CLASSES.map((_, at) => Math.exp(-60 * Math.abs(bright - at / 10)));
  const sum = scores.reduce((a, b) => a + b, 0);
  return Float32Array.from(scores, (score) => score / sum);
}

async function predict(side, pixels, channels, height, width) {
  nets.calls.push({ side, channels, height, width, pixels: [...pixels] });
  nets.asked += 1;
  nets.most = Math.max(nets.most, nets.asked);
  await new Promise((resolve) => setTimeout(resolve, nets.slow));
  nets.asked -= 1;
  if (nets.fault !== "") throw new Error(nets.fault);
  return shares(side, pixels, height, width);
}

/** Two images of each class: a square as bright as the class is high, and a bar. */
function testImages() {
  const { channels, height, width } = nets.shape;
  const size = channels * height * width;
  const labels = Uint32Array.from({ length: 20 }, (_, at) => at % 10);
  const pixels = Uint8Array.from({ length: 20 * size }, (_, at) => {
    const [image, column] = [Math.floor(at / size), at % width];
    return column >= (image < 10 ? 3 : 6) && column < width - 3 ? 25 * (labels[image] + 1) : 0;
  });
  return { pixels, labels, count: 20, channels, height, width };
}

const drawing = mountDrawing(document.querySelector("#draw"), () => (nets.trained ? CLASSES : []), () => nets.shape, predict);
const say = (text) => (document.querySelector("#message").textContent = text);

listen(
  document.querySelector("#drop"),
  async ([file]) => {
    try {
      const dropped = await recognize(file);
      say(await drawing.open(dropped.file));
    } catch (error) {
      say(error.message);
    }
  },
  say,
);

Object.assign(window, {
  nets,
  /** Ends the training, on images of this shape. */
  train(shape = nets.shape) {
    Object.assign(nets, { trained: true, shape, calls: [], most: 0 });
    drawing.update();
    drawing.offer(testImages());
  },
});
