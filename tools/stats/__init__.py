"""The simulated world held against its numbers: one place for the checks of gate and `make stats`.

`findings` are what a check says and the statistics it says it with; `world` plays news, market and
signals together and `paths` the market's core alone; `prices`, `headlines`, `forecasts` and
`investors` are the checks, each a function of a seed; `studies` lists them.
"""
