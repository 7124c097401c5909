// A list that is filtered, sorted and taken away: the same rows on the page and in the file.

export interface Column<T> {
  name: string;
  /** What is sorted by and written to a file. */
  value: (row: T) => string | number | null;
  /** What is shown; without it the value. */
  text?: (row: T) => string;
  isNumber?: boolean;
}

export interface Sorted {
  column: number;
  isDown: boolean;
}

/** Rows in which every word stands in some column, as it is shown; capitals do not matter. */
export function filtered<T>(rows: readonly T[], columns: readonly Column<T>[], words: string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...rows];
  return rows.filter((row) => {
    const cells = columns.map((column) => shown(column, row).toLowerCase());
    return wanted.every((word) => cells.some((cell) => cell.includes(word)));
  });
}

export function shown<T>(column: Column<T>, row: T): string {
  if (column.text !== undefined) return column.text(row);
  const value = column.value(row);
  return value === null ? "–" : String(value);
}

/** Rows by a column; what is missing stands last, equals stay as they were. */
export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], by: Sorted): T[] {
  const column = columns[by.column];
  if (column === undefined) return [...rows];
  const sense = by.isDown ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "number" && typeof b === "number") return sense * (a - b);
    return sense * String(a).localeCompare(String(b), "en", { numeric: true });
  });
}

/** Rows as CSV: a head, `\n`, an absent value as an empty cell. */
export function csv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [
    columns.map((column) => quoted(column.name.replaceAll(" ", "_"))),
    ...rows.map((row) => columns.map((column) => quoted(column.value(row)))),
  ];
  return `${lines.map((cells) => cells.join(",")).join("\n")}\n`;
}

function quoted(value: string | number | null): string {
  if (value === null) return "";
  // A text that a spreadsheet would take for a formula stays a text.
  const text = typeof value === "string" && /^[=+@-]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
