"""QR codes (ISO/IEC 18004) of an address, to be printed or shown on a screen.

segno is loaded when the first one is asked for: most requests never draw one.
"""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

PRINTED_CM = 3
LEAST_PIXELS = 709
"""3 cm at 600 dots per inch."""

QUIET_MODULES = 4
"""The margin that the standard asks for."""

_CM_PER_INCH = 2.54


def png(text: str) -> bytes:
    """A picture with whole pixels per module, so that no edge is blurred; it says of itself that it is 3 cm wide."""
    made = _made(text)
    modules = made.symbol_size(border=QUIET_MODULES)[0]
    scale = -(-LEAST_PIXELS // modules)
    dots_per_inch = round(scale * modules / (PRINTED_CM / _CM_PER_INCH))
    drawn = io.BytesIO()
    made.save(drawn, kind="png", scale=scale, border=QUIET_MODULES, dpi=dots_per_inch)
    return drawn.getvalue()


def svg(text: str) -> str:
    """A drawing of any size, on white, with the margin it needs."""
    drawn = io.BytesIO()
    _made(text).save(drawn, kind="svg", scale=10, border=QUIET_MODULES, light="#fff", title="QR code", nl=False)
    return drawn.getvalue().decode()


def _made(text: str) -> "QRCode":
    import segno  # noqa: PLC0415 - see above

    return segno.make_qr(text, error="m")
