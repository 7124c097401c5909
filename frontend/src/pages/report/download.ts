// Files of the server: asked for with the key in the header, never in an address, and handed over
// as a file. A refusal is the server's problem, as for every request.

import type { Problem } from "../../wire";
import { ProblemError, session } from "../../lib/net/session.svelte";

/** Ask for a file; `ProblemError` for a refusal. */
export async function fetched(path: string): Promise<Response> {
  const headers: Record<string, string> = {};
  if (session.key !== null) headers["X-API-Key"] = session.key;
  const response = await fetch(path, { headers, cache: "no-store" });
  if (response.ok) return response;
  let problem: Problem;
  try {
    problem = (await response.json()) as Problem;
  } catch {
    const title = response.statusText || "no answer";
    problem = { type: "about:blank", title, status: response.status, detail: title, code: "UNKNOWN" };
  }
  throw new ProblemError(problem);
}

/** Ask for a file and hand it over under the server's name for it, or another. */
export async function download(path: string, name: string): Promise<void> {
  const response = await fetched(path);
  const told = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "");
  handOver(await response.blob(), told?.[1] ?? name);
}

/** Hand over what the page has as a file. */
export function handOver(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by then; what it holds is let go.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Text of a response, piece by piece. */
export async function* pieces(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    yield decoder.decode(value, { stream: true });
  }
  yield decoder.decode();
}
