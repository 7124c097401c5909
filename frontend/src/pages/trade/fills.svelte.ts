// Own fills: those of the private stream, and those from before it, each once, newest first.

import { account, type Correction } from "../../lib/account/account.svelte";
import { link } from "../../lib/net/link.svelte";
import type { FillBody, FillPage } from "../../wire";

export interface ShownFill {
  fillId: number;
  tradeId: number;
  orderId: number;
  instrumentId: string;
  side: "buy" | "sell";
  quantity: number;
  price: number;
  liquidity: string;
  fee: number;
  seq: number;
  gameUs: number;
  /** Set where the trade was undone or moved since. */
  correction: Correction | undefined;
}

const KEPT = 500;
/** How far back in the private stream the page looks when it is opened. */
const BACK = 3_000;

class Fills {
  #earlier = $state.raw<FillBody[]>([]);

  /** Newest first, each once. */
  readonly list = $derived.by((): ShownFill[] => {
    const all = new Map<number, ShownFill>();
    for (const fill of this.#earlier)
      all.set(fill.fill_id, shown(fill, fill.seq, fill.game_us, correctionOf(fill)));
    for (const fill of account.fills)
      all.set(fill.fill_id, shown(fill, fill.seq, fill.gameUs, account.corrections.get(fill.trade_id)));
    return [...all.values()].sort((a, b) => b.seq - a.seq).slice(0, KEPT);
  });

  /** Read what the stream did not tell: all before the page, or what it lost. */
  async read(): Promise<void> {
    const found: FillBody[] = [];
    let cursor: string | null = null;
    const since_seq = Math.max(0, account.seq - BACK);
    do {
      const page: FillPage = await link.request("fills.list", { since_seq, cursor, limit: 1_000 });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    this.#earlier = found.slice(-KEPT);
  }

  clear(): void {
    this.#earlier = [];
  }
}

function correctionOf(fill: FillBody): Correction | undefined {
  const heard = account.corrections.get(fill.trade_id);
  if (heard !== undefined) return heard;
  if (fill.is_busted) return { adjustedPrice: null };
  return fill.adjusted_price == null ? undefined : { adjustedPrice: fill.adjusted_price };
}

function shown(
  fill: Omit<FillBody, "seq" | "game_us" | "client_order_id" | "liquidity"> & { liquidity: string },
  seq: number,
  gameUs: number,
  correction: Correction | undefined,
): ShownFill {
  return {
    fillId: fill.fill_id,
    tradeId: fill.trade_id,
    orderId: fill.order_id,
    instrumentId: fill.instrument_id,
    side: fill.side,
    quantity: fill.last_quantity,
    price: fill.last_price,
    liquidity: fill.liquidity,
    fee: fill.fee,
    seq,
    gameUs,
    correction,
  };
}

export const fills = new Fills();
