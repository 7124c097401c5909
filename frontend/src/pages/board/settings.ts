// How the board is shown: read from its address and written back, so that a reload keeps it.

export type Blind = "off" | "names" | "scores";

export interface Settings {
  /** `names`: teams have letters; `scores`: ranks alone are told. */
  blind: Blind;
  /** Shown is what stood so many seconds ago. */
  delayS: number;
  /** How long a page of teams stands. */
  turnS: number;
  /** The season's standing instead of the round's. */
  isSeason: boolean;
}

export interface Read {
  settings: Settings;
  /** What in the address could not be understood; nothing is shown until it is put right. */
  faults: string[];
}

export const DELAYS_S = [0, 60, 300, 900];
export const DELAY_S_MAX = 3_600;
const TURN_S = 10;
const BLINDS: Blind[] = ["off", "names", "scores"];

/** Read an address's query: `blind`, `blind=scores`, `delay=300`, `turn=15`, `season`. */
export function read(search: string): Read {
  const given = new URLSearchParams(search);
  const faults: string[] = [];
  const seconds = (name: string, least: number, most: number, otherwise: number): number => {
    const text = given.get(name);
    if (text === null) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    faults.push(`${name}=${text}: whole seconds from ${least} to ${most}`);
    return otherwise;
  };
  let blind: Blind = "off";
  const asked = given.get("blind");
  if (asked === "" || asked === "names") blind = "names";
  else if (asked === "scores") blind = "scores";
  else if (asked !== null) faults.push(`blind=${asked}: blind, blind=names or blind=scores`);
  return {
    settings: {
      blind,
      delayS: seconds("delay", 0, DELAY_S_MAX, 0),
      turnS: seconds("turn", 2, 120, TURN_S),
      isSeason: given.has("season"),
    },
    faults,
  };
}

/** The query that means these settings; empty for those of a plain board. */
export function written(settings: Settings): string {
  const parts: string[] = [];
  if (settings.blind !== "off") parts.push(settings.blind === "names" ? "blind" : "blind=scores");
  if (settings.delayS > 0) parts.push(`delay=${settings.delayS}`);
  if (settings.turnS !== TURN_S) parts.push(`turn=${settings.turnS}`);
  if (settings.isSeason) parts.push("season");
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

export function nextBlind(blind: Blind): Blind {
  return BLINDS[(BLINDS.indexOf(blind) + 1) % BLINDS.length] ?? "off";
}

/** The next longer delay of the usual ones, then none. */
export function nextDelay(delayS: number): number {
  return DELAYS_S.find((each) => each > delayS) ?? 0;
}
