"""Agora's numbers for the regions of S3."""

import pytest

from atelier.agora.storage import UnknownRegionError, region_number

IN_ORDER = """
us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3 eu-central-1 ap-southeast-1 ap-southeast-2
ap-northeast-1 ap-northeast-2 sa-east-1 ca-central-1 ap-south-1 cn-north-1 cn-northwest-1 - af-south-1 ap-east-1
ap-northeast-3 eu-north-1 me-south-1 - ap-southeast-3 eu-south-1
"""


@pytest.mark.parametrize(
    ("number", "region"), [(number, region) for number, region in enumerate(IN_ORDER.split()) if region != "-"]
)
def test_each_region_has_the_number_that_agora_gives_it(number: int, region: str) -> None:
    assert region_number(region) == number


@pytest.mark.parametrize("region", ["eu-central-2", "us-gov-east-1", "ap-southeast-4", "", "EU-CENTRAL-1"])
def test_a_region_that_agora_does_not_list_is_refused_instead_of_guessed(region: str) -> None:
    with pytest.raises(UnknownRegionError, match="lists no S3 region"):
        region_number(region)
