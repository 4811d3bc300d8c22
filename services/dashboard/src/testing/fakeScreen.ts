import { vi } from "vitest";

type Look = Pick<IntersectionObserverEntry, "target" | "isIntersecting">;

/** A screen whose test says what is on it. Undo it with `vi.unstubAllGlobals`. */
export class FakeScreen {
  private readonly watchers: ((looks: readonly Look[]) => void)[] = [];

  constructor() {
    const { watchers } = this;
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(watcher: (looks: readonly Look[]) => void) {
          watchers.push(watcher);
        }
        observe(): void {}
      },
    );
  }

  look(target: Element, isIntersecting: boolean): void {
    for (const watcher of this.watchers) watcher([{ target, isIntersecting }]);
  }
}
