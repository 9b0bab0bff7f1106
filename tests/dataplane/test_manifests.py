"""x."""
from roadstead.testing.builders import image
from roadstead.testing.registry_client import House
import pytest
@pytest.mark.parametrize("n", range(10))
async def test_a(house: House,n) -> None:
    a = await house.admin.push("shop/web", image(), "v1")
    print(a)
