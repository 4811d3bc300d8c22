import { must, setText } from "./dom";
import { type Store, storageOf } from "./memory";

export type Theme = "system" | "light" | "dark";

const KEY = "airwave.theme";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const WORDS: Readonly<Record<Theme, string>> = { system: "Auto", light: "Light", dark: "Dark" };

/** Light or dark: the system's choice until the reader makes one, which this browser remembers. */
export class ThemeChoice {
  private theme: Theme;

  constructor(
    /** Colours may have changed. */
    private readonly onChange: () => void,
    private readonly store: Store | undefined = storageOf(() => localStorage),
  ) {
    this.theme = readTheme(this.read());
    const button = must("theme", HTMLButtonElement);
    button.addEventListener("click", () => this.choose(NEXT[this.theme]));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.onChange());
    // Paper is white.
    addEventListener("beforeprint", () => this.wear("light"));
    addEventListener("afterprint", () => this.wear(this.theme));
    this.show();
  }

  private wear(theme: Theme): void {
    dress(theme);
    this.onChange();
  }

  private choose(theme: Theme): void {
    this.theme = theme;
    try {
      this.store?.setItem(KEY, theme);
    } catch {
      // Storage is full or refused: the choice lasts as long as the page.
    }
    this.show();
    this.onChange();
  }

  private read(): string | null {
    try {
      return this.store?.getItem(KEY) ?? null;
    } catch {
      return null;
    }
  }

  private show(): void {
    dress(this.theme);
    setText(must("theme-words", HTMLElement), WORDS[this.theme]);
  }
}

function dress(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
}

function readTheme(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : "system";
}
