/** Files that a visitor drops or picks: a run's events, a CIFAR-10 batch, NAS-Bench-201's table, a picture. Read here, never sent. */

/** One image of a CIFAR-10 batch: a label and 3 × 32 × 32 bytes. */
const RECORD = 3073;
const MOST_BATCH_BYTES = 50_000 * RECORD;
const MOST_TABLE_BYTES = 32 << 20;
const MOST_FILES = 200;

export type Dropped =
  | { what: "batches"; name: string; bytes: Uint8Array; images: number }
  | { what: "table"; name: string; text: string; rows: number }
  | { what: "events"; file: File }
  | { what: "picture"; file: File };

/** Tells what a file is, by its name and its content. Rejects with a sentence. */
export async function recognize(file: File): Promise<Dropped> {
  const { name } = file;
  if (/\.bin$/i.test(name)) return readBatch(file);
  if (/\.csv$/i.test(name)) return readTable(file);
  if (/\.jsonl?$/i.test(name)) return { what: "events", file };
  if (file.type.startsWith("image/")) return { what: "picture", file };
  throw new Error(`${name}: not a file this page knows. It reads a run's events.jsonl, a run as .zip, a CIFAR-10 batch (.bin), NAS-Bench-201's table (.csv) and pictures.`);
}

async function readBatch(file: File): Promise<Dropped> {
  const { name, size } = file;
  const images = size / RECORD;
  if (size === 0 || !Number.isInteger(images)) {
    throw new Error(`${name}: ${size} bytes are not a whole number of images of ${RECORD} bytes. It is not a CIFAR-10 batch in the binary layout.`);
  }
  if (size > MOST_BATCH_BYTES) throw new Error(`${name}: larger than all of CIFAR-10's training images.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  for (let at = 0; at < size; at += RECORD) {
    const label = bytes[at] ?? 0;
    if (label > 9) throw new Error(`${name}: image ${at / RECORD + 1} has the label ${label}, but CIFAR-10 has the labels 0 to 9. It is not a CIFAR-10 batch.`);
  }
  return { what: "batches", name, bytes, images };
}

async function readTable(file: File): Promise<Dropped> {
  const { name, size } = file;
  if (size > MOST_TABLE_BYTES) throw new Error(`${name}: larger than ${MOST_TABLE_BYTES >> 20} MiB.`);
  const text = await file.text();
  const header = (text.slice(0, 10_000).split("\n")[0] ?? "").split(",").map((column) => column.trim());
  const missing = ["arch", "c10_test"].filter((column) => !header.includes(column));
  if (missing.length > 0) throw new Error(`${name}: the first line lacks ${missing.join(" and ")}. It is not NAS-Bench-201's table.`);
  return { what: "table", name, text, rows: Math.max(0, text.split("\n").filter((line) => line.trim() !== "").length - 1) };
}

/** The files of a drop; of a dropped run directory its events.jsonl. */
async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const plain = [...transfer.files];
  const folders = entries.filter((entry) => entry?.isDirectory === true) as FileSystemDirectoryEntry[];
  if (folders.length === 0) return plain;
  const inside = await Promise.all(folders.slice(0, MOST_FILES).map(eventsIn));
  const loose = plain.filter((_, at) => entries[at]?.isFile !== false);
  return [...loose, ...inside];
}

function eventsIn(folder: FileSystemDirectoryEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    const missing = (): void => reject(new Error(`${folder.name}: there is no events.jsonl in this folder.`));
    folder.getFile("events.jsonl", {}, (entry) => (entry as FileSystemFileEntry).file(resolve, missing), missing);
  });
}

/** Listens for files anywhere on the page and in the picker of `zone`. */
export function listen(zone: HTMLElement, take: (files: File[]) => void, fault: (reason: string) => void): void {
  const picker = zone.querySelector("input") as HTMLInputElement;
  picker.addEventListener("change", () => {
    const files = [...(picker.files ?? [])];
    picker.value = "";
    if (files.length > 0) take(files.slice(0, MOST_FILES));
  });
  const over = (on: boolean) => (event: DragEvent) => {
    if (!(event.dataTransfer?.types.includes("Files") ?? false)) return;
    event.preventDefault();
    document.body.classList.toggle("dragging", on);
  };
  addEventListener("dragover", over(true));
  addEventListener("dragleave", (event) => event.relatedTarget === null && over(false)(event));
  addEventListener("drop", (event) => {
    over(false)(event);
    const transfer = event.dataTransfer;
    if (transfer === null || transfer.files.length === 0) return;
    filesOf(transfer).then((files) => take(files.slice(0, MOST_FILES)), (error: Error) => fault(error.message));
  });
}
