"""Which addresses are called for a stranger."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.addresses import AddressRefused, host_of, is_public, next_hop


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "169.254.100.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "2001:20::1",
        "100::1",
        "5f00::1",
        "::ffff:0:7f00:1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%1",
        "fec0::1",
        "ff02::1",
        "localhost",
        "",
        "0x7f.1",
        "2130706433",
        "127.1",
    ],
)
def test_what_is_not_public_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111"])
def test_what_is_public_is_not(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.ics",
        "webcal://example.com/a.ics",
        "file:///etc/passwd",
        "//example.com/a.ics",
        "https://",
        "https:///a.ics",
        "https://example.com:80/",
        "https://example.com:8443/",
        "https://example.com:99999/",
        "https://me:secret@example.com/a.ics",
        "https://@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: other",
        "https://例子.测试/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://%31%32%37.0.0.1/",
    ],
)
def test_what_is_no_address_of_ours_is_refused(url):
    with pytest.raises(AddressRefused):
        host_of(url)


def test_the_host_of_an_address():
    assert host_of("https://Example.com:443/a.ics?b=c#d") == "example.com"
    assert host_of("HTTPS://example.com.") == "example.com"
    assert host_of("https://[2606:4700::1111]/a") == "2606:4700::1111"


def test_where_a_redirection_leads_is_looked_at_like_a_new_address():
    assert next_hop("https://a.example/x/y", "../z?q#f") == "https://a.example/z?q"
    assert next_hop("https://a.example/x", "//b.example/") == "https://b.example/"
    for bad in (None, "", "http://a.example/", "https://u:p@a.example/", "//a.example:22/", "https://[x/"):
        with pytest.raises(AddressRefused):
            next_hop("https://a.example/x", bad)


INNER = st.one_of(
    *(
        st.ip_addresses(network=one)
        for one in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    )
)


@given(INNER)
def test_no_form_of_an_inner_address_is_public(address):
    low = int(address)
    forms = [
        str(address),
        str(IPv6Address(0xFFFF << 32 | low)),  # mapped
        f"::ffff:{address}",
        f"::{address}",  # compatible
        f"::ffff:0:{address}",  # translated
        str(IPv6Address((0x64FF9B << 96) | low)),  # NAT64
        str(IPv6Address((0x64FF9B0001 << 80) | low)),
        str(IPv6Address((0x2002 << 112) | (low << 80))),  # 6to4
        str(IPv6Address((0x20010000 << 96) | (low ^ 0xFFFFFFFF))),  # Teredo
        str(low),
        hex(low),
        ".".join(f"0{int(part):o}" for part in str(address).split(".")),
    ]
    assert not [form for form in forms if is_public(form)]


@given(INNER)
def test_what_the_system_makes_of_odd_notations_is_looked_at_again(address):
    """`inet_aton` takes decimal, octal and hexadecimal numbers; what it makes of them is in the plain notation."""
    a, b, c, d = str(address).split(".")
    for form in (
        str(int(address)),
        hex(int(address)),
        f"0{int(a):o}.{b}.{c}.{d}",
        f"{a}.{int(b) << 16 | int(c) << 8 | int(d)}",
    ):
        for *_, sockaddr in socket.getaddrinfo(form, 443, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST):
            assert sockaddr[0] == str(address)
            assert not is_public(sockaddr[0])


@given(st.ip_addresses())
def test_nothing_is_public_that_python_says_is_not(address):
    if is_public(str(address)):
        odd = ("is_private", "is_reserved", "is_multicast", "is_loopback", "ipv4_mapped", "sixtofour", "teredo")
        assert address.is_global
        assert not [name for name in odd if getattr(address, name, None)]


@given(st.ip_addresses(v=4) | st.ip_addresses(network=ip_network("2400::/12")))
def test_what_is_given_out_to_everybody_is_public(address):
    if isinstance(address, IPv4Address) and not (address.is_global and not address.is_multicast):
        return
    special = ("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24")
    if not any(address in ip_network(one) for one in special):
        assert is_public(str(address))


@given(
    st.text(max_size=60), st.sampled_from(["https://{}/", "https://{}", "https://{}:443/x?y", "https://a@{}/", "{}"])
)
def test_a_host_is_a_name_without_anything_else(text, form):
    try:
        host = host_of(form.format(text))
    except AddressRefused:
        return
    assert host.isascii()
    assert not set(host) & set("@/\\?#% \r\n\t\0")
    assert host == host.lower()


def test_there_are_addresses_of_both_kinds():
    assert {ip_address(one).version for one in ("8.8.8.8", "2606:4700::1111") if is_public(one)} == {4, 6}
