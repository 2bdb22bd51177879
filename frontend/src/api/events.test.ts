import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeEventSource } from "@/test/eventSource";
import { listenToNews, type News, type StreamState } from "./events";
import { deliverNews, readNews } from "./news";

const latest = () => FakeEventSource.opened.at(-1) as FakeEventSource;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("listenToNews", () => {
  function listen() {
    const news: News[] = [];
    const states: StreamState[] = [];
    const stop = listenToNews("/api/events", {
      onNews: (item) => news.push(item),
      onState: (state) => states.push(state),
    });
    return { news, states, stop };
  }

  it("passes news on and leaves out what is none", () => {
    const { news, states, stop } = listen();
    latest().accept();
    latest().say("document", '{"kind":"document","id":"1"}');
    latest().say("document", "no json");
    latest().say("topic", '{"kind":"topic"}');
    expect(news).toEqual([{ kind: "document", id: "1" }]);
    expect(states).toEqual(["connecting", "live"]);
    stop();
  });

  it("leaves a cut line to the browser", () => {
    const { states, stop } = listen();
    latest().fail(false);
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(states).toEqual(["connecting", "broken"]);
    stop();
  });

  it("tries again when the browser has given up, ever more slowly", () => {
    const { stop } = listen();
    latest().fail(true);
    vi.advanceTimersByTime(1_000);
    expect(FakeEventSource.opened).toHaveLength(2);
    latest().fail(true);
    vi.advanceTimersByTime(1_000);
    expect(FakeEventSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect(FakeEventSource.opened).toHaveLength(3);
    stop();
  });

  it("is silent after it was stopped", () => {
    const { stop } = listen();
    latest().fail(true);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});

describe("deliverNews", () => {
  it("reads everything again after a gap, and polls as long as there is no stream", () => {
    const onGap = vi.fn();
    const stopReading = readNews({ onGap });
    const stop = deliverNews();
    latest().accept();
    expect(onGap).not.toHaveBeenCalled();
    latest().fail(false);
    vi.advanceTimersByTime(10_000);
    expect(onGap).toHaveBeenCalledTimes(2);
    latest().accept();
    expect(onGap).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(60_000);
    expect(onGap).toHaveBeenCalledTimes(3);
    stop();
    stopReading();
  });
});
