"""Which addresses are read for a stranger."""

import pytest

from chalicelib.calendars.rules.addresses import host_of, is_public, next_hop
from chalicelib.calendars.rules.faults import AddressRefused


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
