from .glossary import GlossaryConcept
from .matches import Match, MatchAnswer, MatchingPolicy, MatchingRun, Misfit
from .offers import Offer, OfferPartner
from .portfolios import PortfolioPlan
from .previews import PolicyPreview
from .projects import Milestone, Project, ProjectContribution, ProjectFeedback
from .readings import OfferReadingKept, RequestReadingKept
from .requests import AssistanceRequest, ExistingAssistance, Need, RequestStep
from .vocabulary import Area, AssistanceType, MatrixField, ResolutionParagraph, WeaponType

__all__ = [
    "Area",
    "AssistanceRequest",
    "AssistanceType",
    "ExistingAssistance",
    "GlossaryConcept",
    "Match",
    "MatchAnswer",
    "MatchingPolicy",
    "MatchingRun",
    "MatrixField",
    "Milestone",
    "Misfit",
    "Need",
    "Offer",
    "OfferPartner",
    "OfferReadingKept",
    "PolicyPreview",
    "PortfolioPlan",
    "Project",
    "ProjectContribution",
    "ProjectFeedback",
    "RequestReadingKept",
    "RequestStep",
    "ResolutionParagraph",
    "WeaponType",
]
