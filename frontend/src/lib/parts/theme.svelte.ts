// Light, dark, or as the system is.

type Theme = "system" | "light" | "dark";

const STORED = "itg.theme";
const THEMES: Theme[] = ["system", "light", "dark"];

class Themes {
  chosen = $state<Theme>(stored());

  constructor() {
    this.#show();
  }

  next(): void {
    this.chosen = THEMES[(THEMES.indexOf(this.chosen) + 1) % THEMES.length] ?? "system";
    localStorage.setItem(STORED, this.chosen);
    this.#show();
  }

  #show(): void {
    if (this.chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.chosen;
  }
}

function stored(): Theme {
  const found = localStorage.getItem(STORED) as Theme | null;
  return found !== null && THEMES.includes(found) ? found : "system";
}

export const themes = new Themes();
