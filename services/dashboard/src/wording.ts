/** Wall times as the reader writes them, to the second. */
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function clockTime(ms: number): string {
  return CLOCK.format(ms);
}

export function minuteTime(ms: number): string {
  return MINUTE.format(ms);
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** A time of day as `text` writes it, with its date unless that is the date of `now`, where given. */
export function dayTime(ms: number, now: number | undefined, text: (ms: number) => string): string {
  const day = DAY.format(ms);
  const isToday = now !== undefined && day === DAY.format(now);
  return isToday ? text(ms) : `${day}, ${text(ms)}`;
}

/** An age in the coarsest unit that still says something. */
export function ageText(seconds: number): string {
  if (seconds < 2) return "now";
  if (seconds < 90) return `${Math.floor(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const TENTHS = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A delay as far as it can be known; one beyond reason is a clock's fault and not a delay. */
export function delayText(seconds: number | undefined): string {
  if (seconds === undefined || Math.abs(seconds) > 300) return "–";
  if (seconds < 0.001) return "< 1 ms";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${TENTHS.format(seconds)} s`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
