from tests.apimachinery.world import BOATS, World
async def test_a(small: World) -> None:
    made = await small.make("a", spec={"crew": 3})
    print(made)
    got = await small.ask("GET", BOATS + "/a")
    print(got.code, got.json)
    got = await small.ask("GET", BOATS)
    print(got.code, got.json)
