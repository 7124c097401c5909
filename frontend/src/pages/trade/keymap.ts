// The keys of the terminal: one list, which acts and which the help sheet shows.

import { desk } from "./desk.svelte";

export type Group = "Order" | "Working orders" | "Page";

export interface Binding {
  group: Group;
  /** `event.key`, letters in lower case; "⇧" before it: with Shift. */
  key: string;
  /** As shown. */
  shown: string[];
  does: string;
  act: () => void;
}

type Row = [key: string, shown: string, does: string, act: () => void];

const ORDER: Row[] = [
  ["b", "B", "Buy, at the best bid", () => desk.join("buy")],
  ["s", "S", "Sell, at the best ask", () => desk.join("sell")],
  ["x", "X", "Cross: the price that trades at once", () => desk.take()],
  ["arrowup", "↑", "Price up a tick", () => desk.stepPrice(1)],
  ["arrowdown", "↓", "Price down a tick", () => desk.stepPrice(-1)],
  ["⇧arrowup", "⇧ ↑", "Price up ten ticks", () => desk.stepPrice(10)],
  ["⇧arrowdown", "⇧ ↓", "Price down ten ticks", () => desk.stepPrice(-10)],
  ["backspace", "⌫", "Quantity: take a digit back", () => desk.eraseDigit()],
  ["t", "T", "Next order type", () => desk.nextType()],
  ["enter", "Enter", "Send, if the server says it would be taken", () => desk.send(false)],
  ["⇧enter", "⇧ Enter", "Send, whatever the preview says", () => desk.send(true)],
];
const WORKING: Row[] = [
  ["o", "O", "Select the next order", () => desk.selectOrder(1)],
  ["⇧o", "⇧ O", "Select the one before", () => desk.selectOrder(-1)],
  ["e", "E", "Change price or quantity of the selected order", () => desk.edit(desk.selectedOrder)],
  ["w", "W", "Why is the selected order here?", () => desk.explain(desk.selectedOrder)],
  ["c", "C", "Cancel the selected order", () => desk.cancel(desk.selectedOrder)],
  ["⇧c", "⇧ C", "Cancel all orders", () => void desk.cancelAll()],
];
const PAGE: Row[] = [
  ["k", "K", "Kill switch: asks, then Enter", () => (desk.isKillAsked = true)],
  ["?", "?", "This sheet", () => (desk.isHelpShown = !desk.isHelpShown)],
];

export const BINDINGS: Binding[] = [
  ...named("Order", ORDER),
  ...named("Working orders", WORKING),
  ...named("Page", PAGE),
];

/** Keys that are listed, but handled where they are pressed. */
export const LISTED: Omit<Binding, "act" | "key">[] = [
  { group: "Order", shown: ["0", "…", "9"], does: "Quantity, digit by digit" },
  { group: "Page", shown: ["/"], does: "Search an instrument" },
  { group: "Page", shown: ["←", "→"], does: "Into the option chain; there the arrows walk it" },
  { group: "Page", shown: ["Esc"], does: "Leave a field or a dialog" },
];

/** What a key does; nothing for one that is not bound. */
export function bindingOf(key: string, isShifted: boolean): Binding | undefined {
  const name = key.toLowerCase();
  // A sign such as "?" is its own key, with whatever it takes to type it.
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  return BINDINGS.find((each) => each.key === (isShifted && !isSign ? `⇧${name}` : name));
}

function named(group: Group, rows: Row[]): Binding[] {
  return rows.map(([key, shown, does, act]) => ({ group, key, shown: shown.split(" "), does, act }));
}
