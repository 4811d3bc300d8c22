import { must } from "../dom";
import { currentRoute, onRoute, type Route } from "../route";
import type { LabView } from "./labView";

/** Shows the lab where the address names it; what it is made of is loaded when it is first seen. */
export function startLab(): void {
  let lab: LabView | undefined;
  const show = async ({ view }: Route): Promise<void> => {
    if (view !== "lab") {
      lab?.leave();
      return;
    }
    const { LabView } = await import("./labView");
    lab ??= new LabView(must("lab", HTMLElement));
  };
  onRoute((route) => void show(route));
  void show(currentRoute());
}
