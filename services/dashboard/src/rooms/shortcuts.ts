import { must } from "../dom";

/** Keys that work everywhere on the page; in a field only those with Control. */
export function listenForShortcuts(actions: { readonly rooms: () => void }): void {
  const help = must("chat-help", HTMLDialogElement);
  must("chat-help-open", HTMLButtonElement).addEventListener("click", () => help.showModal());
  must("chat-help-close", HTMLButtonElement).addEventListener("click", () => help.close());
  addEventListener("keydown", (event) => {
    const writes =
      event.target instanceof Element && event.target.closest("input, textarea, select");
    const control = event.ctrlKey || event.metaKey;
    const rooms = control ? event.key.toLowerCase() === "k" : event.key === "/" && !writes;
    if (rooms && document.body.dataset["view"] !== "lab") {
      event.preventDefault();
      actions.rooms();
    } else if (event.key === "?" && !writes && !control && !help.open) {
      event.preventDefault();
      help.showModal();
    }
  });
}
