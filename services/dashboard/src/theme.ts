import { must, setText } from "./dom";
import { read, type Store, storageOf, write } from "./memory";

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
    this.theme = readTheme(read(this.store, KEY));
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
    write(this.store, KEY, theme);
    this.show();
    this.onChange();
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

function readTheme(text: string): Theme {
  return text === "light" || text === "dark" ? text : "system";
}
