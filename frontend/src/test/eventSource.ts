/** An event stream that tests drive by hand. */
export class FakeEventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static readonly opened: FakeEventSource[] = [];

  readyState = FakeEventSource.CONNECTING;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    super();
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }

  /** The server has answered. */
  accept(): void {
    this.readyState = FakeEventSource.OPEN;
    this.onopen?.();
  }

  /** The line was cut; `forGood` when the browser does not try again. */
  fail(forGood: boolean): void {
    this.readyState = forGood ? FakeEventSource.CLOSED : FakeEventSource.CONNECTING;
    this.onerror?.();
  }

  say(kind: string, data: string): void {
    this.dispatchEvent(new MessageEvent(kind, { data }));
  }
}
