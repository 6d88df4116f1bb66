"""Names are mailed to others: what a mail program would make a link of is found in them."""

import pytest

from shared.foundation.embedded_addresses import holds_address, holds_host


@pytest.mark.parametrize(
    "text",
    [
        "Your login expires: visit https://nhs.example/a",
        "HTTP://EVIL.EXAMPLE",
        "hxxp://evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "mailto:v@example.net",
        "tel:0800123",
        "See www.evil.example",
        "WWW2.evil.example",
        "lin@trust.example",
        "Lin <lin@straße.example>",
        "ｈｔｔｐｓ：／／evil",
        "ht\u200btps://evil",
        "lin@trust\u3002example",
    ],
)
def test_an_address_is_found_however_it_is_written(text: str):
    assert holds_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Falls in care homes",
            "NHS @home",
            "Pulse oximetry @ home",
            "Q.community",
            "A&E: what now",
        ),
        *(
            "Wards 3/4",
            "Re:Act",
            "St John's Network",
            "Data.gov.uk users",
            "www",
            "Café",
            "T1D (2026)",
        ),
    ],
)
def test_a_community_may_be_called_this(text: str):
    assert not holds_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("visit nhs-login.example", "bit.ly/x", "BIT.LY/x", "Evil.Com", "evil\uff0ecom", "t.co"),
        *("a.b.evil.org now", "10.20.30.40", "evil\u3002example", "пример.рф", "evil.co.uk."),
    ],
)
def test_a_host_is_found(text: str):
    assert holds_host(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Ada Lovelace", "J.R.R. Tolkien", "St.John", "Dr.Smith", "A.Lovelace", "J.SMITH", "M.Sc"),
        *("Ada Lovelace, Ph.D.", "Zoë O'Neill-Smith", "Nguyễn Văn A", "Sammy Davis Jr.", "o.b.e."),
        *("王小明", "Müller", "Anne v. d. Berg", "R2 D2 1.5"),
    ],
)
def test_a_person_may_be_called_this(text: str):
    assert not holds_host(text)
    assert not holds_address(text)
