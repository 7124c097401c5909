// Requests over REST. What the socket can do goes over the socket; this is for the rest.

import type { Problem } from "../../wire";
import { ProblemError, session } from "./session.svelte";

type Query = Record<string, string | number | boolean | undefined>;

/** Ask, and return the answer's body; `ProblemError` for a refusal. */
export async function ask<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  query: Query = {},
): Promise<T> {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)]));
  const headers: Record<string, string> = {};
  if (session.key !== null) headers["X-API-Key"] = session.key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(search.size ? `${path}?${search}` : path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    cache: "no-store",
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  throw new ProblemError(await problemOf(response));
}

/** Every item of a paged list, oldest first. */
export async function everything<T>(path: string, query: Query = {}): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page: { items: T[]; next_cursor: string | null } = await ask("GET", path, undefined, {
      ...query,
      limit: 1000,
      cursor,
    });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    const title = response.statusText || "no answer";
    const { status } = response;
    return { type: "about:blank", title, status, detail: title, code: "UNKNOWN" };
  }
}
