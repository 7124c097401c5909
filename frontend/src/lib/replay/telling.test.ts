import { describe, expect, it } from "vitest";
import type { ReplayChunkBody } from "../../wire";
import { candles } from "./candles";
import { type Step, Telling, stepsOf } from "./telling";

const SPX = { instrument_id: "SPX", underlying_id: "SPX", kind: "underlying", multiplier: 1, tick_size: 0.01 };

function print(price: number): unknown {
  return { prices: [{ underlying_id: "SPX", price, is_moving: true, game_us: 0 }] };
}

const CHUNK = {
  chunk: 0,
  keyframe: {
    instruments: [SPX],
    phases: [],
    books: [{ instrument_id: "SPX", bids: [[9, 2]], asks: [[11, 3]] }],
    prices: [],
    marks: [],
    trades: [],
    news: [],
  },
  steps: [
    {
      seq: 10,
      game_us: 1_000_000,
      cause: null,
      frames: [
        { channel: "book.SPX", type: "delta", data: { instrument_id: "SPX", bids: [[10, 5]], asks: [] } },
      ],
    },
    { seq: 14, game_us: 1_500_000, cause: null, frames: [{ channel: "prices", type: "prices", data: print(4) }] },
    { seq: 18, game_us: 1_900_000, cause: null, frames: [{ channel: "prices", type: "prices", data: print(7) }] },
    { seq: 20, game_us: 2_000_000, cause: null, frames: [{ channel: "prices", type: "prices", data: print(5) }] },
  ],
  own: {
    snapshot: { team_id: "t1", orders: [], quotes: [], positions: [], cash: 0 },
    steps: [
      {
        seq: 10,
        game_us: 1_000_000,
        cause: { by: "own", command: "ReserveOrder" },
        frames: [{ channel: "private", type: "order.accepted", data: {} }],
      },
    ],
  },
} as unknown as ReplayChunkBody;

describe("a recorded chunk", () => {
  it("is one step for what one input told to all and to one's own", () => {
    const steps = stepsOf(CHUNK);
    expect(steps.map((step) => step.seq)).toEqual([10, 14, 18, 20]);
    expect(steps[0]?.frames.map((frame) => frame.channel)).toEqual(["book.SPX", "private"]);
    expect(steps[0]?.cause?.command).toBe("ReserveOrder");
  });

  it("tells the best prices a book's change led to, and a book nobody named before", () => {
    const telling = new Telling(CHUNK);
    expect(telling.snapshot("ui.SPX")?.data).toMatchObject({ tops: [{ bid: 9, ask: 11 }] });
    const [first] = stepsOf(CHUNK);
    const frames = telling.of(first!);
    const page = frames.find((frame) => frame.channel === "ui.SPX");
    expect(page?.data).toMatchObject({ tops: [{ bid: 10, bid_quantity: 5, ask: 11 }] });
  });

  it("numbers the frames of a step apart, so that none of them is taken for another", () => {
    const telling = new Telling(CHUNK);
    const frames = stepsOf(CHUNK).flatMap((step) => telling.of(step));
    const own = frames.filter((frame) => frame.channel === "private");
    expect(own.map((frame) => frame.seq)).toEqual([11]);
    expect(telling.snapshot("private")?.seq).toBe(9);
  });

  it("ends what a book indicated with its uncross", () => {
    const data = { underlying_id: "SPX", instrument_id: "SPX", phase: "continuous", quantity: 2 };
    const frames = [{ channel: "phase", type: "uncross", data }];
    const step = { seq: 30, game_us: 3_000_000, frames, isOwn: false } as unknown as Step;
    const told = new Telling(CHUNK).of(step).filter(({ channel }) => channel === "ui.book.SPX");
    expect(told.map((frame) => frame.data)).toMatchObject([{ indicative_quantity: 0 }]);
  });

  it("makes candles of its prints", () => {
    const asked = { underlying_id: "SPX", interval: "1s", limit: 10 };
    expect(candles(stepsOf(CHUNK), asked).items).toEqual([
      { start_us: 1_000_000, open_price: 4, high_price: 7, low_price: 4, close_price: 7 },
      { start_us: 2_000_000, open_price: 5, high_price: 5, low_price: 5, close_price: 5 },
    ]);
  });
});
