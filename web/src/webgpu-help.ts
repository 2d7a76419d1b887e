/** How to switch WebGPU on in the visitor's browser. */

const version = (found: RegExpExecArray | null): number => Number(found?.[1] ?? 0);

/**
 * Says in a sentence or two what a browser without WebGPU needs. `secure` is true at https:// and on localhost.
 *
 * Facts from https://github.com/gpuweb/gpuweb/wiki/Implementation-Status (April 2026) and
 * https://developer.chrome.com/docs/web-platform/webgpu/troubleshooting-tips.
 */
export function webgpuHelp(userAgent: string, secure: boolean): string {
  if (!secure) return "Browsers offer WebGPU at https:// and on localhost only: open this page at such an address.";
  // All browsers on these are Safari inside.
  if (/iPhone|iPad|iPod/.test(userAgent)) {
    return "WebGPU comes to iPhones and iPads with iOS 26. Before that, turn it on under Settings, Safari, Advanced, Feature Flags.";
  }
  if (/Firefox\//.test(userAgent)) return firefox(userAgent);
  const chromium = /Chrom(?:e|ium)\/(\d+)/.exec(userAgent);
  if (chromium !== null) return chrome(userAgent, version(chromium));
  if (/Macintosh.*Safari\//.test(userAgent)) {
    return "Safari has WebGPU from version 26 on macOS 26. Before that, turn it on under Develop, Feature Flags; Settings, Advanced shows the menu Develop.";
  }
  return "Chrome and Edge have WebGPU from version 113 on, Safari from 26 on and Firefox on Windows from 141 on.";
}

function firefox(userAgent: string): string {
  if (/Android/.test(userAgent)) return "Firefox has no WebGPU on Android yet; Chrome has it from version 121 on.";
  const on = "set dom.webgpu.enabled to true in about:config and restart it";
  const [system, first] = /Windows/.test(userAgent) ? ["Windows", 141] : ["Macs with Apple silicon", 147];
  if (!/Windows|Macintosh/.test(userAgent)) return `Firefox may have WebGPU switched off on Linux: ${on}.`;
  const has = `Firefox has WebGPU on ${system} from version ${first} on`;
  if (version(/Firefox\/(\d+)/.exec(userAgent)) < first) return `${has}: update it, or ${on}.`;
  return `${has}: ${on}. Under Graphics, about:support says whether the driver is the reason.`;
}

/** Chrome and what is made from it. */
function chrome(userAgent: string, at: number): string {
  const [name, scheme] = /Edg\//.test(userAgent) ? ["Edge", "edge"] : ["Chrome", "chrome"];
  const first = /Android/.test(userAgent) ? 121 : 113;
  if (at < first) return `${name} has WebGPU from version ${first} on: update it.`;
  if (/Android/.test(userAgent)) return `${name} has WebGPU on Android 12 and newer, unless the driver is the reason: ${scheme}://gpu says so.`;
  if (/Linux/.test(userAgent)) {
    return `On Linux, turn on ${scheme}://flags/#enable-unsafe-webgpu and ${scheme}://flags/#enable-vulkan, and restart ${name}; ${scheme}://gpu says what is still missing.`;
  }
  const arm = /Windows/.test(userAgent) ? ` On ARM processors, turn on ${scheme}://flags/#enable-unsafe-webgpu too.` : "";
  return `Turn on graphics acceleration in ${scheme}://settings/system and restart ${name}; ${scheme}://gpu says what is still missing.${arm}`;
}
