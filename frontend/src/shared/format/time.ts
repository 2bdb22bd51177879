const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const WEEK = 7 * 86_400;

/** A day, `14 Mar 2026`. */
export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(new Date(iso));
}

/** A moment to the second, for details and tooltips. */
export function formatMoment(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(
    new Date(iso),
  );
}

/** How long ago, in words; the day itself when it is more than a week. */
export function formatAgo(iso: string, now: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  if (Math.abs(seconds) >= WEEK) return formatDate(iso);
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** A span of time, `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const span = Math.max(0, seconds);
  if (span < 10) return `${span.toFixed(1)} s`;
  if (span < 60) return `${Math.round(span)} s`;
  const minutes = Math.floor(span / 60);
  if (minutes < 60) {
    const rest = Math.round(span % 60);
    return rest > 0 && rest < 60 ? `${minutes} min ${rest} s` : `${minutes} min`;
  }
  const rest = minutes % 60;
  return rest > 0 ? `${Math.floor(minutes / 60)} h ${rest} min` : `${Math.floor(minutes / 60)} h`;
}

/** Time left of a transfer, `12 s left`. */
export function formatTimeLeft(seconds: number): string {
  return `${formatDuration(Math.max(1, Math.round(seconds))).replace(/\.0 s$/, " s")} left`;
}
