// Files to and from the server. The session's token travels in a header, never
// in an address; pictures are drawn from what was fetched, so that the page's
// policy needs no source for images.

import { parseFile } from "./parse.ts";
import type { FileRef } from "./state.ts";

export type Files = ReturnType<typeof openFiles>;

export function openFiles(base: string, token: () => string) {
  return {
    /** Tells how far it has come, and at the end the server's reference, or null. The returned function gives up. */
    upload(file: File, progress: (share: number) => void, done: (ref: FileRef | null) => void): () => void {
      const x = new XMLHttpRequest(); // fetch tells nothing of how far an upload has come
      x.open("POST", `${base}/files`);
      x.setRequestHeader("Authorization", `Bearer ${token()}`);
      x.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      x.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      x.upload.onprogress = (e) => progress(e.loaded / e.total);
      x.onloadend = () => {
        try {
          done(parseFile(JSON.parse(x.responseText)));
        } catch {
          done(null); // refused, or never answered
        }
      };
      x.send(file);
      return () => x.abort();
    },
    async load(file: FileRef): Promise<Blob> {
      const answer = await fetch(`${base}/files/${encodeURIComponent(file.id)}`, {
        headers: { Authorization: `Bearer ${token()}` },
        credentials: "omit",
      });
      if (!answer.ok) throw new Error(answer.statusText);
      return answer.blob();
    },
  };
}

/** Hands a file to the browser to save. */
export function save(blob: Blob, name: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

/** Draws a picture at most so large, for a screen of up to two pixels a point. */
export async function draw(blob: Blob, canvas: HTMLCanvasElement, width: number, height: number): Promise<void> {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, width / bitmap.width, height / bitmap.height);
  canvas.style.width = `${bitmap.width * scale}px`;
  canvas.width = bitmap.width * Math.min(1, scale * 2);
  canvas.height = bitmap.height * Math.min(1, scale * 2);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}
