const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Readers for what people (and links) put in the address bar: anything odd is left out. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

export function text(value: unknown, longest = 500): string | undefined {
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words.trim() ? words.slice(0, longest) : undefined;
}

export function wholeNumber(value: unknown, least = 1): number | undefined {
  const count = typeof value === "string" ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= least
    ? count
    : undefined;
}

export function day(value: unknown): string | undefined {
  return typeof value === "string" && DAY.test(value) ? value : undefined;
}

export function id(value: unknown): string | undefined {
  return typeof value === "string" && ID.test(value) ? value : undefined;
}
