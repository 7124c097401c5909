// Blind mode: a letter instead of a name, the same one as long as the tab is open. Letters are dealt
// at random, for in any order of the game's own a team would know its neighbours.

const STORED = "itg.board.veil";

export class Veil {
  #order: string[];
  readonly #draw: () => number;

  constructor(stored: string | null = null, draw: () => number = Math.random) {
    this.#order = stored === null || stored === "" ? [] : stored.split(",");
    this.#draw = draw;
  }

  /** Deal letters to those who have none. */
  meet(teamIds: readonly string[]): void {
    const met = new Set(this.#order);
    const fresh = teamIds.filter((each) => !met.has(each));
    for (let at = fresh.length - 1; at > 0; at--) {
      const other = Math.floor(this.#draw() * (at + 1));
      [fresh[at], fresh[other]] = [fresh[other] as string, fresh[at] as string];
    }
    this.#order.push(...fresh);
  }

  name(teamId: string): string {
    return `Team ${letters(this.#order.indexOf(teamId))}`;
  }

  get stored(): string {
    return this.#order.join(",");
  }
}

/** A, B … Z, AA, AB … */
export function letters(at: number): string {
  return (at >= 26 ? letters(Math.floor(at / 26) - 1) : "") + String.fromCharCode(65 + (at % 26));
}

/** The veil of this tab. */
export function veilOfTab(): Veil {
  return new Veil(sessionStorage.getItem(STORED));
}

export function keep(veil: Veil): void {
  sessionStorage.setItem(STORED, veil.stored);
}
