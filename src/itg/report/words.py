"""The report's words: what each measured term is, and where formulas come from."""

from typing import Final

GROUPS: Final = {"kpi": "role", "compliance": "compliance", "risk": "risk"}
# What each term measures, and the unit of its number; docs/reference/scores.md says it in full.
TERMS: Final = {
    "capture": (
        "Σ side × (fair − price) × quantity ÷ Σ allowed half-spread × quantity, fair now and later",
        "share of the allowed half-spread",
    ),
    "coverage": ("series-seconds quoted ÷ series-seconds obliged", "share"),
    "inventory": (
        "mean over seconds of ½ (contracts held ÷ portfolio limit)² + ½ (delta ÷ delta limit)²",
        "0 is empty, 1 is at both limits",
    ),
    "volume": (
        "own share of the contracts made by the role's teams × their number",
        "1 is a fair share",
    ),
    "windows": ("mean P&L from a headline to the next", "USD"),
    "signals": (
        "mean vega P&L from a volatility signal to a while after its effective time",
        "USD",
    ),
    "rehedge": (
        "1 − Var(P&L) ÷ Var(P&L without underlyings) over five-minute intervals with options held",
        "share of variance taken away",
    ),
    "delta": ("share of seconds within the delta limit, of those with options held", "share"),
    "convergence": ("mean P&L from a tracking window's opening to its close", "USD"),
    "balance": ("share of seconds in balance, of those with a leg", "share"),
    "response": ("share of windows in whose first minute enough was traded", "share"),
    "beta": (
        "absolute slope of five-minute P&L on the leading underlying's move",
        "equivalents of the leader",
    ),
    "holding": ("share of seconds with options held", "share"),
    "engagement": ("share of windows in which something was traded", "share"),
    "compliance": (
        "100 × share of seconds inside the watched limits, less points for each breach",
        "points",
    ),
    "risk": (
        "½ largest fall of P&L ÷ its reference + ½ downside deviation ÷ its reference",
        "1 is the reference bots' median",
    ),
}
UNSCORED: Final = (
    (
        "sharpe",
        "Sharpe ratio",
        "mean ÷ standard deviation of one-minute P&L × √minutes, riskless rate 0 (Sharpe 1966)",
    ),
    (
        "information_ratio",
        "Information ratio",
        "the same of P&L less the mean of the role's teams (Treynor and Black 1973)",
    ),
    (
        "value_at_risk",
        "Value at risk, 95 %",
        "historical: the loss that one interval in twenty exceeds (Jorion 2006, ch. 5)",
    ),
    (
        "drawdown",
        "Maximum drawdown",
        "largest fall of P&L from its peak, looked at each second (Magdon-Ismail and Atiya 2004)",
    ),
)
PARTS: Final = (
    ("spread_capture", "spread capture", "what trades were better than the mark"),
    ("delta", "delta", "the spot's move × delta held"),
    ("gamma", "gamma", "½ × the spot's move² × gamma held"),
    ("vega", "vega", "change of implied volatility × vega held"),
    ("theta", "theta", "time passed × theta held"),
    ("fees", "fees", "as they change cash: rebates positive"),
    ("residual", "residual", "what these leave over: higher orders, settlement, corrections"),
)
RANKINGS: Final = {
    "par": "S = 50 + {points} × clip((J − par) ÷ spread, ±{most})",
    "rank": "S = 100 × share of same-role teams beaten",
    "rank_squared": "S = 100 × (share of same-role teams beaten)²",
    "pnl": "S = 50 + thousandths of the starting cash made, within 0 and 100",
}
