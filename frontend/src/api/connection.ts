type Listener = () => void;

/** Whether the server answers; asks again by itself while it does not. */
class Connection {
  private down = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly recoveries = new Set<Listener>();

  /** Whether the last request found nobody. */
  isDown = (): boolean => this.down;

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Calls back each time the server is there again. */
  onRecovery(listener: Listener): () => void {
    this.recoveries.add(listener);
    return () => this.recoveries.delete(listener);
  }

  reportUp(): void {
    if (!this.down) return;
    this.change(false);
    for (const listener of this.recoveries) listener();
  }

  reportDown(): void {
    if (!this.down) this.change(true);
    this.timer ??= setTimeout(() => void this.probe(), 3000);
  }

  /** Asks at once whether the server is there. */
  async probe(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const alive = await fetch("/health/live", { cache: "no-store" }).then(
      (response) => response.ok,
      () => false,
    );
    if (alive) this.reportUp();
    else this.reportDown();
  }

  private change(down: boolean): void {
    this.down = down;
    for (const listener of this.listeners) listener();
  }
}

export const connection = new Connection();
