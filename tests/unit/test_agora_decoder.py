"""The decoder that the other tests trust."""

import pytest

from tests.unit.agora_decoder import MalformedTokenError, decode_006, decode_007
from tests.unit.agora_vectors import AGORAS_006, AGORAS_ANYBODY, AGORAS_CHANNEL, AGORAS_JOIN, CERTIFICATE


class TestTheDecoderItself:
    @pytest.mark.parametrize(
        "token",
        [
            "",
            "007",
            "006",
            AGORAS_006,
            AGORAS_JOIN[:-4],
            AGORAS_JOIN + "AAAA",
            AGORAS_JOIN[:20] + "*" + AGORAS_JOIN[21:],
            "007AAAA",
        ],
    )
    def test_it_refuses_what_is_not_a_whole_007_token(self, token: str) -> None:
        with pytest.raises(MalformedTokenError):
            decode_007(token)

    @pytest.mark.parametrize("token", ["", "006", AGORAS_JOIN, AGORAS_006[:-4], AGORAS_006 + "AAAA"])
    def test_it_refuses_what_is_not_a_whole_006_token(self, token: str) -> None:
        with pytest.raises(MalformedTokenError):
            decode_006(token)

    def test_it_reads_agoras_own_tokens(self) -> None:
        assert decode_007(AGORAS_JOIN).is_signed_with(CERTIFICATE)
        assert decode_007(AGORAS_JOIN).uid == 2_882_341_273
        assert decode_007(AGORAS_ANYBODY).is_signed_with(CERTIFICATE)
        assert decode_007(AGORAS_ANYBODY).uid == 0
        assert decode_006(AGORAS_006).is_signed_with(CERTIFICATE, channel=AGORAS_CHANNEL, uid=2_882_341_273)
        assert decode_006(AGORAS_006).privileges == {1: 1_446_455_471}
