"""Addresses of the organizations pages."""

from django.urls import path

from .views import contacts, information, keys, organizations, people, states, vcards

app_name = "organizations"

urlpatterns = [
    path("organizations/", organizations.organization_list, name="list"),
    path("organizations/<slug:slug>/", organizations.organization_detail, name="detail"),
    path("organizations/<slug:slug>/edit/", organizations.organization_edit, name="edit"),
    path("organizations/<slug:slug>/confirm/", organizations.organization_confirm_view, name="confirm"),
    path("organizations/<slug:slug>/people/", people.organization_people, name="people"),
    path("organizations/<slug:slug>/keys/", keys.key_list, name="key_list"),
    path("organizations/<slug:slug>/keys/new/", keys.key_new, name="key_new"),
    path("organizations/<slug:slug>/keys/<int:pk>/rotate/", keys.key_rotate, name="key_rotate"),
    path("organizations/<slug:slug>/keys/<int:pk>/revoke/", keys.key_revoke, name="key_revoke"),
    path("organizations/<slug:slug>/sheet/", information.sheet, name="sheet"),
    path("organizations/<slug:slug>/sheet/edit/", information.sheet_edit, name="sheet_edit"),
    path("organizations/<slug:slug>/sheet/publish/", information.sheet_publish_view, name="sheet_publish"),
    path("states/", states.state_list, name="state_list"),
    path("states/<str:iso3>/", states.state_detail, name="state_detail"),
    path("states/<str:iso3>/people/", people.state_people, name="state_people"),
    path("contacts/", contacts.contact_list, name="contact_list"),
    path("contacts/add/", contacts.contact_add, name="contact_add"),
    path("contacts/contacts.vcf", vcards.contact_list_vcards, name="contact_list_vcards"),
    path("contacts/<int:pk>.vcf", vcards.contact_vcard, name="contact_vcard"),
    path("contacts/<int:pk>/", contacts.contact_detail, name="contact_detail"),
    path("contacts/<int:pk>/edit/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/replace/", contacts.contact_replace_view, name="contact_replace"),
    path("contacts/<int:pk>/end/", contacts.contact_end_view, name="contact_end"),
    path("contacts/<int:pk>/verify/", contacts.contact_verify_view, name="contact_verify"),
    path("affiliations/request/", people.affiliation_ask, name="affiliation_request"),
    path("affiliations/<int:pk>/approve/", people.affiliation_approve_view, name="affiliation_approve"),
    path("affiliations/<int:pk>/refuse/", people.affiliation_refuse_view, name="affiliation_refuse"),
    path("affiliations/<int:pk>/role/", people.affiliation_role_view, name="affiliation_role"),
    path("affiliations/<int:pk>/end/", people.affiliation_end_view, name="affiliation_end"),
]
