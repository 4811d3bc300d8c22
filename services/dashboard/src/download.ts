import { make } from "./dom";

/** Offers a file the page made. */
export function download(name: string, content: Blob): void {
  const href = URL.createObjectURL(content);
  make("a", { attributes: { href, download: name } }).click();
  // The browser has taken hold of it by then; the page must not keep it for ever.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

export function downloadCsv(text: string): void {
  download(fileName("csv"), new Blob([text], { type: "text/csv;charset=utf-8" }));
}

/** `airwave-2026-11-28T05-17-04.csv`, which every file system takes. */
export function fileName(ending: string, now = new Date()): string {
  return `airwave-${now.toISOString().slice(0, 19).replaceAll(":", "-")}.${ending}`;
}
