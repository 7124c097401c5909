// A roster as a CSV file: `team_name,role`, a team a line. What a program that keeps tables writes is
// taken: quoted fields, a mark of the byte order, either end of line, semicolons between fields.

export interface RosterLine {
  /** Its number in the file, the heading is line 1. */
  line: number;
  teamName: string;
  role: string;
  fault: string;
}

export function roster(text: string, roles: readonly string[]): RosterLine[] {
  const rows = fields(text.replace(/^\uFEFF/, ""));
  const [heading = []] = rows;
  const named = heading.map((each) => each.trim().toLowerCase());
  const hasHeading = named.includes("team_name");
  const nameAt = hasHeading ? named.indexOf("team_name") : 0;
  const roleAt = hasHeading ? named.indexOf("role") : 1;
  const seen = new Map<string, number>();
  const lines: RosterLine[] = [];
  rows.forEach((row, index) => {
    if ((hasHeading && index === 0) || row.every((each) => each.trim() === "")) return;
    const line = index + 1;
    const teamName = (row[nameAt] ?? "").trim();
    const role = (row[roleAt] ?? "").trim();
    lines.push({ line, teamName, role, fault: faultOf(teamName, role, roles, seen.get(teamName)) });
    if (!seen.has(teamName)) seen.set(teamName, line);
  });
  return lines;
}

function faultOf(
  teamName: string,
  role: string,
  roles: readonly string[],
  earlier: number | undefined,
): string {
  if (teamName === "") return "has no team_name";
  if (role === "") return `has no role: one of ${roles.join(", ")}`;
  if (!roles.includes(role)) return `${role} is no role: one of ${roles.join(", ")}`;
  return earlier === undefined ? "" : `has the name of line ${earlier}`;
}

function fields(text: string): string[][] {
  const [first = ""] = text.split("\n", 1);
  const between = first.includes(";") && !first.includes(",") ? ";" : ",";
  const rows: string[][] = [[]];
  let field = "";
  let isQuoted = false;
  const end = (): void => {
    rows.at(-1)?.push(field);
    field = "";
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (isQuoted && sign === '"' && text[at + 1] === '"') {
      field += sign;
      at++;
    } else if (sign === '"' && (isQuoted || field === "")) {
      isQuoted = !isQuoted;
    } else if (!isQuoted && sign === between) {
      end();
    } else if (!isQuoted && sign === "\n") {
      end();
      rows.push([]);
    } else if (isQuoted || sign !== "\r") {
      field += sign;
    }
  }
  end();
  return rows;
}

/** Rows as CSV; what a table program would take for a formula is made a text. */
export function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const KEPT_MS = 60_000;

/** Have the browser keep a text as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), KEPT_MS); // the browser may still be reading
}
