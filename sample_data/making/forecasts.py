"""Forecasts of a classic series of monthly counts by three simple models, from three dates on."""

from __future__ import annotations

from making.write import csv

START = 1949
YEAR = 12
PASSENGERS = (
    *(112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118),
    *(115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140),
    *(145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166),
    *(171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194),
    *(196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201),
    *(204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229),
    *(242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278),
    *(284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306),
    *(315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336),
    *(340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337),
    *(360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405),
    *(417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432),
)
"""Thousands of passengers per month, 1949 to 1960."""
MODELS = ("Naive", "SeasonalNaive", "SeasonalGrowth")


def forecasts() -> None:
    """Twelve months after the end of 1957, 1958 and 1959, each from what was known by then."""
    rows = [
        ("passengers", _month(cut + h), _month(cut - 1), PASSENGERS[cut + h], *_predicted(PASSENGERS[:cut], h))
        for cut in (9 * YEAR, 10 * YEAR, 11 * YEAR)
        for h in range(YEAR)
    ]
    csv("airline_forecasts.csv", ("unique_id", "ds", "cutoff", "y", *MODELS), rows)


def _predicted(known: tuple[int, ...], h: int) -> tuple[float, ...]:
    """The last value; that of the same month a year before; and that times the growth of the last year, rounded to 0.01."""
    last = float(known[-YEAR + h])
    growth = sum(known[-YEAR:]) / sum(known[-2 * YEAR : -YEAR])
    return float(known[-1]), last, round(last * growth, 2)


def _month(n: int) -> str:
    return f"{START + n // YEAR}-{n % YEAR + 1:02d}-01"
