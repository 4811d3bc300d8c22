import { csvOf, isoTime } from "./csv";
import type { Sensor } from "./sensors";

/** The page's window of these sensors, oldest first: what it drew, one value per slot of time. */
export function windowCsv(sensors: Iterable<Sensor>, spanSeconds: number): string {
  const rows: (readonly (string | number | undefined)[])[] = [["time", "sensor", "value", "unit"]];
  for (const sensor of sensors) {
    const { record, ring } = sensor;
    if (ring === undefined) {
      rows.push([isoTime(record.t), record.n, record.vs, record.u]);
      continue;
    }
    const to = ring.newestSlot;
    for (let slot = to - spanSeconds / ring.slotSeconds; slot <= to; slot++) {
      const point = ring.at(slot);
      if (typeof point !== "number") continue;
      rows.push([isoTime(slot * ring.slotSeconds), record.n, point, record.u]);
    }
  }
  return csvOf(rows);
}
