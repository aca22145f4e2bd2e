"""An expert's question to a provider: who may ask, what the provider reads, and what is kept."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse

from assistance.services.questions import QUESTION_LENGTH, provider_ask
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import send_pending
from tests.conftest import holder
from tests.factories import OfferFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

QUESTION = "Could the course run until June 2027?"


@pytest.fixture
def offer(market):
    return market["fits"]


def ask_url(request, offer):
    return reverse("assistance:pair_ask", args=[request.reference, offer.reference])


def test_the_provider_reads_the_question_and_nothing_of_the_request(expert, focal_point, editor, asked, offer):
    asked.title = asked.description = "canary of the request"
    asked.save()
    assert provider_ask(by=expert, request=asked, offer=offer, question=f"  {QUESTION} ") == 1
    notice = Notice.objects.get()
    assert notice.user == focal_point
    assert (notice.object_type, notice.object_id, notice.path) == ("offer", offer.pk, offer.get_absolute_url())
    assert notice.params == {"offer": offer.title, "reference": offer.reference, "question": QUESTION}
    send_pending()
    (message,) = mail.outbox
    assert message.to == [focal_point.email]
    assert QUESTION in message.body
    for secret in ("canary", asked.reference, "Peru"):
        assert secret not in message.subject + message.body + str(message.alternatives)


def test_both_records_keep_the_question(expert, focal_point, state_focal_point, signed_in, asked, offer):
    provider_ask(by=expert, request=asked, offer=offer, question=QUESTION)
    told = {entry.action: entry for entry in AuditEntry.objects.filter(action__endswith="asked")}
    assert told["request.provider_asked"].reason == f"{offer.reference}: {QUESTION}"
    assert told["request.provider_asked"].object_ref == asked.reference
    assert told["offer.asked"].reason == QUESTION
    assert asked.reference not in str(vars(told["offer.asked"]))
    seen = signed_in(focal_point).get(offer.get_absolute_url()).content.decode()
    assert QUESTION in seen
    assert "The Committee’s experts" in seen
    assert expert.name not in seen
    for_requester = signed_in(state_focal_point).get(asked.get_absolute_url()).content.decode()
    assert "A provider was asked about an offer" in for_requester
    assert QUESTION not in for_requester
    assert offer.reference not in for_requester
    assert QUESTION in signed_in(expert).get(asked.get_absolute_url()).content.decode()


def test_only_experts_ask(people, asked, offer):
    for role in ("observer", "secretariat", "state_focal_point", "focal_point", "editor", "outsider", "newcomer"):
        with pytest.raises(NotAllowed):
            provider_ask(by=people[role], request=asked, offer=offer, question=QUESTION)
    assert not Notice.objects.exists()
    assert not AuditEntry.objects.filter(action__endswith="asked").exists()


def test_nobody_asks_where_their_own_organization_is_a_party(expert, asked, offer):
    expert.affiliations.create(organization=offer.organization, role=Role.EDITOR, status="active")
    with pytest.raises(NotAllowed):
        provider_ask(by=type(expert).objects.get(pk=expert.pk), request=asked, offer=offer, question=QUESTION)


@pytest.mark.parametrize("question", ["", "  \n ", "x" * (QUESTION_LENGTH + 1)])
def test_the_question_has_to_be_written_and_not_too_long(question, expert, focal_point, asked, offer):
    with pytest.raises(ValidationError) as refused:
        provider_ask(by=expert, request=asked, offer=offer, question=question)
    assert set(refused.value.error_dict) == {"question"}


def test_a_provider_without_people_in_the_portal_is_written_to_otherwise(expert, asked):
    offer = OfferFactory(organization=OrganizationFactory(acronym="ALONE"))
    with pytest.raises(ValidationError, match="ALONE has no focal point in the portal"):
        provider_ask(by=expert, request=asked, offer=offer, question=QUESTION)


def test_a_declined_provider_is_not_asked(expert, focal_point, asked, offer, cicte):
    asked.declined_providers.add(cicte)
    with pytest.raises(ValidationError, match="does not want help from this provider"):
        provider_ask(by=expert, request=asked, offer=offer, question=QUESTION)


@pytest.mark.parametrize("name", ["draft", "withdrawn", "history"])
def test_nobody_is_asked_about_what_is_not_offered(name, expert, asked, market):
    holder(Role.FOCAL_POINT, organization=market[name].organization)
    with pytest.raises(ValidationError, match="no longer one that its provider stands by"):
        provider_ask(by=expert, request=asked, offer=market[name], question=QUESTION)


def test_an_ended_request_asks_no_more(expert, focal_point, asked, offer):
    asked.status = "fulfilled"
    asked.save()
    with pytest.raises(ValidationError, match="has ended"):
        provider_ask(by=expert, request=asked, offer=offer, question=QUESTION)


def test_the_form_warns_and_sends(signed_in, expert, focal_point, asked, offer):
    client = signed_in(expert)
    form = client.get(ask_url(asked, offer)).content.decode()
    assert "The request is not shown to them." in form
    refused = client.post(ask_url(asked, offer), {"question": ""})
    assert refused.status_code == 422
    sent = client.post(ask_url(asked, offer), {"question": QUESTION}, follow=True)
    assert "The question was sent to 1 person of CICTE." in sent.content.decode()
    assert Notice.objects.count() == 1


def test_the_form_keeps_what_was_typed_when_the_service_refuses(signed_in, expert, focal_point, asked, offer, cicte):
    asked.declined_providers.add(cicte)
    response = signed_in(expert).post(ask_url(asked, offer), {"question": QUESTION})
    assert response.status_code == 422
    assert QUESTION in response.content.decode()
    opened = signed_in(expert).get(ask_url(asked, offer), follow=True).content.decode()
    assert "does not want help from this provider" in opened


def test_the_way_to_ask_stands_where_it_helps(signed_in, people, asked, market):
    candidates = reverse("assistance:request_candidates", args=[asked.reference])
    text = signed_in(people["expert"]).get(candidates).content.decode()
    assert ask_url(asked, market["full"]) in text
    assert ask_url(asked, market["fits"]) not in text
    assert "Ask the provider" not in signed_in(people["observer"]).get(candidates).content.decode()


def test_without_people_the_page_has_no_form(signed_in, expert, asked):
    offer = OfferFactory(organization=OrganizationFactory())
    text = signed_in(expert).get(ask_url(asked, offer)).content.decode()
    assert "Nobody there reads the portal" in text
    assert "Send the question" not in text
