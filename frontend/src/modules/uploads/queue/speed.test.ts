import { expect, it } from "vitest";
import { Speed } from "./speed";

it("measures once there is enough to go by", () => {
  const speed = new Speed();
  expect(speed.note(0, 0)).toBeNull();
  expect(speed.note(100, 200)).toBeNull();
  expect(speed.note(1_000, 500)).toBe(2_000);
});

it("starts anew when the file is sent from its beginning again", () => {
  const speed = new Speed();
  speed.note(0, 0);
  speed.note(5_000, 1_000);
  expect(speed.note(0, 1_100)).toBeNull();
  expect(speed.note(500, 1_600)).toBe(1_000);
});
