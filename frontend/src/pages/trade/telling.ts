// A signal in a sentence, and until when it says something.

import type { Signal } from "../../lib/market/told";
import { clock, fixed, percent, price } from "../../lib/parts/format";

export interface Told {
  head: string;
  rest: string;
  /** Game time, microseconds: from then on it says nothing more. */
  untilUs: number | null;
}

export function sentence(signal: Signal): Told {
  switch (signal.type) {
    case "volatility": {
      const { regime, is_shift, probabilities, accuracy, effective_us } = signal;
      const chances = Object.entries(probabilities)
        .map(([name, chance]) => `${name} ${percent(chance as number, 0)}`)
        .join(", ");
      return {
        head: is_shift ? "Volatility will shift" : "Volatility will not shift",
        rest: `at ${clock(effective_us)}, ${regime} now; ${chances}; right in ${percent(accuracy, 0)}`,
        untilUs: effective_us,
      };
    }
    case "tracking": {
      const { underlying_id, announcement, stage, spot_price, theo_price } = signal;
      const { tracking_error, z_score, accuracy } = signal;
      const isOver = stage === "close";
      return {
        head: `${underlying_id} ${isOver ? "is back" : announcement}`,
        rest:
          `${price(spot_price)} against ${price(theo_price)}: ${fixed(100 * tracking_error, 2)} %, ` +
          `z ${fixed(z_score, 1)}; right in ${percent(accuracy, 0)}`,
        untilUs: isOver ? signal.game_us : signal.horizon_us,
      };
    }
    case "alpha": {
      const { model, underlying_id, expected_return, confidence, horizon_us } = signal;
      return {
        head: `${underlying_id} ${fixed(100 * expected_return, 2)} %`,
        rest: `${model} until ${clock(horizon_us)}, confidence ${percent(confidence, 0)}`,
        untilUs: horizon_us,
      };
    }
  }
}
