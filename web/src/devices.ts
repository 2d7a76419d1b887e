/** Choosing where the searches run. */
import type { Device } from "./protocol";
import { webgpuHelp } from "./webgpu-help";

interface Adapter {
  isFallbackAdapter?: boolean;
  info?: { isFallbackAdapter?: boolean; vendor?: string; architecture?: string; device?: string; description?: string };
}

interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** Device that was chosen, and a note on it for the visitor. */
export interface Choice {
  device: Device;
  note?: string;
}

/** Drivers that compute on the CPU, more slowly than the CPU device does. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;
const PATIENCE_MS = 4_000;

async function adapter(): Promise<Adapter | null> {
  const gpu = (navigator as Navigator & { gpu?: Gpu }).gpu;
  if (gpu === undefined) return null;
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  return Promise.race([gpu.requestAdapter().catch(() => null), late]);
}

function software({ info, isFallbackAdapter }: Adapter): boolean {
  const names = [info?.vendor, info?.architecture, info?.device, info?.description].join(" ");
  return (isFallbackAdapter ?? info?.isFallbackAdapter ?? false) || SOFTWARE.test(names);
}

export async function choose(wish: string): Promise<Choice> {
  if (wish === "cpu") return { device: "cpu" };
  const found = await adapter();
  if (found === null) {
    const help = webgpuHelp(navigator.userAgent, isSecureContext);
    return { device: "cpu", note: `This browser offers no WebGPU adapter: the searches run on the CPU instead. ${help}` };
  }
  if (wish === "auto" && software(found)) {
    return { device: "cpu", note: "The only WebGPU adapter here is a software one, slower than the CPU device: the searches run on the CPU." };
  }
  return { device: "webgpu" };
}
