/** Files to take away: text, the cell as SVG, the heat map as PNG. */

export function saveText(name: string, text: string, type = "text/plain"): void {
  save(name, new Blob([text], { type }));
}

export function saveBytes(name: string, bytes: Uint8Array, type: string): void {
  save(name, new Blob([bytes.slice()], { type }));
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The properties that the page's style sheet gives to drawings. */
const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "visibility",
  "display",
] as const;

/** A drawing that looks the same without the page: styles become attributes, colours plain hexadecimal. */
function standalone(svg: SVGSVGElement): { text: string; width: number; height: number; ground: string } {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  const plain = plainColours();
  originals.forEach((original, at) => {
    const target = copies[at];
    if (target === undefined) return;
    const style = getComputedStyle(original);
    for (const { name } of [...target.attributes]) {
      if (/^(style|class|role|tabindex|aria-|data-)/.test(name)) target.removeAttribute(name);
    }
    if (original instanceof SVGGElement && at > 0) return;
    for (const property of STYLES) {
      const value = style.getPropertyValue(property);
      const colour = property === "fill" || property === "stroke";
      if (value !== "" && value !== "normal" && value !== "auto") target.setAttribute(property, colour ? plain(value) : value);
    }
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const { width, height } = svg.viewBox.baseVal;
  const ground = plain(getComputedStyle(svg.closest(".panel") ?? document.body).backgroundColor);
  return { text: new XMLSerializer().serializeToString(copy), width, height, ground };
}

/** Colours as any reader of SVG understands them, whatever space the style sheet mixed them in. */
function plainColours(): (colour: string) => string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map<string, string>();
  return (colour) => {
    if (context === null || colour === "none" || colour.startsWith("url")) return colour;
    let plain = known.get(colour);
    if (plain === undefined) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
      plain = a === 0 ? "none" : `#${[r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
      known.set(colour, plain);
    }
    return plain;
  };
}

export function saveSvg(name: string, svg: SVGSVGElement): void {
  save(name, new Blob([standalone(svg).text], { type: "image/svg+xml" }));
}

const PIXELS = 3;

export async function savePng(name: string, svg: SVGSVGElement): Promise<void> {
  const { text, width, height, ground } = standalone(svg);
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * PIXELS;
    canvas.height = height * PIXELS;
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser gives no canvas to draw on");
    context.fillStyle = ground === "none" ? "#ffffff" : ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new Error("this browser cannot write PNG");
    save(name, blob);
  } finally {
    URL.revokeObjectURL(address);
  }
}
