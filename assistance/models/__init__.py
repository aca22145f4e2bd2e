from .matches import Match, MatchAnswer, MatchingPolicy, MatchingRun
from .offers import Offer, OfferPartner
from .projects import Milestone, Project, ProjectContribution, ProjectFeedback
from .requests import AssistanceRequest, ExistingAssistance, Need, RequestStep
from .vocabulary import Area, AssistanceType, MatrixField, ResolutionParagraph, WeaponType

__all__ = [
    "Area",
    "AssistanceRequest",
    "AssistanceType",
    "ExistingAssistance",
    "Match",
    "MatchAnswer",
    "MatchingPolicy",
    "MatchingRun",
    "MatrixField",
    "Milestone",
    "Need",
    "Offer",
    "OfferPartner",
    "Project",
    "ProjectContribution",
    "ProjectFeedback",
    "RequestStep",
    "ResolutionParagraph",
    "WeaponType",
]
