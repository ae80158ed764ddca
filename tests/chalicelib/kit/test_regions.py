import pytest

from chalicelib.kit.i18n import Text
from chalicelib.kit.regions import Region, Regions, WrongRegion

ASIA = Region("ap-southeast-1", Text("Asia", "亚洲"), "https://sg.example.com", ("65", "*"))
EUROPE = Region("eu-central-1", Text("Europe", "欧洲"), "https://eu.example.com", ("49", "33"))
CHINA = Region("cn-north-1", Text("China", "中国"), "https://cn.example.com", ("86",))
ALL = (ASIA, EUROPE, CHINA)


@pytest.mark.parametrize(
    ("phone", "home"),
    [
        ("+6581234567", ASIA),
        ("+491701234567", EUROPE),
        ("+33612345678", EUROPE),
        ("+8613800138000", CHINA),
        ("+14155552671", ASIA),  # nobody's own: the rest's
    ],
)
def test_a_phone_lives_where_its_number_says(phone, home):
    for here in ALL:
        regions = Regions(here.id, ALL)
        assert regions.home(phone) is home
        if home is here:
            regions.must_live_here(phone)
        else:
            with pytest.raises(WrongRegion) as wrong:
                regions.must_live_here(phone)
            assert wrong.value.members() == {"region": home.id, "api": f"{home.api}/v1"}


def test_all_phones_live_in_a_region_that_is_alone():
    alone = Regions("eu-west-1")
    alone.must_live_here("+8613800138000")
    assert alone.home("+8613800138000") is None
    assert alone.other("eu-central-1") is None


def test_phones_sign_in_where_they_did_before_their_region_was_there():
    regions = Regions(ASIA.id, ALL, frozenset({"49"}))
    regions.must_live_here("+491701234567")
    with pytest.raises(WrongRegion):
        regions.must_live_here("+33612345678")


def test_another_region_is_one_of_the_stage_and_not_this_one():
    regions = Regions(ASIA.id, ALL)
    assert regions.other("eu-central-1") is EUROPE
    assert [regions.other(name) for name in (ASIA.id, "us-east-1", None, 7)] == [None] * 4
