/** The page's own element of that id; its absence is a fault of the page, not of its reader. */
export function must<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return found;
}

interface Traits {
  readonly class?: string;
  readonly testId?: string;
  /** Always a text node: what comes from outside is never markup. */
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** Makes an element with its children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  traits: Traits = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (traits.class !== undefined) element.className = traits.class;
  if (traits.testId !== undefined) element.dataset["testid"] = traits.testId;
  for (const [name, value] of Object.entries(traits.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  for (const [name, value] of Object.entries(traits.data ?? {})) element.dataset[name] = value;
  if (traits.text !== undefined) element.append(traits.text);
  element.append(...children);
  return element;
}

/** Writes a text only where it changes: the browser lays out again otherwise. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts `child` among its siblings so that `key` stays in order. */
export function insertSorted<T extends Element>(
  parent: Element,
  child: T,
  comesBefore: (sibling: T) => boolean,
): void {
  const siblings = Array.from(parent.children) as T[];
  parent.insertBefore(child, siblings.find(comesBefore) ?? null);
}
