import { expect, test } from "vitest";
import { type Column, csv, filtered, sorted } from "./table";

interface Line {
  name: string;
  quantity: number;
  price: number | null;
}
const LINES: Line[] = [
  { name: "SPX", quantity: 10, price: null },
  { name: 'a "quoted", one', quantity: 9, price: 2.5 },
  { name: "=1+1", quantity: 100, price: 1 },
];
const COLUMNS: Column<Line>[] = [
  { name: "name", value: (line) => line.name },
  { name: "quantity", value: (line) => line.quantity, isNumber: true },
  { name: "limit price", value: (line) => line.price, text: (line) => `${line.price ?? "–"} USD` },
];

test("every word must stand in some column, as it is shown", () => {
  expect(filtered(LINES, COLUMNS, "spx")).toEqual([LINES[0]]);
  expect(filtered(LINES, COLUMNS, "usd 2.5 QUOTED")).toEqual([LINES[1]]);
  expect(filtered(LINES, COLUMNS, "spx 100")).toEqual([]);
  expect(filtered(LINES, COLUMNS, " ")).toEqual(LINES);
});

test("numbers sort as numbers, and what is missing stands last either way", () => {
  const by = (column: number, isDown: boolean): number[] =>
    sorted(LINES, COLUMNS, { column, isDown }).map((line) => line.quantity);
  expect(by(1, false)).toEqual([9, 10, 100]);
  expect(by(1, true)).toEqual([100, 10, 9]);
  expect(by(2, false)).toEqual([100, 9, 10]);
  expect(by(2, true)).toEqual([9, 100, 10]);
});

test("a file quotes what needs it and gives a spreadsheet no formula", () => {
  expect(csv(LINES, COLUMNS)).toBe(
    'name,quantity,limit_price\nSPX,10,\n"a ""quoted"", one",9,2.5\n\'=1+1,100,1\n',
  );
});
