// Generated from the interfaces' documents by `make api`. Do not edit.

/** `AdjustRequest` and the team. */
export interface AdjustParams {
  cash?: number | string;
  instrument_id?: string | null;
  quantity?: number;
  price?: number | string;
  reason: string;
  team_id: string;
}

/** Correct a team's cash, or its contracts at a price; signed, positive to the team. The house is the other side of contracts; cash comes from outside the market. Contracts are `instrument_id`, `quantity` and a `price` on the tick grid, all three. */
export interface AdjustRequest {
  cash?: number | string;
  instrument_id?: string | null;
  quantity?: number;
  price?: number | string;
  reason: string;
}

/** What was corrected. */
export interface AdjustedBody {
  team_id: string;
  cash: number;
  instrument_id: string | null;
  quantity: number;
  price: number;
}

/** Data of `account.adjusted`: an organizer's correction, positive to the team. */
export interface AdjustedPush {
  cash: number;
  instrument_id: string | null;
  quantity: number;
  price: number;
}

/** A model's forecast of an underlying's log return until `horizon_us`. */
export interface AlphaPush {
  type: "alpha";
  signal_id: number;
  seq: number;
  role: string;
  game_us: number;
  model: string;
  underlying_id: string;
  expected_return: number;
  confidence: number;
  horizon_us: number;
}

/** How news arrives in session time; none comes in the last `quiet_end_s` of a session. */
export interface ArrivalsBody {
  mean_gap_s: number;
  gap_min_s: number;
  gap_max_s: number;
  weights: (HourWeightBody)[];
  quiet_end_s: number;
}

/** Who did what to whom, when and why; `code` says why the game refused it. */
export interface AuditBody {
  seq: number;
  game_us: number;
  actor: string;
  act: string;
  subject: string;
  reason: string;
  code: string | null;
}

/** The organizer's acts and the teams' kill switches, newest last. */
export interface AuditPage {
  items: (AuditBody)[];
  next_cursor: string | null;
}

/** The organizer's acts, newest last; `since_seq` leaves out those up to it. */
export interface AuditParams {
  since_seq?: number | null;
  cursor?: string | null;
  limit?: number;
}

/** What became of a batch, in its order. */
export interface BatchBody {
  items: (BatchItemBody)[];
}

/** One order of a batch: placed, or refused; `is_repeated` as `Idempotent-Replayed`. */
export interface BatchItemBody {
  order?: OrderBody | null;
  problem?: Problem | null;
  is_repeated?: boolean;
}

/** Place up to 100 orders, one after the other; each stands or falls alone. */
export interface BatchRequest {
  orders: (PlaceOrderRequest)[];
}

/** One sentence with its code; `seq` names the private event it was read from, if any. */
export interface BecauseBody {
  code: string;
  text: string;
  seq?: number | null;
}

/** A table: one row an order or a fill, oldest first, refused orders last. */
export interface BlotterFile {
}

/** Which of a team's own tables of an ended round, and how. */
export interface BlotterParams {
  round_id: number;
  team_id?: string | null;
  what: "fills" | "orders";
  format?: "csv" | "parquet";
}

/** Base of everything the server sends; clients ignore fields they do not know. */
export interface Body {
}

/** A book at `seq`, best levels first; indicative fields speak while an auction collects. */
export interface BookBody {
  instrument_id: string;
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  seq: number;
  bids: (LevelBody)[];
  asks: (LevelBody)[];
  indicative_price?: number | null;
  indicative_quantity?: number;
  imbalance_quantity?: number;
  imbalance_side?: "buy" | "sell" | null;
}

/** Books in listing order. */
export interface BookPage {
  items: (BookBody)[];
  next_cursor: string | null;
}

/** One book; without `depth` every level. */
export interface BookParams {
  instrument_id: string;
  depth?: number | null;
}

/** Data of `book.{instrument}`: a snapshot, or in a delta the changed levels. */
export interface BookPush {
  instrument_id: string;
  bids: ([number, number])[];
  asks: ([number, number])[];
  phase?: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  indicative_price?: number | null;
  indicative_quantity?: number | null;
  imbalance_quantity?: number | null;
  imbalance_side?: "buy" | "sell" | null;
}

/** The books of one underlying's instruments, or of all. */
export interface BooksParams {
  underlying?: string | null;
  depth?: number | null;
  cursor?: string | null;
  limit?: number;
}

/** One rate budget: tokens left of `burst`, refilled at `per_s` per second of game time. */
export interface BudgetBody {
  kind: string;
  per_s: number;
  burst: number;
  remaining: number;
}

/** What the bundles of this game are signed with, in hexadecimal; null: none are made. */
export interface BundleKeyBody {
  algorithm: "Ed25519";
  public_key: string | null;
}

/** `BustRequest` and the trade it is about. */
export interface BustParams {
  price?: number | string | null;
  reason: string;
  trade_id: number;
}

/** What correcting a trade would do, tried on a copy of the game as of `as_of_seq`. The teams that made it come first, then those whose score or rank would move, each in the order of registration. Scores are those of `round_id`: the round whose scores move, or the newest. While a round is under way, terms that are measured each second follow within the next one. */
export interface BustPreviewBody {
  trade_id: number;
  instrument_id: string;
  price: number;
  adjusted_price: number | null;
  quantity: number;
  as_of_seq: number;
  game_us: number;
  round_id: number | null;
  is_final: boolean;
  items: (CorrectedTeamBody)[];
}

/** `BustPreviewRequest` and the trade it is about. */
export interface BustPreviewParams {
  price?: number | string | null;
  trade_id: number;
}

/** As for the act itself, which needs a reason besides: undo a trade, or move it to a price. */
export interface BustPreviewRequest {
  price?: number | string | null;
}

/** Undo a trade, or with a price let it count at that price. */
export interface BustRequest {
  price?: number | string | null;
  reason: string;
}

/** The trade as it was, and the price at which it counts now (none: not at all). */
export interface BustedBody {
  trade_id: number;
  instrument_id: string;
  price: number;
  adjusted_price: number | null;
  quantity: number;
}

/** `order.cancel_all`: every filter given must match; none cancels all orders. */
export interface CancelAllParams {
  instrument_id?: string | null;
  underlying?: string | null;
  side?: "buy" | "sell" | null;
  tag?: string | null;
}

/** `order.cancel`: name the order by one of the two ids. */
export interface CancelParams {
  order_id?: number | null;
  client_order_id?: string | null;
}

/** One interval of the published print, from `start_us` on. */
export interface CandleBody {
  start_us: number;
  open_price: number;
  high_price: number;
  low_price: number;
  close_price: number;
}

/** The last candles of one underlying, oldest first; intervals without a print are left out. */
export interface CandlePage {
  underlying_id: string;
  interval_s: number;
  items: (CandleBody)[];
  next_cursor: string | null;
}

/** A case with its first events; `evidence_count` counts those left out too. */
export interface CaseBody {
  case_id: string;
  kind: "closing" | "layering" | "self_trade" | "stuffing" | "transfer" | "wash";
  trading_day: string;
  team_ids: (string)[];
  account_ids: (string)[];
  instrument_ids: (string)[];
  from_us: number;
  to_us: number;
  severity: number;
  summary: string;
  evidence_count: number;
  status: "open";
  evidence: (EvidenceBody)[];
}

/** Cases by kind, in the order in which they were opened. `as_of_seq` is the last event looked at, of an earlier round its last one. After a restart the day at hand is read again and it runs behind for a while. `fault` says why nothing after it is looked at any more, null as it should be. */
export interface CasePage {
  items: (CaseSummaryBody)[];
  as_of_seq: number;
  fault: string | null;
  next_cursor: string | null;
}

/** One case of a round; without one of the newest that began. */
export interface CaseParams {
  case_id: string;
  round_id?: number | null;
}

/** A case in one sentence; `severity` is 0 to 100, 50 at the threshold of its kind. */
export interface CaseSummaryBody {
  case_id: string;
  kind: "closing" | "layering" | "self_trade" | "stuffing" | "transfer" | "wash";
  trading_day: string;
  team_ids: (string)[];
  account_ids: (string)[];
  instrument_ids: (string)[];
  from_us: number;
  to_us: number;
  severity: number;
  summary: string;
  evidence_count: number;
  status: "open";
}

/** An underlying's series in listing order; `price` is its last print. */
export interface ChainBody {
  underlying_id: string;
  price: number | null;
  game_us: number;
  items: (ChainRowBody)[];
}

/** One underlying's chain. */
export interface ChainParams {
  underlying: string;
}

/** Data of `chain.{underlying}`: the series whose marks changed, or all in a snapshot. */
export interface ChainPush {
  marks: (MarkPush)[];
}

/** One series: its book, its last trade, its fair value and greeks. `iv` is fair volatility, `mid_iv` that of the book's middle; null where a price has none. */
export interface ChainRowBody {
  instrument_id: string;
  right: "call" | "put";
  strike: number;
  expires_us: number;
  bid: number | null;
  bid_quantity: number;
  ask: number | null;
  ask_quantity: number;
  last: number | null;
  mark_price: number | null;
  iv: number | null;
  mid_iv: number | null;
  delta: number | null;
  gamma: number | null;
  vega: number | null;
  theta: number | null;
}

/** One open socket, as the server sees it; the age of its last frame is wall time. `waiting_bytes` is what it has not read yet, `unanswered` its requests under way; `is_blocked`: it takes nothing at present. */
export interface ConnectionBody {
  connection_number: number;
  open_ms: number;
  last_frame_age_ms: number;
  waiting_bytes: number;
  unanswered: number;
  is_blocked: boolean;
  channels: (string)[];
}

/** Every team in registration order, who is missing, and how many sockets are of nobody's team. `epoch` is that of every channel that begins anew with the server. */
export interface ConnectionsBody {
  epoch: number;
  items: (TeamConnectionsBody)[];
  missing: (string)[];
  others: number;
}

/** A team as it stands, and as it would stand; `fills` is empty where only its score moves. */
export interface CorrectedTeamBody {
  team_id: string;
  team_name: string;
  fills: (UndoneFillBody)[];
  before: StandingBody;
  after: StandingBody;
}

/** How an account meets its obligation to quote; shares of 1. `share` is that of the rolling window and `day_share` the session's so far, null before it has asked for anything; `relief` is what full limits covered of the session so far. */
export interface CoverageBody {
  share: number | null;
  day_share: number | null;
  relief: number;
  is_rebate_halved: boolean;
  series: (SeriesCoverageBody)[];
}

/** Series-seconds that an obligation to quote asked for and that counted as quoted. */
export interface CoverageTotalsBody {
  obliged: number;
  covered: number;
  share: number | null;
}

/** An organizer registers a team, any role but the house's. */
export interface CreateTeamRequest {
  team_name: string;
  role: string;
  reason?: string;
}

/** An account's dead-man timer; nulls: not armed. `expires_us` is wall time. */
export interface DeadmanBody {
  timeout_ms?: number | null;
  expires_us?: number | null;
}

/** Data of `system` type `deadman.expired`: everything of the account is being canceled. */
export interface DeadmanData {
  timeout_ms: number;
}

/** `deadman.set`: cancel everything unless set again within this much wall time. */
export interface DeadmanParams {
  timeout_ms: number;
}

/** A trade and what it was worth a minute later; `gain` = side × (mark later − price) × cash. `edge` is the same with the mark at the trade. */
export interface DecisionBody {
  trade_id: number;
  game_us: number;
  instrument_id: string;
  side: "buy" | "sell";
  is_maker: boolean;
  is_auction: boolean;
  quantity: number;
  price: number;
  mark_price: number;
  mark_later: number;
  edge: number;
  gain: number;
  known: KnownBody;
}

/** Data of `phase` type `delayed`: an auction goes on, at the longest until `opens_us`. */
export interface DelayedPush {
  underlying_id: string;
  instrument_id: string;
  indicative_price: number;
  opens_us: number;
}

/** Data of `phase` type `delisted`: a book is no more. */
export interface DelistedPush {
  underlying_id: string;
  instrument_id: string;
}

/** The first `minutes` of trading after a minute of pre-open, with the reference bots. */
export interface DryFiguresBody {
  minutes: number;
  trades: number;
  contracts: number;
  orders: number;
  quotes: number;
  halts: number;
  headlines: number;
  roles: (RoleFiguresBody)[];
  wall_s: number;
}

/** What a game of it would be; `headlines` is the length of its table. */
export interface DryPlanBody {
  scenario: string;
  scenario_hash: string;
  seed: number;
  speed: number;
  max_teams: number;
  days: (PlannedDayBody)[];
  underlyings: (PlannedUnderlyingBody)[];
  roles: (RoleBody)[];
  headlines: number;
  news: (PlannedNewsBody)[];
  seats: (PlannedSeatBody)[];
}

/** The newest dry run as far as it is; `share` of the session has been played. `failed`: `fault` says why it could not be ended. `faulty`: no game can be made of it. */
export interface DryRunBody {
  run_id: number;
  status: "done" | "failed" | "faulty" | "none" | "running" | "stopped";
  scenario: string;
  share: number;
  fault: string;
  faults: (ScenarioFaultBody)[];
  plan: DryPlanBody | null;
  figures: DryFiguresBody | null;
}

/** A shipped scenario by its name, or the text of a file that may extend a shipped one. `minutes` of trading are played with the reference bots; 0: none. */
export interface DryRunRequest {
  scenario?: string | null;
  text?: string | null;
  minutes?: number;
}

/** One event of a case; `seq` is its number in the journal. */
export interface EvidenceBody {
  seq: number;
  game_us: number;
  what: string;
}

/** The market's phase and what comes next. */
export interface ExchangeStatusBody {
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  next_phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  next_transition_us: number | null;
  halts: (string)[];
  underlyings: (UnderlyingStatusBody)[];
}

/** Why an order is where it is: its history in order, then the present. */
export interface ExplanationBody {
  order_id: number | null;
  client_order_id: string | null;
  status: "canceled" | "expired" | "filled" | "partially_filled" | "pending" | "rejected" | "working";
  reasons: (BecauseBody)[];
  is_complete: boolean;
}

/** A table: one row a fact, oldest first; columns are named as on the wire. */
export interface ExportFile {
}

/** What to export of an ended round, and how; `lobster` is a form of its orders alone. */
export interface ExportParams {
  round_id: number;
  what: "corrections" | "events" | "news" | "orders" | "pnl" | "positions" | "prices" | "quotes" | "signals" | "spots" | "trades";
  format?: "csv" | "lobster" | "parquet";
}

/** `ExtendRequest` and the round. */
export interface ExtendParams {
  extend_s: number;
  reason?: string;
  round_id: number;
}

/** Let a round close so many seconds of game time later. */
export interface ExtendRequest {
  extend_s: number;
  reason?: string;
}

/** One field's fault; `pointer` is a JSON pointer into the request. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** One side's half of a trade. `fee` is positive when paid; `seq` is its place in `private`. `is_busted`: the trade was undone since; `adjusted_price`: it counts at this price instead. A list says so; what is told as it happens cannot, and `fill.busted` follows it. */
export interface FillBody {
  fill_id: number;
  trade_id: number;
  order_id: number;
  client_order_id: string | null;
  instrument_id: string;
  side: "buy" | "sell";
  last_price: number;
  last_quantity: number;
  liquidity: "auction" | "maker" | "taker";
  fee: number;
  seq: number;
  game_us: number;
  is_busted?: boolean;
  adjusted_price?: number | null;
}

/** Own fills, oldest first. `is_complete` unless the mailbox has lost what came right after where the page begins: fills of then may be missing, which the round's blotter has. */
export interface FillPage {
  items: (FillBody)[];
  next_cursor: string | null;
  is_complete?: boolean;
}

/** Data of `fill`: the fill and what it left of the order (or of the quote side). */
export interface FillPush {
  fill_id: number;
  trade_id: number;
  order_id: number;
  client_order_id: string | null;
  instrument_id: string;
  side: "buy" | "sell";
  last_price: number;
  last_quantity: number;
  liquidity: string;
  fee: number;
  status: "canceled" | "expired" | "filled" | "partially_filled" | "pending" | "rejected" | "working";
  filled_quantity: number;
  leaves_quantity: number;
  average_price: number;
  is_quote: boolean;
}

/** Own fills, oldest first; `since_seq` leaves out those up to it. */
export interface FillsParams {
  since_seq?: number | null;
  instrument_id?: string | null;
  cursor?: string | null;
  limit?: number;
}

/** One team over all rounds; `judgement` is shown to the team itself and to the organizer. */
export interface FinalScoreBody {
  team_id: string;
  rank: number;
  rounds: (RoundPointsBody)[];
  mean: number | null;
  semideviation: number | null;
  measured: number | null;
  judged: number | null;
  total: number | null;
  judgement: JudgedBody | null;
}

/** In which formats this server writes tables; without the extra `analytics`, CSV alone. */
export interface FormatsBody {
  formats: ("csv" | "parquet")[];
}

/** Data of `system` type `gap`: a public channel lost these seqs to a slow reader. */
export interface GapData {
  channel: string;
  first_seq: number;
  last_seq: number;
}

/** Data of `phase` type `guard`: takers wait until `ends_us`; null: the guard has ended. */
export interface GuardPush {
  underlying_id: string;
  ends_us: number | null;
}

/** A halt under way; no instrument: the whole underlying. No `resumes_us`: until resumed. */
export interface HaltBody {
  instrument_id: string | null;
  halt_cause: "organizer" | "price_move" | "stale_prices";
  resumes_us: number | null;
}

/** Data of `phase` type `halt`; no instrument: all of the underlying. Its `phase` follows. */
export interface HaltPush {
  underlying_id: string;
  instrument_id: string | null;
  halt_cause: "organizer" | "price_move" | "stale_prices";
  resumes_us: number | null;
}

/** Halt or resume an instrument, an underlying with its series, or everything. `halt_s` of game time later trading reopens by auction; without it, when it is resumed. */
export interface HaltRequest {
  action: "halt" | "resume";
  instrument_id?: string | null;
  underlying_id?: string | null;
  halt_s?: number | null;
  reason?: string;
}

/** What halted or resumed; trading reopens by auction. */
export interface HaltedBody {
  action: "halt" | "resume";
  items: (MovedBody)[];
}

/** Contracts that went to the house at a price, signed as they were held. */
export interface HandedOverBody {
  instrument_id: string;
  net_quantity: number;
  price: number;
}

/** A row of the table: chances are fractions, sizes fractions of the price. `weight` is the relative chance to be the next. */
export interface HeadlineBody {
  headline_id: string;
  headline: string;
  weight: number;
  shift: number;
  jump: number;
  sign: "down" | "either" | "up";
  size_min: number;
  size_max: number;
}

/** The table of headlines; no `arrivals`: they come by the organizer's hand alone. */
export interface HeadlineTableBody {
  items: (HeadlineBody)[];
  arrivals: ArrivalsBody | null;
}

/** Data of `system` type `heartbeat`: the last seq sent on every subscribed channel. */
export interface HeartbeatData {
  channels: Record<string, number>;
}

/** Data of `system` type `hello`, the first frame of every connection. */
export interface HelloData {
  team_id: string | null;
  account_id: string | null;
  role: string | null;
  connection_number: number;
  lock_step: boolean;
  epoch: number;
  heartbeat_ms: number;
  version: string;
  cancel_on_disconnect?: "all" | "none" | "quotes";
}

/** The last `limit` candles; `interval` is seconds, or a number with `s`, `m` or `h`. Whole minutes reach back some eighteen sessions, other intervals one hour. */
export interface HistoryParams {
  underlying_id: string;
  interval?: string;
  limit?: number;
}

/** From `start_s` of the session on, news is `weight` times as frequent as on average. */
export interface HourWeightBody {
  start_s: number;
  weight: number;
}

/** A roster: registered in its order, all of it or nothing. */
export interface ImportRequest {
  rows: (RosterRow)[];
  reason?: string;
}

/** The new teams in the roster's order. */
export interface ImportedBody {
  items: (ImportedTeam)[];
}

/** A new team and its key, shown this once. */
export interface ImportedTeam {
  team_id: string;
  team_name: string;
  role: string;
  api_key: string;
}

/** A tradable thing; option fields are null on underlyings. */
export interface InstrumentBody {
  instrument_id: string;
  underlying_id: string;
  kind: "option" | "underlying";
  multiplier: number;
  tick_size: number;
  right?: "call" | "put" | null;
  strike?: number | null;
  expiry_date?: string | null;
  expires_us?: number | null;
}

/** Instruments in listing order. */
export interface InstrumentPage {
  items: (InstrumentBody)[];
  next_cursor: string | null;
}

/** One instrument. */
export interface InstrumentParams {
  instrument_id: string;
}

/** One instrument's P&L of the day. */
export interface InstrumentPnlBody {
  instrument_id: string;
  parts: PnlPartsBody;
}

/** Listed instruments, in listing order. */
export interface InstrumentsParams {
  underlying?: string | null;
  cursor?: string | null;
  limit?: number;
}

/** A key for somebody without a team: it reads, and exports the history of ended rounds. `is_organizer`: it does all that the first organizer's key does, and the audit names it. */
export interface IssueKeyRequest {
  key_name: string;
  is_organizer?: boolean;
  reason?: string;
}

/** The new key with its scopes, shown this once. */
export interface IssuedKeyBody {
  key_name: string;
  scopes: (string)[];
  api_key: string;
}

/** What was entered of the judged part; null: not yet. */
export interface JudgedBody {
  team_id: string;
  research: number | null;
  code: number | null;
  team: number | null;
}

/** Points of a team's judged part, and the team. */
export interface JudgementParams {
  research?: number | null;
  code?: number | null;
  team?: number | null;
  reason?: string;
  team_id: string;
}

/** Points of a team's judged part; what is left out stays as it is. */
export interface JudgementRequest {
  research?: number | null;
  code?: number | null;
  team?: number | null;
  reason?: string;
}

/** Whose key works, and for what; its number (0: the first organizer's) is no other's. */
export interface KeyItem {
  key_name: string;
  key_number: number;
  scopes: (string)[];
}

/** Organizers' keys, then researchers', each in the order they were issued. */
export interface KeyPage {
  items: (KeyItem)[];
}

/** The switch as it stands, and the orders that it canceled; no team: everybody's. */
export interface KillSwitchBody {
  is_active: boolean;
  team_id: string | null;
  order_ids: (number)[];
}

/** Data of `kill_switch.changed`: whether one stops the account now, and who switched. */
export interface KillSwitchPush {
  is_active: boolean;
  by_organizer: boolean;
}

/** Switch a team off (or on again): its own key its team, the organizer's one or everybody. */
export interface KillSwitchRequest {
  is_active?: boolean;
  team_id?: string | null;
  reason?: string;
}

/** What the team could know at a trade: the last headline and the last signal to its role. */
export interface KnownBody {
  headline: string | null;
  headline_us: number | null;
  signal: string | null;
  signal_us: number | null;
}

/** Data of a `snapshot` on `events`: the last headlines, oldest first; `news` is one of them. */
export interface LastNewsPush {
  news: (NewsPush)[];
}

/** Data of a `snapshot` on `signals`: the role's last ones, oldest first. */
export interface LastSignalsPush {
  signals: (VolatilityPush | TrackingPush | AlphaPush)[];
}

/** Commands answered within `at_most_ms`, those of the buckets before not counted again. */
export interface LatencyBucketBody {
  at_most_ms: number | null;
  answered: number;
}

/** Displayed interest at one price. */
export interface LevelBody {
  price: number;
  quantity: number;
  order_count: number;
}

/** Data of `limit.breached`: outside since a game time, for longer than the grace. */
export interface LimitBreachPush {
  kind: string;
  used: number;
  limit: number;
  since_us: number;
}

/** Data of `limit`: a risk limit is 80 % used; of `limit.cleared`: it is kept again. Of `quote_coverage` and `maker_rebate` (halved from now on) `used` has fallen to it from above. */
export interface LimitPush {
  kind: string;
  instrument_id: string | null;
  used: number;
  limit: number;
}

/** Data of `phase` type `listed`: a book is open for orders. */
export interface ListedPush {
  instrument: InstrumentBody;
}

/** One JSON object a line: `seq ts_us game_us channel type data`, oldest first. */
export interface LogFile {
}

/** Whose log of an ended round; only an organizer names a team. */
export interface LogParams {
  round_id: number;
  team_id?: string | null;
}

/** A fresh key, shown this once, and whose it is. */
export interface LoginBody {
  scopes: (string)[];
  team_id: string | null;
  team_name: string | null;
  role: string | null;
  key_name: string | null;
  api_key: string;
}

/** The ticket of a link, good once. */
export interface LoginRequest {
  ticket: string;
}

/** A ticket for `POST /game/logins`, and the page's address with it. A browser keeps what follows `#` to itself: no server and no log reads it. */
export interface LoginTicketBody {
  ticket: string;
  expires_in_s: number;
  path: string;
}

/** For whom: oneself; an organizer may name a team, or ask for a key that reads alone. */
export interface LoginTicketRequest {
  team_id?: string | null;
  read_only?: boolean;
}

/** Data of `loss.stopped`, in USD: until the next open only what reduces passes. */
export interface LossStopPush {
  session_pnl: number;
  limit: number;
}

/** One series' fair value and greeks. */
export interface MarkPush {
  instrument_id: string;
  mark_price: number;
  iv: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
}

/** The day's trades against one role, as the maker's side or the taker's, in USD. `edge` is Σ side × (mark − price) × quantity × multiplier at the trade, `edges_later` the same with the marks `seconds` later. */
export interface MarkoutBody {
  counterparty_role: string;
  is_maker: boolean;
  trades: number;
  contracts: number;
  edge: number;
  edges_later: (number)[];
}

/** What a team's trades of the day were worth `seconds` later, once all of these have passed. */
export interface MarkoutsBody {
  team_id: string;
  seconds: (number)[];
  rows: (MarkoutBody)[];
}

/** The orders a mass cancel took out. */
export interface MassCancelBody {
  order_ids: (number)[];
}

/** Whose key it is and what it may do; no team: an organizer's or a researcher's. */
export interface MeBody {
  scopes: (string)[];
  team_id: string | null;
  team_name: string | null;
  role: string | null;
  key_name: string | null;
}

/** A message of the organizer; no team: it went to all. */
export interface MessageBody {
  message_id: number;
  game_us: number;
  text: string;
  team_id: string | null;
}

/** Data of `system` type `message`; read it again with `GET /game/messages`. */
export interface MessageData {
  message_id: number;
  text: string;
  to_all: boolean;
}

/** Messages, newest last. */
export interface MessagePage {
  items: (MessageBody)[];
  next_cursor: string | null;
}

/** Tell a team something, or (without `team_id`) all. */
export interface MessageRequest {
  text: string;
  team_id?: string | null;
  reason?: string;
}

/** Messages to the team and to all, after a number. */
export interface MessagesParams {
  since_id?: number;
}

/** One place that halted or resumed; no instrument: the whole underlying. */
export interface MovedBody {
  underlying_id: string;
  instrument_id: string | null;
  resumes_us?: number | null;
}

/** What lies ready: its directory and secret files on the server, and the command to serve it. `join_code_file` is null where registration is open. `commitment` is for publishing. */
export interface NewGameBody {
  name: string;
  scenario: string;
  scenario_hash: string;
  commitment: string;
  rounds: number;
  max_teams: number;
  data: string;
  admin_key_file: string;
  join_code_file: string | null;
  command: string;
}

/** A game of a shipped scenario by its name, or of a text that may extend a shipped one. `seed`: of every die; without one the scenario's own, which whoever has the file knows. */
export interface NewGameRequest {
  name: string;
  scenario?: string | null;
  text?: string | null;
  seed?: number | null;
  reason?: string;
}

/** Published headlines, oldest first. */
export interface NewsPage {
  items: (NewsPush)[];
  next_cursor: string | null;
}

/** Published headlines, oldest first; `since_seq` leaves out those up to it. */
export interface NewsParams {
  since_seq?: number | null;
  cursor?: string | null;
  limit?: number;
}

/** A published headline; `seq` counts all of them from 1, what it brings nobody is told. */
export interface NewsPush {
  seq: number;
  news_id: number;
  headline_id: string;
  headline: string;
  origin: "arrival" | "organizer" | "replay";
  game_us: number;
}

/** A read without parameters. */
export interface NoParams {
}

/** An order as its owner sees it; `fills` happened at once (on placement only). */
export interface OrderBody {
  order_id: number;
  client_order_id: string | null;
  instrument_id: string;
  side: "buy" | "sell";
  quantity: number;
  order_type: "limit" | "market" | "stop" | "stop_limit";
  price: number | null;
  time_in_force: "cls" | "day" | "fok" | "gtt" | "ioc" | "opg" | null;
  post_only: boolean;
  stp: "allow" | "cancel_both" | "cancel_incoming" | "cancel_resting";
  tag: string;
  revision: number;
  status: "canceled" | "expired" | "filled" | "partially_filled" | "pending" | "rejected" | "working";
  filled_quantity: number;
  leaves_quantity: number;
  average_price: number | null;
  fees: number;
  accepted_us: number;
  seq: number;
  queue_ahead?: number | null;
  fills?: (FillBody)[];
  stop_price?: number | null;
  display_quantity?: number | null;
  expires_us?: number | null;
}

/** One event of an order, with its `type` and `seq` on the private channel. `order` is the state it left, `fill` the fill it tells, `code` and `detail` the refusal; game time where it was recorded. */
export interface OrderEventBody {
  seq: number;
  type: string;
  game_us?: number | null;
  order?: OrderBody | null;
  fill?: FillBody | null;
  cancel_reason?: string | null;
  activation?: string | null;
  code?: string | null;
  detail?: string | null;
  trade_id?: number | null;
  adjusted_price?: number | null;
}

/** An order's events, oldest first; `is_complete` unless the mailbox has lost the first. */
export interface OrderEventsBody {
  items: (OrderEventBody)[];
  is_complete: boolean;
}

/** Orders, oldest first. */
export interface OrderPage {
  items: (OrderBody)[];
  next_cursor: string | null;
}

/** One own order, named by one of its two ids. */
export interface OrderParams {
  order_id?: number | null;
  client_order_id?: string | null;
}

/** Data of `order.accepted|replaced|canceled|expired|activated`. */
export interface OrderPush {
  order: OrderBody;
  cancel_reason?: string | null;
  activation?: string | null;
}

/** Own orders, oldest first; `since_seq` leaves out those accepted up to it. */
export interface OrdersParams {
  status?: "all" | "done" | "working";
  instrument_id?: string | null;
  tag?: string | null;
  since_seq?: number | null;
  cursor?: string | null;
  limit?: number;
}

/** One role's par, in points. */
export interface ParBody {
  role: string;
  par: number;
  spread: number;
  sessions: number;
}

/** What a role's reference bots score: mean and standard deviation over so many sessions. */
export interface ParItem {
  role: string;
  par: number;
  spread: number;
  sessions: number;
}

/** New pars; those of roles left out stay. `origin`: which sessions they come from. */
export interface ParRequest {
  pars: (ParItem)[];
  origin: string;
  reason?: string;
}

/** The pars that scores are measured against from now on. */
export interface ParsBody {
  origin: string;
  items: (ParBody)[];
}

/** So many percent were answered within `at_most_ms`; null: beyond the last bound. */
export interface PercentileBody {
  percent: number;
  at_most_ms: number | null;
}

/** The phase after the move. */
export interface PhaseMovedBody {
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  instrument_id: string | null;
}

/** Data of `phase`; `instrument_id` null: the whole underlying. */
export interface PhasePush {
  underlying_id: string;
  instrument_id: string | null;
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  previous: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  next_phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  next_transition_us: number | null;
  clearing_price?: number | null;
  quantity?: number | null;
}

/** Move the market, or one instrument, to a phase. */
export interface PhaseRequest {
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  instrument_id?: string | null;
  reason?: string;
}

/** Data of a `snapshot` on `phase`: every underlying, then the instruments that differ. */
export interface PhasesPush {
  phases: (PhasePush)[];
}

/** Place one order. `client_order_id` makes a repeat harmless. `stop_price` goes with stop and stop_limit, `expires_us` with gtt, `display_quantity` (iceberg) with limit. */
export interface PlaceOrderRequest {
  instrument_id: string;
  side: "buy" | "sell";
  quantity: number;
  order_type?: "limit" | "market" | "stop" | "stop_limit";
  price?: number | string | null;
  stop_price?: number | string | null;
  time_in_force?: "cls" | "day" | "fok" | "gtt" | "ioc" | "opg" | null;
  expires_us?: number | null;
  post_only?: boolean;
  display_quantity?: number | null;
  stp?: "allow" | "cancel_both" | "cancel_incoming" | "cancel_resting" | null;
  client_order_id?: string | null;
  tag?: string;
}

/** `order.place`. */
export interface PlaceParams {
  instrument_id: string;
  side: "buy" | "sell";
  quantity: number;
  order_type?: "limit" | "market" | "stop" | "stop_limit";
  price?: number | string | null;
  stop_price?: number | string | null;
  time_in_force?: "cls" | "day" | "fok" | "gtt" | "ioc" | "opg" | null;
  expires_us?: number | null;
  post_only?: boolean;
  display_quantity?: number | null;
  stp?: "allow" | "cancel_both" | "cancel_incoming" | "cancel_resting" | null;
  client_order_id?: string | null;
  tag?: string;
}

/** A round; no `phases`: the organizer moves them. `vol_factor` is times the model's own. */
export interface PlannedDayBody {
  round_id: number;
  trading_day: string;
  is_scored: boolean;
  vol_factor: number;
  start_us: number;
  session_start_us: number;
  session_end_us: number;
  phases: (PlannedPhaseBody)[];
}

/** A headline of the first session, with this seed. */
export interface PlannedNewsBody {
  at_us: number;
  headline: string;
}

/** A phase that begins by itself. */
export interface PlannedPhaseBody {
  phase: string;
  at_us: number;
}

/** A team of the scenario, or a seat of the dry run where it names none. */
export interface PlannedSeatBody {
  team_name: string;
  role: string;
}

/** What is listed of an underlying at first; expiries as days. */
export interface PlannedUnderlyingBody {
  underlying_id: string;
  options: number;
  expiries: (string)[];
  strike_min: number | null;
  strike_max: number | null;
}

/** A service, or one shard of it, the node that plays it, and whether it takes calls now. */
export interface PlayedServiceBody {
  service: string;
  node: string;
  is_reached: boolean;
}

/** Intervals in which something was gained or lost, oldest first, and the day by instrument. */
export interface PnlBody {
  team_id: string;
  step_s: number;
  intervals: (PnlIntervalBody)[];
  instruments: (InstrumentPnlBody)[];
}

/** One interval, from `start_us` on. */
export interface PnlIntervalBody {
  start_us: number;
  parts: PnlPartsBody;
}

/** A team's P&L from a game time to another, exclusive, both in microseconds. `step` is the length of an interval, whole minutes: seconds, or a number with `s`, `m` or `h`. */
export interface PnlParams {
  team_id?: string;
  from?: number;
  to?: number | null;
  step?: string;
}

/** A P&L in USD, taken apart; the parts add up to `pnl`. Fees as they change cash. */
export interface PnlPartsBody {
  pnl: number;
  spread_capture: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
  fees: number;
  residual: number;
}

/** Result of `ping`. */
export interface PongBody {
  ts_us: number;
  game_us: number;
}

/** One instrument's holding in USD; `fees` positive paid, `unrealized_pnl` at the mark. */
export interface PositionBody {
  instrument_id: string;
  net_quantity: number;
  average_price: number | null;
  realized_pnl: number;
  unrealized_pnl: number | null;
  fees: number;
}

/** Data of `position`. */
export interface PositionPush {
  position: PositionBody;
  cash: number;
}

/** An account's positions and totals. */
export interface PositionsBody {
  team_id: string;
  role: string;
  positions: (PositionBody)[];
  cash: number;
  fees: number;
  realized_pnl: number;
  unrealized_pnl: number;
}

/** The list in the order in which a person would mend it; ready while none is red. */
export interface PreflightBody {
  is_ready: boolean;
  items: (PreflightRowBody)[];
}

/** One question with its answer; `advice` says what to do, empty where it is green. */
export interface PreflightRowBody {
  name: string;
  status: "green" | "red" | "unknown";
  found: string;
  advice: string;
}

/** What placing this order would do to the book as it is shown; nothing is sent or reserved. What is neither in `fills` nor in `resting_quantity` would be canceled. `would_pend`: it would wait outside the book. `limits` are the rows it would use, as they are before it. */
export interface PreviewBody {
  is_valid: boolean;
  advisory?: boolean;
  code?: string | null;
  detail?: string | null;
  limit?: number | null;
  current?: number | null;
  requested?: number | null;
  allowed?: number | null;
  fees: PreviewFeesBody;
  fills?: (PreviewFillBody)[];
  resting_quantity?: number;
  would_pend?: boolean;
  limits?: (RiskLimitBody)[];
}

/** Fees in USD, positive paid: per contract, and what the expected fills would cost. */
export interface PreviewFeesBody {
  maker: number;
  taker: number;
  expected: number;
}

/** One price at which the order would trade at once. */
export interface PreviewFillBody {
  price: number;
  quantity: number;
}

/** The last print of an underlying; `is_moving` is false outside the session. `is_stale`: market data does not answer, and the print may be older than a step. */
export interface PriceBody {
  underlying_id: string;
  price: number;
  is_moving: boolean;
  game_us: number;
  is_stale?: boolean;
}

/** Every underlying's last print. */
export interface PricePage {
  items: (PriceBody)[];
  next_cursor: string | null;
}

/** One underlying. */
export interface PriceParams {
  underlying_id: string;
}

/** Data of `prices`. */
export interface PricesPush {
  prices: (PriceBody)[];
}

/** Data of `private` type `snapshot`: everything that stands at this seq. */
export interface PrivateSnapshot {
  team_id: string;
  orders: (OrderBody)[];
  quotes: (QuoteBody)[];
  positions: (PositionBody)[];
  cash: number;
}

/** What went wrong and what would have been right. `type` links to the code's page. The numbers are in the unit of the field they speak of. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance?: string | null;
  request_id?: string | null;
  client_order_id?: string | null;
  limit?: number | null;
  current?: number | null;
  requested?: number | null;
  allowed?: number | null;
  retry_after_ms?: number | null;
  errors?: (FieldError)[] | null;
}

/** One process of the game; `status` says of a node with a stand-by which of the two leads. `serves` says whom its port is for, null where it has none. Nobody counts the starts of a process that `itg up` does not keep. */
export interface ProcessBody {
  process: string;
  pid: number | null;
  status: "down" | "leads" | "runs" | "stands by";
  port?: number | null;
  serves?: "organizer" | "teams" | null;
  starts?: number | null;
}

/** Market-maker protection and what its window holds; no window: off. */
export interface ProtectionBody {
  window_ms?: number | null;
  contracts_max?: number | null;
  delta_max?: number | null;
  contracts_traded?: number;
  delta_traded?: number;
  is_tripped?: boolean;
}

/** Set market-maker protection; without either limit it is off. Quotes that trade more than `contracts_max`, or move delta by more than `delta_max` (of the leader's equivalents), within `window_ms` of game time are all pulled until reset. */
export interface ProtectionRequest {
  window_ms: number;
  contracts_max?: number | null;
  delta_max?: number | null;
}

/** `quote.pull`: one instrument, or all. */
export interface PullParams {
  instrument_id?: string | null;
}

/** Orders and quotes, and what they got. `fill_ratio`: contracts filled ÷ contracts ordered. */
export interface QualityBody {
  orders: number;
  orders_rejected: number;
  orders_canceled: number;
  ordered_contracts: number;
  filled_contracts: number;
  fill_ratio: number | null;
  quote_updates: number;
  quotes_rejected: number;
  quoted_contracts: number;
  taker_spread: TradedSpreadBody;
  maker_spread: TradedSpreadBody;
  shortfall: ShortfallBody;
  coverage: CoverageTotalsBody;
}

/** A quote as it stands; a side without interest is null with quantity 0. */
export interface QuoteBody {
  instrument_id: string;
  bid_order_id: number | null;
  bid: number | null;
  bid_quantity: number;
  ask_order_id: number | null;
  ask: number | null;
  ask_quantity: number;
  is_pending?: boolean;
}

/** Why one instrument's quote was refused. */
export interface QuoteProblem {
  instrument_id: string;
  code: string;
  detail: string;
  limit?: number | null;
  requested?: number | null;
  retry_after_ms?: number | null;
}

/** Data of `quote`. */
export interface QuotePush {
  quote: QuoteBody;
  cancel_reason?: string | null;
}

/** One instrument's two sides; leave price and quantity of a side out for no interest. */
export interface QuoteRequest {
  instrument_id: string;
  bid?: number | string | null;
  bid_quantity?: number | null;
  ask?: number | string | null;
  ask_quantity?: number | null;
}

/** Quotes that stand after the request, and the refusals. */
export interface QuotesBody {
  quotes: (QuoteBody)[];
  rejected?: (QuoteProblem)[];
}

/** Own quotes in one instrument, or all. */
export interface QuotesParams {
  instrument_id?: string | null;
}

/** My quotes are now these, in up to 200 instruments; `others` says what becomes of the rest. With `post_only` a side that would take at once is left out. */
export interface QuotesRequest {
  quotes: (QuoteRequest)[];
  others?: "keep" | "pull";
  post_only?: boolean;
}

/** The caller's rate budgets. */
export interface RateLimitsBody {
  budgets: (BudgetBody)[];
}

/** Data of `book.{instrument}.raw`: a snapshot, or the levels that one input changed. */
export interface RawBookPush {
  instrument_id: string;
  bids: ([number, number, number])[];
  asks: ([number, number, number])[];
  phase?: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  indicative_price?: number | null;
  indicative_quantity?: number | null;
  imbalance_quantity?: number | null;
  imbalance_side?: "buy" | "sell" | null;
}

/** `sim.ready`: this client has sent everything it wants to send in this step. */
export interface ReadyParams {
  step: number;
}

/** How likely each volatility regime is; the three add up to 1. */
export interface RegimeChances {
  low: number;
  medium: number;
  high: number;
}

/** Register a team; `join_code` where the scenario asks for one. */
export interface RegisterRequest {
  team_name: string;
  role: string;
  join_code?: string | null;
}

/** The new team and its key, shown this once. */
export interface RegisteredBody {
  team_id: string;
  team_name: string;
  role: string;
  api_key: string;
}

/** Data of every `…rejected` type: the problem's code with its numbers. */
export interface RejectedPush {
  code: string;
  detail: string;
  client_order_id?: string | null;
  order_id?: number | null;
  instrument_id?: string | null;
  side?: "buy" | "sell" | null;
  quantity?: number | null;
  limit?: number | null;
  current?: number | null;
  requested?: number | null;
  allowed?: number | null;
  retry_after_ms?: number | null;
}

/** Change a working order; `quantity` is the new total, filled part included. */
export interface ReplaceOrderRequest {
  price?: number | string | null;
  quantity?: number | null;
  expected_revision?: number | null;
}

/** `order.replace`: name the order by one of the two ids. */
export interface ReplaceParams {
  order_id?: number | null;
  client_order_id?: string | null;
  price?: number | string | null;
  quantity?: number | null;
  expected_revision?: number | null;
}

/** The table of contents of a round's replay, and its timeline in order. `team_id` is whose own stream the chunks hold, null for none. */
export interface ReplayBody {
  round_id: number;
  team_id: string | null;
  trading_day: string;
  start_us: number;
  end_us: number;
  chunks: (ReplayStretchBody)[];
  markers: (ReplayMarkerBody)[];
}

/** What the step answers to: one's own command, an organizer's act, or the house's own input. */
export interface ReplayCause {
  by: "house" | "organizer" | "own";
  command: string;
  client_order_id?: string | null;
  order_id?: number | null;
  instrument_id?: string | null;
}

/** A stretch of a round; a step with both public and own frames is in both lists by its `seq`. `own` is null for whoever has no team. */
export interface ReplayChunkBody {
  chunk: number;
  keyframe: ReplayKeyframe;
  steps: (ReplayStep)[];
  own: ReplayOwn | null;
}

/** One stretch of a replay, counted from 0; only an organizer names a team. */
export interface ReplayChunkParams {
  round_id: number;
  chunk: number;
  team_id?: string | null;
}

/** What a channel said, as on the socket; marks are thinned to at most one in a game second. */
export interface ReplayFrame {
  channel: string;
  type: string;
  data: Body;
}

/** One item of a history: a row of the table by its id or its text, or a text of its own. With both, the text is shown and the id says what its chances are; without a row nothing happens but what the item fixes. */
export interface ReplayItemIn {
  after_s: number;
  headline_id?: string | null;
  headline?: string | null;
  is_shift?: boolean | null;
  jump?: number | null;
}

/** The market as it stood before a chunk's first step. */
export interface ReplayKeyframe {
  instruments: (InstrumentBody)[];
  phases: (PhasePush)[];
  books: (BookPush)[];
  prices: (PriceBody)[];
  marks: (MarkPush)[];
  trades: (TradeBody)[];
  news: (NewsPush)[];
}

/** Something on the timeline: a phase, a halt, a headline, an own fill. */
export interface ReplayMarkerBody {
  kind: "fill" | "halt" | "news" | "phase";
  seq: number;
  game_us: number;
  text: string;
}

/** Publish a recorded history, counted in seconds of game time from now. */
export interface ReplayNewsRequest {
  items: (ReplayItemIn)[];
  reason?: string;
}

/** A team's own part of a chunk: what it had before it, and its steps. */
export interface ReplayOwn {
  snapshot: PrivateSnapshot;
  steps: (ReplayStep)[];
}

/** Whose replay of an ended round; only an organizer names a team. */
export interface ReplayParams {
  round_id: number;
  team_id?: string | null;
}

/** Everything one input of the journal led to; `seq` is its number there. Commands of other participants are not told; their `cause` is null. */
export interface ReplayStep {
  seq: number;
  game_us: number;
  frames: (ReplayFrame)[];
  cause?: ReplayCause | null;
}

/** Where a chunk stands: the numbers and game times of its first and last step. */
export interface ReplayStretchBody {
  from_seq: number;
  to_seq: number;
  from_us: number;
  to_us: number;
  steps: number;
}

/** One team's report of a round; the first fields say of which. `pnl` has one-minute intervals, `pnl_total` their sum. `service` null: nothing was noted, as in lock step. `timeline_omitted`: so many entries of the team's own came after those told. */
export interface ReportBody {
  report_version: number;
  scenario: string;
  scenario_hash: string;
  round_id: number;
  trading_day: string;
  team_id: string;
  team_name: string;
  role: string;
  teams: number;
  start_us: number;
  scored_us: number;
  scoring: ScoringBody;
  score: TeamScoreBody;
  pnl_total: PnlPartsBody;
  pnl: PnlBody;
  markouts: MarkoutsBody;
  quality: QualityBody;
  timeline: (TimelineItemBody)[];
  timeline_omitted: number;
  service: ServiceBody | null;
  best: (DecisionBody)[];
  worst: (DecisionBody)[];
}

/** Whose report of an ended round, and in which form; only an organizer names a team. Without `format` the request's Accept header decides: HTML where it asks for it, else JSON. */
export interface ReportParams {
  round_id: number;
  team_id?: string | null;
  format?: "html" | "json" | null;
}

/** Data of `account.reseated`: a fresh account in a role, with its starting cash. Positions are 0, fees and P&L count anew, the quote protection is off; `cash_changed` came from outside the market. */
export interface ReseatedPush {
  role: string;
  cash: number;
  cash_changed: number;
  handed_over: (HandedOverBody)[];
}

/** Where a client stopped reading a channel. */
export interface ResumePoint {
  epoch: number;
  seq: number;
}

/** Data of `phase` type `resume`: a halt is over; `phase` and `uncross` follow. */
export interface ResumePush {
  underlying_id: string;
  instrument_id: string | null;
}

/** Data of `resume.too_old`: the seq asked for is gone; a snapshot follows. */
export interface ResumeTooOld {
  requested_seq: number;
  oldest_seq: number;
}

/** What a commitment was made of; as a file, `itg scenario verify` reads it. */
export interface RevealBody {
  scenario: string;
  scenario_hash: string;
  seed: number;
  build: string;
  salt: string;
}

/** Let every key of this name work no more; `organizer` is the game's first key. */
export interface RevokeKeyRequest {
  key_name: string;
  reason: string;
}

/** How many keys of a team work no more. */
export interface RevokedBody {
  team_id: string;
  revoked: number;
}

/** How many keys of a name work no more. */
export interface RevokedKeyBody {
  key_name: string;
  revoked: number;
}

/** One risk limit: filled use, worst case with working orders, headroom left. In contracts; `delta_limit` in the leading underlying's equivalents, `leg_balance` as a ratio, `quote_coverage` as a share. A floor's `used` is to be at least `limit`. */
export interface RiskLimitBody {
  kind: string;
  instrument_id: string | null;
  limit: number;
  used: number;
  worst_case: number;
  headroom: number;
  is_floor?: boolean;
}

/** An account's risk limits; `coverage` and `legs` where its role has such an obligation. `legs` are the deltas to be balanced, by underlying, in the leading one's equivalents. */
export interface RiskLimitsBody {
  team_id: string;
  limits: (RiskLimitBody)[];
  coverage?: CoverageBody | null;
  legs?: Record<string, number> | null;
}

/** A role's rules; fees in USD per contract, positive paid. */
export interface RoleBody {
  role: string;
  maker_fee: number;
  taker_fee: number;
  starting_cash: number;
  quotes_allowed: boolean;
  can_register: boolean;
  constraints: (Record<string, string | number | boolean | (string)[] | Record<string, number>>)[];
}

/** `RoleChangeRequest` and the role. */
export interface RoleChangeParams {
  maker_fee?: number | string | null;
  taker_fee?: number | string | null;
  constraints?: (Record<string, string | number | boolean | (string)[] | Record<string, number>>)[];
  reason?: string;
  role: string;
}

/** What changes of a role: its fees in USD a contract, and fields of its rules. */
export interface RoleChangeRequest {
  maker_fee?: number | string | null;
  taker_fee?: number | string | null;
  constraints?: (Record<string, string | number | boolean | (string)[] | Record<string, number>>)[];
  reason?: string;
}

/** A role's accounts in the session that was played, in USD. */
export interface RoleFiguresBody {
  role: string;
  is_house: boolean;
  accounts: number;
  orders: number;
  contracts: number;
  fees: number;
  pnl: number;
}

/** One team of a roster. */
export interface RosterRow {
  team_name: string;
  role: string;
}

/** `RotateKeyRequest` and the team. */
export interface RotateKeyParams {
  overlap_s?: number;
  reason?: string;
  team_id: string;
}

/** Give a team a new key; its old ones work for so many seconds of wall time more. */
export interface RotateKeyRequest {
  overlap_s?: number;
  reason?: string;
}

/** The new key, shown this once; older ones work until then at the latest (null: no more). */
export interface RotatedKeyBody {
  team_id: string;
  api_key: string;
  older_until_us: number | null;
}

/** One round, and why the organizer acts on it. */
export interface RoundActParams {
  round_id: number;
  reason?: string;
}

/** A round's facts. `commitment` was made to the seed of all rounds, before the first; `reveal` opens it, once the last is over. `is_revealed`: exports name who did what. `vol_factor`: how much more than the model says prices move in this round. */
export interface RoundBody {
  round_id: number;
  trading_day: string;
  status: "ended" | "paused" | "running" | "scheduled";
  start_us: number;
  session_start_us: number;
  session_end_us: number;
  end_us: number | null;
  is_scored: boolean;
  vol_factor: number;
  commitment: string | null;
  reveal: RevealBody | null;
  is_revealed: boolean;
}

/** Data of `system` types `round.started|paused|resumed|extended|ended`. `next_round_id` of an ended round starts by itself now; None: stay or go, as you like. */
export interface RoundData {
  round_id: number;
  next_round_id?: number | null;
}

/** Rounds in order. */
export interface RoundPage {
  items: (RoundBody)[];
  next_cursor: string | null;
}

/** One round. */
export interface RoundParams {
  round_id: number;
}

/** What one round counts. */
export interface RoundPointsBody {
  round_id: number;
  score: number;
}

/** The rules of this game. */
export interface RulesBody {
  scenario: string;
  scenario_hash: string;
  open_registration: boolean;
  lock_step: boolean;
  speed: number;
  roles: (RoleBody)[];
  problem_codes: (string)[];
}

/** What is played: the file's tables with all that it extends, without the seed. `speed` is the game's, which the command line may have set. No `tables`: another process keeps the data. */
export interface ScenarioBody {
  scenario: string;
  scenario_hash: string;
  speed: number;
  tables: (ScenarioTableBody)[];
  shipped: (ScenarioNameBody)[];
}

/** A shipped scenario as a game would be made of it; `faults` say why none can be. `scenario_hash` is that of its own seed and speed, null where it has faults. */
export interface ScenarioCheckBody {
  scenario: string;
  purpose: string;
  scenario_hash: string | null;
  faults: (string)[];
  tables: (ScenarioTableBody)[];
}

/** A shipped scenario by its name. */
export interface ScenarioCheckParams {
  scenario: string;
}

/** Something that is wrong: the key or table, its line in the text (from 1), and what is. */
export interface ScenarioFaultBody {
  place: string;
  line: number | null;
  detail: string;
}

/** A shipped scenario and what it is for. */
export interface ScenarioNameBody {
  scenario: string;
  purpose: string;
}

/** One table of the scenario's file: what it is about, and its keys with their values. */
export interface ScenarioTableBody {
  table: string;
  meaning: string;
  settings: Record<string, string>;
}

/** Publish a headline at an instant of game time; signals warn of it unless told not to. */
export interface ScheduleNewsRequest {
  headline_id: string;
  effective_us: number;
  has_signal?: boolean;
  is_shift?: boolean | null;
  jump?: number | null;
  reason?: string;
}

/** Rounds in order; those to come with the teams there are now. */
export interface SchedulePage {
  items: (ScheduledRoundBody)[];
  next_cursor: string | null;
}

/** News that will be published, or was just now; its outcome is nobody's to read. */
export interface ScheduledNewsBody {
  news_id: number;
  headline_id: string;
  headline: string;
  effective_us: number;
  origin: "arrival" | "organizer" | "replay";
  has_signal: boolean;
}

/** News to come, soonest first. */
export interface ScheduledNewsPage {
  items: (ScheduledNewsBody)[];
  next_cursor: string | null;
}

/** Who plays what in a round, in registration order. */
export interface ScheduledRoundBody {
  round_id: number;
  trading_day: string;
  is_scored: boolean;
  seats: (SeatBody)[];
}

/** One term: what was measured, the values that earn 0, 50 and 100 points, and its points. `measured` null: there was nothing to measure, which is 50 points. `weight` is its share of its group. */
export interface ScoreComponentBody {
  name: string;
  group: "compliance" | "kpi" | "risk";
  weight: number;
  measured: number | null;
  zero: number;
  half: number;
  full: number;
  points: number;
  sources: (ScoreSourceBody)[];
}

/** One thing a component counted: `value` is what it added to `measured`. `kind` is headline, signal, window, trade, interval, breach and the like; `source_id` is its number where it has one. `earlier` stands for so many (`source_id`) before the others. */
export interface ScoreSourceBody {
  kind: string;
  source_id: number;
  game_us: number;
  value: number;
}

/** What a score is made of. `measured` = `activity` × (40 `kpi` + 15 `compliance` + 15 `risk`) / 70, with the scenario's weights. */
export interface ScoreTermsBody {
  components: (ScoreComponentBody)[];
  kpi: number;
  compliance: number;
  risk: number;
  activity: number;
  measured: number;
  par: number | null;
  spread: number | null;
  unscored: UnscoredBody;
}

/** A round's scores in registration order, and the season's so far in rank order. `pars` are what scores are measured against; of roles without one the score is null. `round_id` null: no round has begun, or the scenario scores nothing. `is_stale`: the game does not answer, and these are the scores as they were read last. */
export interface ScoresBody {
  round_id: number | null;
  formula_version: number;
  is_final: boolean;
  scored_us: number | null;
  items: (TeamScoreBody)[];
  final: (FinalScoreBody)[];
  pars: (ParBody)[];
  is_stale?: boolean;
}

/** Whose round; without one the newest that began. */
export interface ScoresParams {
  round_id?: number | null;
}

/** A round's scores; told again when a correction moved them. */
export interface ScoresPush {
  round_id: number | null;
  formula_version: number;
  is_final: boolean;
  scored_us: number | null;
  items: (TeamScoreBody)[];
}

/** How terms become a score: the groups' weights, and what counts of the measured score. */
export interface ScoringBody {
  formula_version: number;
  ranking: string;
  kpi_weight: number;
  compliance_weight: number;
  risk_weight: number;
  points_per_spread: number;
  spreads_max: number;
  interval_s: number;
}

/** A team's role in a round. */
export interface SeatBody {
  team_id: string;
  team_name: string;
  role: string;
}

/** One series of an obligation to quote: its share of the rolling window, and the last second. One that was chosen a moment ago is not asked for yet. */
export interface SeriesCoverageBody {
  instrument_id: string;
  share: number;
  is_covered: boolean;
  is_asked: boolean;
}

/** How the server saw the team: looked at once a game minute, `connected` times with a socket. Latency is wall time from reading a command to its answer, network excluded. */
export interface ServiceBody {
  notes: number;
  connected: number;
  uptime: number | null;
  sockets: (SocketsBody)[];
  answered: number;
  latency: (LatencyBucketBody)[];
  percentiles: (PercentileBody)[];
}

/** Every service of the game by node, and the processes that `itg up` keeps, or this one. */
export interface ServicesBody {
  items: (PlayedServiceBody)[];
  processes: (ProcessBody)[];
}

/** Result of `session.set`. */
export interface SessionBody {
  cancel_on_disconnect: "all" | "none" | "quotes";
}

/** `session.set`: what this connection asks of the server; also in the query of `/ws`. */
export interface SessionParams {
  cancel_on_disconnect?: "all" | "none" | "quotes";
}

/** Data of `phase` type `settled`: a series ended, a contract is worth the settlement price. */
export interface SettledPush {
  underlying_id: string;
  instrument_id: string;
  settlement_price: number;
  official_close: number;
}

/** Data of `position.settled`: contracts that left, and the cash that came in for them. */
export interface SettlementPush {
  instrument_id: string;
  settlement_price: number;
  settled_quantity: number;
  cash_settled: number;
}

/** Implementation shortfall of what orders traded, cost positive. `total` is Σ side × (price − mark at the order's acceptance) × quantity × multiplier, `average` per contract of multiplier 1. `unmarked`: contracts whose order came before any mark. */
export interface ShortfallBody {
  contracts: number;
  total: number;
  average: number | null;
  unmarked: number;
}

/** A role's signals, oldest first. */
export interface SignalPage {
  items: (VolatilityPush | TrackingPush | AlphaPush)[];
  next_cursor: string | null;
}

/** The signals of the caller's role, oldest first; `since_seq` leaves out those up to it. `role` is for those who have none: the organizer, and research once a round is over. */
export interface SignalsParams {
  role?: string | null;
  since_seq?: number | null;
  cursor?: string | null;
  limit?: number;
}

/** Data of `system` type `slow`, the last frame before a close with 4008. So many bytes waited for this connection; what it missed of `private` comes by resuming. */
export interface SlowData {
  waiting_bytes: number;
  limit_bytes: number;
}

/** From this instant on so many sockets were open. */
export interface SocketsBody {
  game_us: number;
  sockets: number;
}

/** A team in USD, and its contracts of the trade's instrument; `equity` moves as its P&L does. `score` has its terms without what they counted one by one; null where nothing is scored. */
export interface StandingBody {
  net_quantity: number;
  cash: number;
  fees: number;
  realized_pnl: number;
  unrealized_pnl: number;
  equity: number;
  score: TeamScoreBody | null;
}

/** Data of `system` type `sim.step`: all frames of this step were sent; it is your turn. */
export interface StepData {
  step: number;
  is_last?: boolean;
}

/** `subscribe`: channels with, for `private`, the point to resume after. */
export interface SubscribeParams {
  channels: (string)[];
  resume?: Record<string, ResumePoint>;
}

/** Result of `subscribe`: the channels with their epoch and last seq before the snapshot. */
export interface SubscribedBody {
  channels: Record<string, ResumePoint>;
}

/** An underlying's fair volatility, nearest expiry first; empty before the first step. */
export interface SurfaceBody {
  underlying_id: string;
  slices: (SurfaceSliceBody)[];
}

/** Fair volatility at one strike; `moneyness` is ln(strike/spot)/sqrt(years). */
export interface SurfacePointBody {
  strike: number;
  moneyness: number;
  iv: number;
}

/** One expiry, strikes rising; `years` are of sessions, `level_iv` is before skew. */
export interface SurfaceSliceBody {
  expires_us: number;
  years: number;
  level_iv: number;
  strikes: (SurfacePointBody)[];
}

/** A trading day's cases, of one kind or one team where named; the newest round that began. */
export interface SurveillanceParams {
  round_id?: number | null;
  kind?: "closing" | "layering" | "self_trade" | "stuffing" | "transfer" | "wash" | null;
  team_id?: string | null;
  cursor?: string | null;
  limit?: number;
}

/** Data of `suspension.changed`: whether the organizer has suspended the team. */
export interface SuspendPush {
  is_suspended: boolean;
}

/** A trade of the tape as it stands now. `is_busted`: it was undone since; `adjusted_price`: it counts at this price instead. What is told as it happens cannot know: a `bust` follows it. */
export interface TapeTradeBody {
  trade_id: number;
  instrument_id: string;
  price: number;
  quantity: number;
  aggressor_side: "buy" | "sell";
  is_auction: boolean;
  game_us: number;
  seq: number;
  is_busted: boolean;
  adjusted_price: number | null;
}

/** `TeamActRequest` and the team. */
export interface TeamActParams {
  reason: string;
  team_id: string;
}

/** Why the organizer acts on a team. */
export interface TeamActRequest {
  reason: string;
}

/** A team's public facts. */
export interface TeamBody {
  team_id: string;
  team_name: string;
  role: string;
  registered_us: number;
  is_suspended?: boolean;
}

/** A team with its open sockets, oldest first; without any it is missing. `last_seen_us` is the wall time now while it has one, and when its last one ended otherwise; null: none since the server began. `elsewhere` counts its sockets at the game's other gateways, which tell the node's and not each other. */
export interface TeamConnectionsBody {
  team_id: string;
  team_name: string;
  account_id: string;
  role: string;
  connections: (ConnectionBody)[];
  last_seen_us?: number | null;
  elsewhere?: number;
}

/** A team's fills, oldest first. */
export interface TeamFillsParams {
  since_seq?: number | null;
  instrument_id?: string | null;
  cursor?: string | null;
  limit?: number;
  team_id: string;
}

/** A team's orders, oldest first. */
export interface TeamOrdersParams {
  status?: "all" | "done" | "working";
  instrument_id?: string | null;
  tag?: string | null;
  since_seq?: number | null;
  cursor?: string | null;
  limit?: number;
  team_id: string;
}

/** Teams in registration order. */
export interface TeamPage {
  items: (TeamBody)[];
  next_cursor: string | null;
}

/** One team; `me` is the caller's. */
export interface TeamParams {
  team_id?: string;
}

/** A team's standing quotes. */
export interface TeamQuotesParams {
  instrument_id?: string | null;
  team_id: string;
}

/** One team's score of a round; `terms` are shown to the team itself and to the organizer. `is_stale`: the game does not answer, and this is the score as it was read last. */
export interface TeamScoreBody {
  team_id: string;
  role: string;
  rank: number;
  score: number | null;
  is_zeroed: boolean;
  terms: ScoreTermsBody | null;
  is_stale?: boolean;
}

/** One team's score of a round; `me` is the caller's own. */
export interface TeamScoreParams {
  team_id: string;
  round_id?: number | null;
}

/** A one-time ticket for a browser's socket: `/ws?ticket=…` within 30 s. */
export interface TicketBody {
  ticket: string;
  expires_in_s: number;
}

/** Both clocks; `speed` is game seconds per wall second, 0 while the game clock stands. */
export interface TimeBody {
  ts_us: number;
  game_us: number;
  speed: number;
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
}

/** One entry; `used` and `limit` in the limit's unit (contracts, equivalents, shares, USD). */
export interface TimelineItemBody {
  game_us: number;
  kind: string;
  subject: string;
  used?: number | null;
  limit?: number | null;
}

/** One row of `bbo.{underlying}`. */
export interface TopPush {
  instrument_id: string;
  bid: number | null;
  bid_quantity: number;
  ask: number | null;
  ask_quantity: number;
}

/** Data of `bbo.{underlying}`: the tops that changed, or all in a snapshot. */
export interface TopsPush {
  tops: (TopPush)[];
}

/** A window of tracking error opened, goes on (each second) or closed. The announcement is about `horizon_us`, and right with the chance `accuracy`. `tracking_error` is a fraction of `theo_price`, the leader's lagged price over the ratio; `deviation` is its sign in words. */
export interface TrackingPush {
  type: "tracking";
  signal_id: number;
  seq: number;
  role: string;
  game_us: number;
  stage: "close" | "open" | "update";
  announcement: "converges" | "diverges";
  horizon_us: number;
  accuracy: number;
  underlying_id: string;
  spot_price: number;
  leader_price: number;
  theo_price: number;
  tracking_error: number;
  deviation: "above" | "below" | "none";
  z_score: number;
  half_life_s: number;
}

/** A trade as everybody sees it; `trade_id` rises. */
export interface TradeBody {
  trade_id: number;
  instrument_id: string;
  price: number;
  quantity: number;
  aggressor_side: "buy" | "sell";
  is_auction: boolean;
  game_us: number;
  seq: number;
}

/** A team's half of a trade. */
export interface TradeFillBody {
  team_id: string;
  team_name: string;
  fill: FillBody;
}

/** Who traded: the halves that are a team's and not too old; no half is shown of the house's. */
export interface TradeFillsBody {
  trade_id: number;
  items: (TradeFillBody)[];
}

/** One trade. */
export interface TradeFillsParams {
  trade_id: number;
}

/** The public tape, oldest first. */
export interface TradePage {
  items: (TapeTradeBody)[];
  next_cursor: string | null;
}

/** Effective spread of trades on one side of liquidity, paid positive, earned negative. `total` is Σ 2 × side × (price − mark at the trade) × quantity × multiplier; `average` the same per contract of multiplier 1, in USD of price. */
export interface TradedSpreadBody {
  contracts: number;
  total: number;
  average: number | null;
}

/** The public tape, oldest first. */
export interface TradesParams {
  instrument_id?: string | null;
  cursor?: string | null;
  limit?: number;
}

/** Data of a `snapshot` on `trades.…`: the last trades, oldest first; a `trade` is one body. */
export interface TradesPush {
  trades: (TradeBody)[];
}

/** Publish a headline now, or in `effective_in_s` of game time; at 0 no signal warns of it. `is_shift` and `jump` fix its outcome; what is left out is drawn from the table. */
export interface TriggerNewsRequest {
  headline_id: string;
  effective_in_s?: number;
  is_shift?: boolean | null;
  jump?: number | null;
  reason?: string;
}

/** Data of `ui.{underlying}`: what changed since the frame before, or all in a snapshot. The latest top and mark of each instrument, the latest print, and the newest trades (at most 100, in a snapshot 50), oldest first; `busts`, where there are any, undo or reprice trades. */
export interface UiPush {
  tops: (TopPush)[];
  marks: (MarkPush)[];
  prices: (PriceBody)[];
  trades: (TradeBody)[];
  busts?: (MarketBustPush)[];
}

/** One underlying's phase, with the instruments that differ from it. Takers wait while the jump guard is open, until `guard_ends_us`. */
export interface UnderlyingStatusBody {
  underlying_id: string;
  phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open";
  next_phase: "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open" | null;
  next_transition_us: number | null;
  instrument_phases: Record<string, "closed" | "closing_auction" | "continuous" | "halted" | "opening_auction" | "pre_open">;
  halts?: (HaltBody)[];
  guard_ends_us?: number | null;
}

/** A half of the trade that is a team's; the fee is USD that it gets back, negative: pays back. `is_former_seat`: the team has begun anew since, and nothing of its position is moved. */
export interface UndoneFillBody {
  order_id: number;
  side: "buy" | "sell";
  quantity: number;
  price: number;
  adjusted_price: number | null;
  fee_returned: number;
  is_former_seat: boolean;
}

/** What no score counts, in USD; ratios are null while there is too little to tell. */
export interface UnscoredBody {
  pnl: number;
  fees: number;
  contracts: number;
  sharpe: number | null;
  information_ratio: number | null;
  value_at_risk: number | null;
  drawdown: number;
}

/** `unsubscribe`. */
export interface UnsubscribeParams {
  channels: (string)[];
}

/** What placing this order would meet now. Advisory: nothing is reserved, the answer may age. */
export interface ValidateBody {
  is_valid: boolean;
  advisory?: boolean;
  code?: string | null;
  detail?: string | null;
  limit?: number | null;
  current?: number | null;
  requested?: number | null;
  allowed?: number | null;
}

/** At `effective_us` the volatility regime shifts, or does not, from `regime`. `probabilities` are those of the regime after it, given the prediction; the prediction is right with the chance `accuracy`. */
export interface VolatilityPush {
  type: "volatility";
  signal_id: number;
  seq: number;
  role: string;
  game_us: number;
  regime: "high" | "low" | "medium";
  is_shift: boolean;
  probabilities: RegimeChances;
  effective_us: number;
  accuracy: number;
}

/** One item of scheduled news, and why it is withdrawn. */
export interface WithdrawNewsParams {
  news_id: number;
  reason?: string;
}

/** News that will not be published. */
export interface WithdrawnNewsBody {
  news_id: number;
}

/** Data of `fill.busted`: a fill undone (`adjusted_price` null), or moved to another price. `is_former_seat`: made before the account began anew, so that nothing of it is moved. */
export interface AccountBustPush {
  trade_id: number;
  order_id: number;
  instrument_id: string;
  side: "buy" | "sell";
  last_price: number;
  adjusted_price: number | null;
  last_quantity: number;
  fee_returned: number;
  is_former_seat?: boolean;
}

/** Data of `trades.…` type `bust`: a trade is undone, or counts at the adjusted price. */
export interface MarketBustPush {
  trade_id: number;
  instrument_id: string;
  price: number;
  quantity: number;
  adjusted_price: number | null;
}
