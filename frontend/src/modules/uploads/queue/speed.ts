const WINDOW_MS = 4_000;
const SHORTEST_MS = 400;

/** Bytes per second over the last seconds of one transfer. */
export class Speed {
  private readonly samples: { at: number; bytes: number }[] = [];

  /** Notes the bytes sent so far; gives the rate, or null while it is too early to tell. */
  note(bytes: number, at: number): number | null {
    // Fewer bytes than before: the file is being sent again from its beginning.
    if (bytes < (this.samples.at(-1)?.bytes ?? 0)) this.samples.length = 0;
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > WINDOW_MS) {
      this.samples.shift();
    }
    const first = this.samples[0];
    if (!first || at - first.at < SHORTEST_MS) return null;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}
