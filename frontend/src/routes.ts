// The pages and their addresses; each is loaded when it is first opened.

import type { Component } from "svelte";

interface Page {
  path: string;
  title: string;
  load: () => Promise<{ default: Component<{ id: string | null }> }>;
}

export interface Route extends Page {
  /** What the address names after the page: a round. */
  id: string | null;
}

export const ROUTES: Page[] = [
  { path: "/trade", title: "Trade", load: () => import("./pages/trade/Trade.svelte") },
  { path: "/board", title: "Board", load: () => import("./pages/board/Board.svelte") },
  { path: "/report", title: "Report", load: () => import("./pages/report/Report.svelte") },
  { path: "/replay", title: "Replay", load: () => import("./pages/replay/Replay.svelte") },
  { path: "/admin", title: "Console", load: () => import("./pages/admin/Admin.svelte") },
];

/** Which page an address means; `/` is the terminal. */
export function routeOf(path: string): Route | undefined {
  const [, name = "", id = null, ...rest] = path.replace(/\/$/, "").split("/");
  const page = ROUTES.find((each) => each.path === `/${name || "trade"}`);
  return page === undefined || rest.length > 0 ? undefined : { ...page, id };
}
