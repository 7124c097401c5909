// What a frame told, as rows of a name and a text.

import { clock, words } from "../../lib/parts/format";

const MOST = 6;

/** One row a field; what is empty is left out, what stands in a field's field has a row of its own. */
export function rows(data: unknown): [name: string, text: string][] {
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(data as Record<string, unknown>)) {
    if (value === null || value === "") continue;
    if (Array.isArray(value)) found.push([name, listed(value)]);
    else if (typeof value === "object") found.push(...rows(value));
    else found.push([name, name.endsWith("_us") ? clock(value as number) : String(value)]);
  }
  return found.filter(([, text]) => text !== "");
}

function listed(items: unknown[]): string {
  if (items.length > MOST) return `${items.length} rows`;
  if (items.some((each) => typeof each === "object" && !Array.isArray(each)))
    return items.map((each) => sentence(each)).join("\n");
  return items.map((each) => (Array.isArray(each) ? `${each[1]} @ ${each[0]}` : String(each))).join(", ");
}

/** An item of a list: its first field alone, the others with their names. */
function sentence(item: unknown): string {
  return rows(item)
    .map(([name, text], at) => (at === 0 ? text : `${words(name)} ${text}`))
    .join(", ");
}
