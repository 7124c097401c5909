// What the board's keys do; the help lists them.

export type Act =
  | "full"
  | "blind"
  | "delay"
  | "season"
  | "hold"
  | "next"
  | "back"
  | "theme"
  | "help";

interface Action {
  act: Act;
  keys: string[];
  /** How the keys are written on the help. */
  label: string;
  does: string;
}

export const ACTIONS: Action[] = [
  { act: "full", keys: ["f"], label: "f", does: "Full screen, and back" },
  { act: "blind", keys: ["b"], label: "b", does: "Blind: names hidden, scores hidden, nothing hidden" },
  { act: "delay", keys: ["d"], label: "d", does: "Delay: 60, 300, 900 seconds, none" },
  { act: "season", keys: ["s"], label: "s", does: "The season's standing, or the round's" },
  { act: "hold", keys: ["p", " "], label: "p", does: "Hold the page, or let pages turn" },
  { act: "next", keys: ["ArrowRight", "PageDown"], label: "→", does: "Next page" },
  { act: "back", keys: ["ArrowLeft", "PageUp"], label: "←", does: "Page before" },
  { act: "theme", keys: ["t"], label: "t", does: "Light, dark, or as the system is" },
  { act: "help", keys: ["?"], label: "?", does: "These keys" },
];
