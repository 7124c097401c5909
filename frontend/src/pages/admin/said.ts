// What the server said when it refused, in one line.

import { ProblemError } from "../../lib/net/session.svelte";

export function said(error: unknown): string {
  if (!(error instanceof ProblemError)) return error instanceof Error ? error.message : String(error);
  const { code, detail, title, errors } = error.problem;
  const fields = (errors ?? [])
    .filter((each) => each.detail !== detail)
    .map((each) => `${each.pointer}: ${each.detail}`);
  return [`${detail || title} (${code})`, ...fields].join("; ");
}
