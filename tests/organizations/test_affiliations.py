"""Who acts for whom: asking, inviting, approving, refusing, changing role, ending."""

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import send_pending
from organizations.models import Affiliation, User
from organizations.services import affiliations as services
from organizations.services.affiliations import (
    AlreadyDecided,
    LastFocalPoint,
    affiliation_approve,
    affiliation_change_role,
    affiliation_end,
    affiliation_invite,
    affiliation_refuse,
    affiliation_request,
)
from tests.conftest import holder
from tests.factories import AffiliationFactory, OrganizationFactory, StateFactory, UserFactory

pytestmark = pytest.mark.django_db

LONG_PASSWORD = "a first password that is long"


def asked(newcomer, body, role=Role.EDITOR):
    return affiliation_request(by=newcomer, body=body, role=role, message="I work there.")


def invite(by, body, *, role=Role.EDITOR, email="new@tests.example", name="Example New"):
    return affiliation_invite(by=by, body=body, role=role, email=email, name=name)


def fresh(user: User) -> User:
    """The person as the next request reads them."""
    return User.objects.get(pk=user.pk)


# Asking


def test_asking_tells_the_focal_points_and_the_secretariat(newcomer, cicte, focal_point, editor, secretariat):
    affiliation = asked(newcomer, cicte)
    told = set(Notice.objects.filter(action="affiliation.requested").values_list("user_id", flat=True))
    assert told == {focal_point.pk, secretariat.pk}
    assert affiliation.status == "requested"
    assert not fresh(newcomer).build_actor().is_member


@pytest.mark.parametrize("role", [Role.EXPERT, Role.OBSERVER, Role.SECRETARIAT])
def test_committee_roles_cannot_be_asked_for(newcomer, cicte, role):
    with pytest.raises(ValidationError):
        asked(newcomer, cicte, role)


def test_a_role_fits_its_body(newcomer, cicte, peru):
    with pytest.raises(ValidationError):
        asked(newcomer, cicte, Role.STATE_FOCAL_POINT)
    with pytest.raises(ValidationError):
        asked(newcomer, peru, Role.EDITOR)


def test_the_same_is_asked_for_once(newcomer, cicte):
    asked(newcomer, cicte)
    with pytest.raises(ValidationError, match="already holds or asks"):
        asked(newcomer, cicte)


def test_nobody_asks_without_end(newcomer):
    for _turn in range(services.MAX_WAITING):
        asked(newcomer, OrganizationFactory())
    with pytest.raises(ValidationError, match="wait for an answer"):
        asked(newcomer, OrganizationFactory())


def test_a_suspended_organization_takes_nobody(newcomer, cicte):
    cicte.suspended_on = "2026-01-01"
    cicte.save()
    cicte.refresh_from_db()
    with pytest.raises(ValidationError, match="suspended"):
        asked(newcomer, cicte)


def test_asking_on_the_page(signed_in, newcomer, cicte):
    client = signed_in(newcomer)
    url = reverse("organizations:affiliation_request")
    shown = client.get(f"{url}?organization={cicte.slug}")
    assert shown.context["form"].initial["organization"] == cicte
    response = client.post(url, {"organization": cicte.pk, "state": "", "role": "editor", "message": "Hello."})
    assert response.status_code == 302
    assert Affiliation.objects.get().user == newcomer
    assert "Your requests wait for a decision" in client.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"organization": "", "state": ""}, "Choose the organization or the State"),
        ({"organization": "both", "state": "both"}, "not both"),
        ({"organization": "both", "state": "", "role": "state_focal_point"}, "cannot be held there"),
        ({"organization": "999999"}, "Select a valid choice"),
        ({"organization": "both", "role": "expert"}, "expert"),
        ({"organization": "both", "message": ""}, "Fill this in"),
        ({"organization": "both", "message": "x" * 1001}, "Shorten this"),
    ],
)
def test_a_wrong_request_comes_back(signed_in, newcomer, cicte, peru, data, sentence):
    data = {"role": "editor", "message": "Hello.", "organization": "", "state": ""} | data
    data = {
        name: {"organization": cicte.pk, "state": peru.pk}[name] if value == "both" else value
        for name, value in data.items()
    }
    response = signed_in(newcomer).post(reverse("organizations:affiliation_request"), data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Affiliation.objects.exists()


# Deciding


@pytest.mark.parametrize("role", ["newcomer", "outsider", "editor", "state_focal_point", "expert", "observer"])
def test_only_own_focal_points_and_the_secretariat_decide(people, cicte, role):
    affiliation = asked(UserFactory(), cicte)
    for decide in (
        lambda: affiliation_approve(by=people[role], affiliation=affiliation),
        lambda: affiliation_refuse(by=people[role], affiliation=affiliation, reason="No."),
        lambda: affiliation_end(by=people[role], affiliation=affiliation),
        lambda: invite(people[role], cicte),
    ):
        with pytest.raises(NotAllowed):
            decide()
    affiliation.refresh_from_db()
    assert affiliation.status == "requested"
    assert not User.objects.filter(email="new@tests.example").exists()


def test_approval_gives_the_role_at_the_next_request(focal_point, newcomer, cicte):
    affiliation = affiliation_approve(by=focal_point, affiliation=asked(newcomer, cicte))
    assert (affiliation.status, affiliation.decided_by_label) == ("active", focal_point.name)
    assert fresh(newcomer).build_actor().organizations == {Role.EDITOR: frozenset({cicte.pk})}
    assert Notice.objects.filter(user=newcomer, action="affiliation.approved").exists()
    assert AuditEntry.objects.filter(action="affiliation.approved", object_id=affiliation.pk).count() == 1


def test_a_state_focal_point_approves_for_the_own_state_only(state_focal_point, peru):
    own = asked(UserFactory(), peru, Role.STATE_FOCAL_POINT)
    other = asked(UserFactory(), StateFactory(), Role.STATE_FOCAL_POINT)
    assert affiliation_approve(by=state_focal_point, affiliation=own).status == "active"
    with pytest.raises(NotAllowed):
        affiliation_approve(by=state_focal_point, affiliation=other)


def test_refusing_needs_a_reason_and_the_person_reads_it(focal_point, newcomer, cicte):
    affiliation = asked(newcomer, cicte)
    with pytest.raises(ValidationError):
        affiliation_refuse(by=focal_point, affiliation=affiliation, reason="  ")
    affiliation_refuse(by=focal_point, affiliation=affiliation, reason="We do not know you.")
    notice = Notice.objects.get(user=newcomer)
    assert notice.params["reason"] == "We do not know you."


def test_nobody_decides_about_the_own_request(secretariat, cicte):
    affiliation = asked(secretariat, cicte)
    with pytest.raises(NotAllowed):
        affiliation_approve(by=secretariat, affiliation=affiliation)


def test_what_was_decided_is_not_decided_again(focal_point, secretariat, newcomer, cicte):
    affiliation = asked(newcomer, cicte)
    affiliation_refuse(by=focal_point, affiliation=affiliation, reason="No.")
    with pytest.raises(AlreadyDecided):
        affiliation_approve(by=secretariat, affiliation=affiliation)


def test_the_account_of_the_person_must_be_open(focal_point, newcomer, cicte):
    affiliation = asked(newcomer, cicte)
    User.objects.filter(pk=newcomer.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="deactivated"):
        affiliation_approve(by=focal_point, affiliation=affiliation)


def test_a_person_holds_one_role_in_an_organization(focal_point, editor, cicte):
    affiliation_approve(by=focal_point, affiliation=asked(editor, cicte, Role.FOCAL_POINT))
    held = Affiliation.objects.filter(user=editor, status="active").values_list("role", flat=True)
    assert list(held) == ["focal_point"]


def _at_once(actions):
    """Run actions in threads of their own, each with its own connection; give back what each returned or raised."""
    results = []

    def run(action):
        try:
            results.append(action())
        except Exception as problem:
            results.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _approved_at_once(affiliation, deciders):
    barrier = threading.Barrier(len(deciders))

    def approve(by):
        row = Affiliation.objects.select_related("organization", "state").get(pk=affiliation.pk)
        user = fresh(by)
        barrier.wait(timeout=10)
        return affiliation_approve(by=user, affiliation=row)

    return _at_once([lambda by=by: approve(by) for by in deciders])


@pytest.mark.django_db(transaction=True)
def test_two_focal_points_approve_at_once_and_one_wins(cicte, newcomer):
    deciders = [holder(Role.FOCAL_POINT, organization=cicte) for _turn in range(2)]
    results = _approved_at_once(asked(newcomer, cicte), deciders)
    assert sorted(type(result).__name__ for result in results) == ["Affiliation", "AlreadyDecided"]
    assert AuditEntry.objects.filter(action="affiliation.approved").count() == 1
    assert Notice.objects.filter(action="affiliation.approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_win(cicte, newcomer, monkeypatch):
    """The control of the test above: what it shows is the lock's doing."""
    from cooperation_portal.records import write

    together = threading.Barrier(2)

    def unlocked(record, *, expected_version=None):
        row = type(record)._base_manager.get(pk=record.pk)
        if isinstance(record, Affiliation):
            together.wait(timeout=10)
        return row

    monkeypatch.setattr(write, "lock", unlocked)
    monkeypatch.setattr(services, "lock", unlocked)
    deciders = [holder(Role.FOCAL_POINT, organization=cicte) for _turn in range(2)]
    results = _approved_at_once(asked(newcomer, cicte), deciders)
    assert [type(result).__name__ for result in results] == ["Affiliation", "Affiliation"]


# Inviting


def test_an_unknown_address_gets_an_account_and_a_link_to_set_a_password(focal_point, cicte):
    affiliation = invite(focal_point, cicte, email="  New@Tests.example ")
    user = affiliation.user
    assert (user.email, user.has_usable_password(), affiliation.status) == ("new@tests.example", False, "active")
    assert AuditEntry.objects.filter(action="user.created", object_id=user.pk).exists()
    assert not mail.outbox
    assert send_pending() == 1
    (message,) = mail.outbox
    assert message.to == ["new@tests.example"]
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+/)", message.body).group(1)
    assert not Notice.objects.filter(path__contains="reset").exists(), "a key is never stored"

    client = Client()
    form = client.get(link, follow=True)
    set_password = form.redirect_chain[-1][0]
    client.post(set_password, {"password1": LONG_PASSWORD, "password2": LONG_PASSWORD})
    assert EmailAddress.objects.get(user=user).verified
    signed = client.post(reverse("account_login"), {"login": "new@tests.example", "password": LONG_PASSWORD})
    assert signed.status_code == 302
    assert signed["Location"] == reverse("dashboard")
    # The link was for once.
    assert "token_fail" in Client().get(link, follow=True).context


def test_whoever_signed_up_with_anothers_address_gains_nothing_by_an_invitation(focal_point, cicte, client):
    stranger = {
        "name": "Example Stranger",
        "email": "new@tests.example",
        "password1": "the stranger's own password",
        "password2": "the stranger's own password",
    }
    client.post(reverse("account_signup"), stranger)
    confirm = re.search(r"http://\S+(/accounts/confirm-email/\S+/)", mail.outbox.pop().body).group(1)
    affiliation = invite(focal_point, cicte, name="Example Invited")
    assert affiliation.user.name == "Example Invited"
    # The invited person follows the older mail; still only a new password opens the account.
    client.post(confirm)
    signed = client.post(reverse("account_login"), {"login": "new@tests.example", "password": stranger["password1"]})
    assert signed.status_code == 200
    assert client.get(reverse("dashboard")).status_code == 302
    send_pending()
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


def test_a_known_person_gets_a_notice_that_leads_to_the_desk(focal_point, newcomer, cicte):
    User.objects.filter(pk=newcomer.pk).update(last_login=timezone.now())
    invite(focal_point, cicte, email=newcomer.email.upper())
    assert User.objects.filter(email__iexact=newcomer.email).count() == 1
    send_pending()
    assert "/dashboard/" in mail.outbox[0].body
    assert "password/reset" not in mail.outbox[0].body


def test_inviting_whoever_asks_approves_the_request(focal_point, newcomer, cicte):
    affiliation = asked(newcomer, cicte)
    assert invite(focal_point, cicte, email=newcomer.email).pk == affiliation.pk
    assert Affiliation.objects.filter(user=newcomer, status="active").count() == 1


def test_an_invitation_is_refused_where_it_makes_no_sense(focal_point, editor, cicte):
    with pytest.raises(ValidationError, match="already holds"):
        invite(focal_point, cicte, email=editor.email)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="deactivated"):
        invite(focal_point, cicte, email=editor.email, role=Role.FOCAL_POINT)
    with pytest.raises(ValidationError):
        invite(focal_point, cicte, email="not an address")


def test_committee_roles_are_given_by_the_secretariat_alone(secretariat):
    body = secretariat.affiliations.get().organization
    manager = holder(Role.FOCAL_POINT, organization=body)
    with pytest.raises(NotAllowed):
        invite(manager, body, role=Role.SECRETARIAT)
    assert invite(secretariat, body, role=Role.EXPERT).role == Role.EXPERT
    hidden = Affiliation.objects.visible_to(manager).values_list("role", flat=True)
    assert Role.EXPERT not in set(hidden)


def test_a_name_with_a_line_break_forges_no_header(secretariat, cicte, focal_point):
    user = UserFactory(name="Example\r\nBcc: everybody@tests.example")
    asked(user, cicte)
    assert send_pending() == 2
    for message in mail.outbox:
        assert "Bcc" not in message.message()
        assert "\n" not in message.subject


# Changing and ending


def test_changing_a_role_ends_one_and_begins_another(focal_point, editor, cicte):
    old = editor.affiliations.get()
    new = affiliation_change_role(by=focal_point, affiliation=old, role=Role.FOCAL_POINT)
    old.refresh_from_db()
    assert (old.status, new.status, new.role) == ("ended", "active", Role.FOCAL_POINT)


def test_the_last_focal_point_leaves_only_when_told_what_it_means(focal_point):
    affiliation = focal_point.affiliations.get()
    with pytest.raises(LastFocalPoint):
        affiliation_end(by=focal_point, affiliation=affiliation)
    with pytest.raises(LastFocalPoint):
        affiliation_change_role(by=focal_point, affiliation=affiliation, role=Role.EDITOR)
    assert affiliation_end(by=focal_point, affiliation=affiliation, even_if_last=True).status == "ended"


def test_with_another_focal_point_one_leaves_without_warning(focal_point, cicte):
    holder(Role.FOCAL_POINT, organization=cicte)
    assert affiliation_end(by=focal_point, affiliation=focal_point.affiliations.get()).status == "ended"


def test_a_deactivated_focal_point_does_not_count(focal_point, cicte):
    other = holder(Role.FOCAL_POINT, organization=cicte)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(LastFocalPoint):
        affiliation_end(by=focal_point, affiliation=focal_point.affiliations.get())


def test_the_last_person_of_the_secretariat_stays(secretariat):
    with pytest.raises(ValidationError, match="last person of the secretariat"):
        affiliation_end(by=secretariat, affiliation=secretariat.affiliations.get(), even_if_last=True)


def test_an_ended_role_is_gone_at_the_next_request(signed_in, focal_point, editor, cicte):
    client = signed_in(editor)
    url = reverse("organizations:sheet_edit", args=[cicte.slug])
    assert client.get(url).status_code == 200
    affiliation_end(by=focal_point, affiliation=editor.affiliations.get())
    assert client.get(url).status_code == 403


def test_people_take_back_their_own_request(signed_in, newcomer, cicte):
    affiliation = asked(newcomer, cicte)
    response = signed_in(newcomer).post(reverse("organizations:affiliation_end", args=[affiliation.pk]), {"reason": ""})
    assert response.status_code == 302
    affiliation.refresh_from_db()
    assert affiliation.status == "ended"


# Pages


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("visitor", 302),
        ("newcomer", 403),
        ("outsider", 403),
        ("editor", 403),
        ("focal_point", 200),
        ("state_focal_point", 403),
        ("expert", 403),
        ("observer", 403),
        ("secretariat", 200),
    ],
)
def test_who_opens_the_people_of_an_organization(people, signed_in, cicte, role, status):
    assert signed_in(people[role]).get(reverse("organizations:people", args=[cicte.slug])).status_code == status


def test_a_focal_point_manages_people_on_the_pages(signed_in, focal_point, newcomer, cicte):
    client = signed_in(focal_point)
    page = reverse("organizations:people", args=[cicte.slug])
    affiliation = asked(newcomer, cicte)
    text = client.get(page).content.decode()
    assert newcomer.email in text
    assert "I work there." in text
    approve = reverse("organizations:affiliation_approve", args=[affiliation.pk])
    assert client.get(approve).status_code == 405
    assert client.post(approve)["Location"] == page
    again = client.post(approve, follow=True)
    assert "already decided" in again.content.decode()
    role = reverse("organizations:affiliation_role", args=[affiliation.pk])
    assert client.post(role, {"role": "focal_point"}).status_code == 302
    held = Affiliation.objects.get(user=newcomer, status="active")
    assert held.role == "focal_point"
    end = reverse("organizations:affiliation_end", args=[held.pk])
    assert "The rights of this role end at once" in client.get(end).content.decode()
    assert client.post(end, {"reason": "Moved on."}).status_code == 302
    assert Notice.objects.filter(user=newcomer, action="affiliation.ended").exists()


def test_the_last_focal_point_ticks_a_warning(signed_in, focal_point):
    client = signed_in(focal_point)
    end = reverse("organizations:affiliation_end", args=[focal_point.affiliations.get().pk])
    assert "No focal point is left" in client.get(end).content.decode()
    refused = client.post(end, {"reason": ""})
    assert refused.status_code == 422
    assert "Tick this to go on" in refused.content.decode()
    assert client.post(end, {"reason": "", "even_if_last": "on"}).status_code == 302


def test_inviting_on_the_page(signed_in, focal_point, secretariat, cicte):
    client = signed_in(focal_point)
    page = reverse("organizations:people", args=[cicte.slug])
    data = {"email": "new@tests.example", "name": "Example  New", "role": "editor"}
    assert client.post(page, data).status_code == 302
    assert User.objects.get(email="new@tests.example").name == "Example New"
    assert client.post(page, data).status_code == 422
    assert client.post(page, data | {"role": "secretariat", "email": "x@tests.example"}).status_code == 422
    assert "secretariat" in str(signed_in(secretariat).get(page).context["form"]["role"])


def test_affiliations_of_others_are_not_found(signed_in, outsider, focal_point, editor):
    row = editor.affiliations.get()
    for name in ("affiliation_approve", "affiliation_refuse", "affiliation_role", "affiliation_end"):
        assert signed_in(outsider).post(reverse(f"organizations:{name}", args=[row.pk])).status_code == 404


def test_an_editor_may_leave_but_not_change_the_role(signed_in, editor, focal_point):
    client = signed_in(editor)
    row = editor.affiliations.get()
    assert client.get(reverse("organizations:affiliation_role", args=[row.pk])).status_code == 403
    assert client.post(reverse("organizations:affiliation_end", args=[row.pk]), {"reason": ""}).status_code == 302
    row.refresh_from_db()
    assert row.status == "ended"


def test_the_people_page_needs_the_same_queries_for_two_and_for_thirty(signed_in, focal_point, cicte):
    from django.test.utils import CaptureQueriesContext

    client = signed_in(focal_point)
    page = reverse("organizations:people", args=[cicte.slug])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    for status in ("active", "requested", "ended"):
        AffiliationFactory.create_batch(2, organization=cicte, status=status)
    queries()
    few = queries()
    for status in ("active", "requested", "ended"):
        AffiliationFactory.create_batch(10, organization=cicte, status=status)
    assert queries() == few
