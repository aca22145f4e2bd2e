"""Where tags and prose disagree, the prose decides: areas, forms of help, weapon types, who is helped."""

from __future__ import annotations

from typing import Any

import pytest

from assistance.matching import ExistingAssistance, OfferProfile, RequestProfile
from assistance.matching.gates import check
from assistance.matching.offer_reading import OfferReading, read_offer
from assistance.matching.request_needs import (
    BROAD_WITH_SUBJECT,
    FORM_BESIDE,
    IN_PLACE_OF_REFUSED,
    TAG_CONTRADICTED,
    WAY_WITH_SUBJECT,
)
from assistance.matching.request_reading import read_request
from assistance.matching.scoring import OTHER_PROVIDER_OVERLAP, overlaps

from .builders import directory, matcher, need, offer, pair, request


def needed(title: str, text: str, *needs: Any, **values: Any) -> list[dict[str, float]]:
    reading = read_request(request(*needs, title=title, description=text, **values), directory())
    return [dict(read.areas) for read in reading.needs]


def forms(text: str, *types: str) -> dict[str, float]:
    (read,) = read_request(request(need(types=types), description=text), directory()).needs
    return dict(read.types)


def given(text: str, **values: Any) -> OfferReading:
    return read_offer(offer(summary=text, **values), directory())


def test_a_tag_that_the_text_refuses_gives_way_to_what_the_text_names() -> None:
    text = "Courses on licensing are not needed. A list of dual-use items with tariff codes is requested."
    (areas,) = needed("", text, need("EXP.LIC", ("TRNG",)))
    assert areas["EXP.LST"] == IN_PLACE_OF_REFUSED


def test_a_tag_that_the_text_never_mentions_gives_way_to_a_subject_named_strongly() -> None:
    text = "Sessions for prosecutors and judges are requested. The prosecutors have never tried such a case."
    (areas,) = needed("Prosecutors and judges", text, need("BOR.MAR", ("WKSH",)))
    assert areas["LAW.PRO"] > areas["BOR.MAR"] == TAG_CONTRADICTED


def test_a_subject_of_another_need_contradicts_no_tag() -> None:
    text = "Sessions for prosecutors and judges are requested. The prosecutors have never tried such a case."
    wanted = (need("BOR.MAR", ("WKSH",)), need("LAW.PRO", ("WKSH",), key="2"))
    assert needed("Prosecutors and judges", text, *wanted)[0] == {"BOR.MAR": 1.0}


def test_a_way_of_helping_leaves_the_subject_to_the_text() -> None:
    (areas,) = needed("", "Guidelines on the security of radioactive sources are asked for.", need("STD", ("GUID",)))
    assert areas["NUC.SRC"] == 1.0
    assert areas["STD"] == WAY_WITH_SUBJECT


def test_a_broad_tag_counts_half_beside_the_narrow_subject_and_not_at_all_if_a_part_of_it_is_refused() -> None:
    (areas,) = needed("", "Training in pathogen inventories is requested.", need("ACC", ("TRNG",)))
    assert areas["ACC"] == BROAD_WITH_SUBJECT < areas["ACC.BIO"]
    text = "The national report needs comments. The action plan does not need a revision."
    (areas,) = needed("", text, need("REP", ("ADVI",)))
    assert set(areas) == {"REP.RPT"}


def test_a_narrow_area_that_is_affirmed_survives_the_refusal_of_the_broad_one() -> None:
    text = "A code of conduct for scientists is requested. General help with biosafety is not needed."
    (areas,) = needed("", text, need("BIO.DUR", ("WKSH",)))
    assert areas == {"BIO.DUR": 1.0}


def test_a_law_and_a_weapon_type_in_one_sentence_name_the_narrow_area() -> None:
    (areas,) = needed("", "A bill that bans the use of toxic chemicals has to be written.", need("LEG", ("LEGD",)))
    assert "LEG.CHE" in areas
    assert "LEG.BIO" not in areas


def test_a_form_asked_for_in_the_text_outweighs_a_tag_that_the_text_never_names() -> None:
    assert forms("A data base is requested.", "TRNG") == {"SOFT": 1.0, "TRNG": FORM_BESIDE}
    assert forms("Training and a data base are requested.", "TRNG") == {"SOFT": FORM_BESIDE, "TRNG": 1.0}


def test_a_form_that_is_only_refused_is_not_asked_for() -> None:
    assert forms("No data base is requested. Training is requested.", "TRNG") == {"TRNG": 1.0}


def test_an_offer_for_organizations_alone_is_not_open_to_a_state() -> None:
    text = "Adapts customs rules with regional organizations. Single States are served elsewhere."
    assert given(text).not_for_states
    closed = offer(summary=text)
    assert not matcher().rank(request(), [closed]).suggestions
    assert matcher().rank(request(organization="EAC"), [closed]).suggestions
    covered = next(gate for gate in check(pair(request(), closed)) if gate.code == "covered")
    assert covered.params["by_text"]
    book = matcher().book([closed])
    assert not matcher().rank(request(), book).suggestions
    assert matcher().rank(request(organization="EAC"), book).suggestions


@pytest.mark.parametrize("text", ["Single States are welcome.", "Individual States can apply at any time."])
def test_an_offer_that_names_states_is_open_to_them(text: str) -> None:
    assert not given(text).not_for_states


def test_a_weapon_type_put_aside_goes_with_its_areas() -> None:
    reading = given("Drafts laws on weapons. Nuclear matters are not covered.", areas=("LEG",), types=("LEGD",))
    assert reading.weapon_types == {"BW", "CW"}
    assert {"LEG.NUC", "NUC", "PHY.NUC"} <= reading.excluded_areas
    assert "LEG.CHE" not in reading.excluded_areas
    assert not given("Nuclear and radiological matters. Chemical matters are covered.").excluded_areas


def test_who_reviews_laws_but_writes_no_new_ones_still_gives_legal_help() -> None:
    text = "Lawyers review bills and send comments. New codes are not drafted."
    assert "LEGD" in given(text, areas=("LEG",), types=("LEGD", "ADVI")).types


def test_a_subject_put_aside_stays_where_other_words_affirm_its_area() -> None:
    text = "Accreditation of national instructors. Curricula are not written."
    reading = given(text, areas=("CAP.EDU",), types=("TTTR",))
    assert "CAP.EDU" in reading.areas


def test_the_only_tag_is_weak_where_the_text_says_which_narrow_areas_are_meant() -> None:
    wide = given("Drafting of laws.", areas=("LEG",), types=("LEGD",))
    narrow = given("Drafting of laws on biological weapons.", areas=("LEG",), types=("LEGD",))
    assert wide.areas["LEG"] == 1.0 > narrow.areas["LEG"]


def running(area: str, provider: str = "IMO", **values: Any) -> float:
    help_running = (ExistingAssistance(provider, area),)
    asked: RequestProfile = request(need("EXP.CAT", ("ADVI",)), existing_assistance=help_running)
    offered: OfferProfile = offer(areas=("EXP.CAT", "EXP.LIC"), types=("ADVI",), **values)
    return max((found.value for found in overlaps(pair(asked, offered))), default=0.0)


def test_help_of_another_provider_overlaps_only_in_an_area_that_is_asked_for() -> None:
    assert running("EXP.CAT") == OTHER_PROVIDER_OVERLAP
    assert running("EXP.LIC") == 0.0
    assert running("EXP.LIC", provider="WCO") == 1.0
