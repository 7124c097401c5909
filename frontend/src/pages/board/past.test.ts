import { describe, expect, test } from "vitest";
import { Course, Past } from "./past";

describe("Past", () => {
  test("what stood at a moment is the newest noted by then", () => {
    const past = new Past<string>(10_000);
    past.note(1_000, "a");
    past.note(2_000, "b");
    expect(past.asOf(999)).toBeUndefined();
    expect([1_000, 1_999, 2_000, 9_000].map((at) => past.asOf(at))).toEqual(["a", "a", "b", "b"]);
  });

  test("nothing that stood within the time kept is forgotten, and the list stays bounded", () => {
    const past = new Past<number>(60_000);
    for (let at = 0; at <= 400_000; at += 500) {
      past.note(at, at);
      const asked = at - 60_000;
      if (asked >= 0) expect(past.asOf(asked)).toBe(asked);
    }
    expect(past.length).toBeLessThan(200);
  });
});

describe("Course", () => {
  test("it has never more points than it may and always the first and the newest", () => {
    const course = new Course(50);
    for (let at = 0; at < 2_000; at++) {
      course.add({ gameUs: at, value: at % 7 });
      expect(course.points.length).toBeLessThanOrEqual(50);
      expect(course.points.at(-1)).toEqual({ gameUs: at, value: at % 7 });
    }
    expect(course.points[0]).toEqual({ gameUs: 0, value: 0 });
    const gaps = course.points.slice(1).map((each, at) => each.gameUs - (course.points[at]?.gameUs ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2_000 / 10);
  });

  test("time does not run backwards; a value told again for one time replaces it", () => {
    const course = new Course(50);
    course.add({ gameUs: 5, value: 1 });
    course.add({ gameUs: 4, value: 9 });
    course.add({ gameUs: 5, value: 2 });
    expect(course.points).toEqual([{ gameUs: 5, value: 2 }]);
  });

  test("of what came later nothing is told", () => {
    const course = new Course(50);
    for (let at = 0; at < 20; at++) course.add({ gameUs: at, value: at });
    expect(course.until(7).map((each) => each.gameUs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(course.until(99)).toHaveLength(20);
  });
});
