const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

const whole = new Intl.NumberFormat();

/** A whole number with the separators of the reader's language. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `3 documents`, `1 document`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Bytes in decimal units, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(undefined, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

/** Speed of a transfer, `2.1 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A share of one as whole per cent; never 100 % before it is all. */
export function formatPercent(share: number): string {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return `${share < 1 ? Math.min(percent, 99) : 100} %`;
}
